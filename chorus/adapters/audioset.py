"""AudioSet: two million ten-second clips of YouTube with weak labels, and the strong labels of a part of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import AUDIO_SUFFIXES, Calls, Item, Problem, Recs, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.audioset import EVENT, SEGMENT, clip_of, column_of, labels_of, read_lines, spans
from chorus.adapters.formats.together import Together
from chorus.errors import UsageError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

if TYPE_CHECKING:
    import pyarrow as pa

CARD = read_card("audioset")
#: The tables are CC BY; the sound is that of videos, each under terms of its own.
SOUND = "LicenseRef-YouTube"
TABLES = ("balanced_train_segments", "eval_segments", "unbalanced_train_segments")
STRONG = ("audioset_train_strong", "audioset_eval_strong", "audioset_eval_strong_framed_posneg")


def units(release: Release) -> list[str]:
    patterns = [f"{name}*.csv" for name in TABLES] + [f"{name}.tsv" for name in STRONG]
    found = [release.glob(pattern) for pattern in patterns]
    for paths in found:
        if len(paths) > 1:
            raise UsageError(f"audioset: one table twice ('{paths[0]}', '{paths[1]}'): leave one in the folder")
    return [path for paths in found for path in paths]


@lru_cache(maxsize=1)
def sounds(release: Release) -> dict[str, str]:
    """Clip -> its sound file."""
    found: dict[str, str] = {}
    for path in release.files:
        stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
        if f"{dot}{suffix}".lower() in AUDIO_SUFFIXES and (clip := clip_of(stem)):
            found.setdefault(clip, path)
    return found


def read(release: Release, unit: str) -> Iterator[Item]:
    name = unit.rpartition("/")[2].casefold()
    part = next(n for n in (*reversed(STRONG), *TABLES) if name.startswith(n))
    strong = part in STRONG
    split = part.removeprefix("audioset_").partition("_segments")[0].partition("_strong")[0]
    for table, problems in read_lines(release.bytes(unit), unit, EVENT if strong else SEGMENT):
        yield from problems
        if part == STRONG[2]:
            table, note = without_present(release, table, unit)
            yield from note
        if len(table):
            yield from rows(release, table, unit, split, strong)


def rows(release: Release, table: pa.Table, unit: str, split: str, strong: bool) -> Iterator[Item]:
    """Recordings and calls of a part of a table; a recording's length is the table's until its sound is at hand."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = sounds(release)
    if known:
        paths = pa.array([known.get(clip) or f"audio/{clip}.wav" for clip in table["clip"].to_pylist()], pa.string())
    else:
        paths = pc.binary_join_element_wise("audio/", table["clip"].combine_chunks(), ".wav", "")
    if strong:
        yield Recs(pc.unique(paths).to_pylist(), Annotated.partial, {"licence": SOUND})
        yield events(table, paths, unit, split)
        return
    lengths = spans(table)
    given = pc.if_else(pc.greater_equal(lengths, 0.0), lengths, None)
    yield Recs(paths.to_pylist(), Annotated.weak, {"split": split, "duration_s": given.to_pylist(), "licence": SOUND})
    yield weak_calls(table, paths, unit, split)


def weak_calls(table: pa.Table, paths: pa.Array, unit: str, split: str) -> Calls:
    """One weak row for each label of each clip."""
    import pyarrow.compute as pc

    lists = pc.split_pattern(table["labels"].combine_chunks(), ",")
    owners = pc.list_parent_indices(lists)
    columns = {"start_s": 0.0, "end_s": spans(table).take(owners), "strength": "weak", "split": split}
    columns |= labels_of(pc.list_flatten(lists))
    return Calls(paths.take(owners), unit, table["line"].combine_chunks().take(owners), columns)


def events(table: pa.Table, paths: pa.Array, unit: str, split: str) -> Calls:
    """Strong rows; absent where the table says NOT_PRESENT."""
    import pyarrow.compute as pc

    table = table.combine_chunks()
    columns: dict[str, Any] = {f"{n}_s": pc.cast(column_of(table, n), "float64") for n in ("start", "end")}
    absent = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column_of(table, "present")), "NOT_PRESENT"), False)
    columns["presence"] = pc.if_else(absent, "absent", "present")
    columns |= labels_of(column_of(table, "labels")) | {"split": split}
    return Calls(paths, unit, column_of(table, "line"), columns)


def without_present(release: Release, table: pa.Table, unit: str) -> tuple[pa.Table, list[Problem]]:
    """The framed table without the frames that repeat an event of the strong table, where that is there."""
    import pyarrow.compute as pc

    if not release.glob(f"{STRONG[1]}.tsv"):
        return table, []
    absent = pc.equal(pc.utf8_trim_whitespace(table["present"]), "NOT_PRESENT")
    kept = table.filter(absent)
    message = f"{len(table) - len(kept)} PRESENT frames repeat the events of {STRONG[1]}.tsv and are not read"
    return kept, [Problem(unit, "frames_of_events", message, action=Action.noted)]


ADAPTER = Together(
    CARD,
    anchors=(*(f"{name}*.csv" for name in TABLES), *(f"{name}.tsv" for name in STRONG)),
    units=units,
    read=read,
    beside=tuple(f"*{suffix}" for suffix in AUDIO_SUFFIXES),
)
