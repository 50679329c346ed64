"""Tables of 2-second windows with tags (Weldy et al.): the CSV and the TSV release, and what their labels mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from chorus.adapters.base import Release
from chorus.adapters.formats.table import Table, read_table
from chorus.errors import ReadError
from chorus.schemas.vocabulary import Kind

SEPARATORS = {"csv": ",", "tsv": "\t"}
TABLES = ("annotations.csv", "acoustic_annotations.tsv", "partial_annotations.csv", "partial_annotations.tsv")
FILE_LISTS = ("files.csv", "acoustic_files.tsv")
SOUND_LISTS = ("metadata.csv", "annotation_metadata.tsv")
REVIEWED = {"complete", "empty"}
DOUBTS = {"unknown", "unk", "impossible", "unk_chip", "unknown_chip"}
NOISES = {"airplane", "chainsaw", "gunshot", "rain", "sensor", "tree", "truck", "vehicle"}
#: First part of a label that is no eBird code.
GROUPS = {
    "chipmu": "Tamias", "dousqu": "Tamiasciurus douglasii", "dog": "Canis familiaris", "insect": "Insecta",
    "paruli": "Parulidae", "setoph": "Setophaga",
}  # fmt: skip


def tables(release: Release) -> list[str]:
    """The tables of tags. Other releases have an annotations.csv too: theirs lacks the column clip_complete."""
    own = [path for path in release.glob(TABLES[0]) if b"clip_complete" in release.bytes(path).partition(b"\n")[0]]
    return own + [path for name in TABLES[1:] for path in release.glob(name)]


def lists(release: Release, names: tuple[str, ...]) -> list[str]:
    """The lists of these names that lie beside a table of tags."""
    folders = {path.rpartition("/")[0] for path in tables(release)}
    found = [path for name in names for path in release.glob(name)]
    return [path for path in found if path.rpartition("/")[0] in folders]


def table_of(release: Release, unit: str, *required: str, numeric: tuple[str, ...] = ()) -> Table:
    separator = SEPARATORS[unit.rpartition(".")[2].casefold()]
    return read_table(release.bytes(unit), unit, required, numeric, separator)


def reviewed(
    table: Table, labels: list[str], start: list[float | None], end: list[float | None]
) -> dict[str, set[tuple[float, float]]]:
    """The windows (start, end) of each file that were labelled in full: by clip_complete or by a mark 'complete', by a
    mark 'empty' only where there is no column clip_complete."""
    windows: dict[str, set[tuple[float, float]]] = {file: set() for file in table.text["file"]}
    complete = table.text.get("clip_complete", ("",) * len(table))
    marks = {"complete"} if "clip_complete" in table.text else REVIEWED
    for file, mark, label, a, b in zip(table.text["file"], complete, labels, start, end, strict=True):
        done = mark.strip().upper() == "TRUE" or label in marks
        if done and a is not None and b is not None and 0 <= a < b < float("inf"):
            windows[file].add((a, b))
    return windows


def meaning(release: Release, label: str) -> tuple[str | None, str | None, Kind | None]:
    """What to look up, the type of call and, where it is not an animal's, the kind of a label."""
    code, _, sound_ = label.partition("_")
    if label.casefold() in DOUBTS:
        return None, None, None
    if code.casefold() in NOISES:
        return label, None, Kind.noise
    if code in GROUPS:
        return GROUPS[code], sound_ or None, None
    known = re.fullmatch(r"[a-z]{6}\d?", code) and sound_
    return (code, sound_, None) if known else (vocabulary(release).get(label, label) or None, None, None)


@lru_cache(maxsize=2)
def vocabulary(release: Release) -> dict[str, str]:
    """Scientific names of the release's own labels ('Setophaga spp.' -> 'Setophaga')."""
    return {
        label: name.strip().removesuffix(" spp.")
        for label, name in known_rows(release, SOUND_LISTS, "label", "scientific_name")
        if name.strip() not in ("", "NA")
    }


@lru_cache(maxsize=2)
def listing(release: Release) -> dict[str, tuple[str, str]]:
    """Folder and state of each recording by its file name, from the list of recordings."""
    rows = list(known_rows(release, FILE_LISTS, "file", "annotated"))
    zips = dict(known_rows(release, FILE_LISTS, "file", "zip_file"))
    return {base(file): (zips.get(file, "").removesuffix(".zip"), state.strip().casefold()) for file, state in rows}


def known_rows(release: Release, names: tuple[str, ...], key: str, value: str) -> Iterator[tuple[str, str]]:
    """Two columns of the lists that are there. One that does not read tells nothing: its own unit reports it."""
    for path in lists(release, names):
        with suppress(ReadError):
            table = table_of(release, path, key, value)
            yield from zip(table.text[key], table.text[value], strict=True)


def base(file: str) -> str:
    return file.strip().rpartition("/")[2]
