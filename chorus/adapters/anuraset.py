"""AnuraSet: 42 frogs of Brazil. Two products: raw minutes with strong and weak labels, and labelled 3 s windows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.text import number
from chorus.errors import ReadError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("anuraset")

STRONG, MINUTES, WINDOWS = ".txt", "weak_labels.csv", "metadata.csv"
#: site, local start; one recording has a fourth part.
STEM = re.compile(r"(?P<site>INCT\d+)_(?P<start>\d{8}_\d{6})(?:_\d+)?", re.IGNORECASE)
LABEL = re.compile(r"(?P<code>[A-Z]{6})_(?P<quality>[LMH])")
CODE = re.compile(r"(?:SPECIES_)?(?P<code>[A-Z]{6})")
MINUTE_S = 60.0


def units(release: Release) -> list[str]:
    minutes = [path for path in release.glob(f"*{STRONG}") if STEM.fullmatch(stem_of(path))]
    return minutes + release.glob(MINUTES) + windows(release)


def windows(release: Release) -> list[str]:
    return release.glob(WINDOWS) or release.glob("metadata_*.csv")


def read(release: Release, unit: str) -> Iterator[Item]:
    return strong(release, unit) if unit.casefold().endswith(STRONG) else weak(release, unit)


def stem_of(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def facts(stem: str, offset_s: float = 0.0) -> dict[str, Any]:
    """Site, session and local time of a minute (or of a window that starts `offset_s` into it), from its name."""
    name = STEM.fullmatch(stem)
    start = local_time(name["start"], "%Y%m%d_%H%M%S") if name else None
    return {
        "site": name["site"] if name else None,
        "session": stem,
        "recorded_at": start and start + dt.timedelta(seconds=offset_s),
        "utc_offset_min": -180,
        "device": "Wildlife Acoustics SM4",
    }


def minute(release: Release, stem: str) -> str:
    """Path of a minute's sound."""
    site = stem.partition("_")[0]
    return release.audio(stem, default=f"raw_data/{site}/{stem}.wav", near=f"raw_data/{site}")


def strong(release: Release, unit: str) -> Iterator[Item]:
    stem = stem_of(unit)
    track = read_audacity(release.bytes(unit), unit)
    splits, active = minutes_known(release)
    annotated = coverage(track.problems)
    if not track.lines and stem in active:
        annotated = Annotated.weak
        message = f"holds no label, {MINUTES} says that frogs call in this minute"
        yield Problem(unit, "weak_and_strong_differ", message, action=Action.noted)
    path = minute(release, stem)
    yield Rec(path, annotated, facts(stem) | {"split": splits.get(stem)})
    yield from track.problems
    parts = [LABEL.fullmatch(label or "") for label in track.label]
    yield Calls(
        path,
        unit,
        track.lines,
        {
            "start_s": track.start_s,
            "end_s": track.end_s,
            "label": track.label,
            "taxon_key": [part["code"] if part else label for part, label in zip(parts, track.label, strict=True)],
            "quality": [part["quality"] if part else None for part in parts],
            "split": splits.get(stem),
        },
    )


@lru_cache(maxsize=2)
def minutes_known(release: Release) -> tuple[dict[str, str], frozenset[str]]:
    """Split of each minute, and the minutes in which the weak labels hear frogs. A table that does not read tells
    nothing here: its own unit reports it."""
    splits: dict[str, str] = {}
    active: set[str] = set()
    with suppress(ReadError):
        for path in windows(release):
            table = read_table(release.bytes(path), path, ("fname", "subset"))
            splits.update(zip(table.text["fname"], table.text["subset"], strict=True))
    with suppress(ReadError):
        for path in release.glob(MINUTES):
            table = read_table(release.bytes(path), path, ("AUDIO_FILE_ID",))
            active |= {table.text["AUDIO_FILE_ID"][i].removesuffix(".wav") for i, _, _ in marks(table)}
    return splits, frozenset(active)


def marks(table: Table) -> list[tuple[int, str, str]]:
    """(row, species column, value) of every field above zero, row by row. Raises ReadError without species columns."""
    columns = [name for name in table.text if CODE.fullmatch(name)]
    if not columns:
        raise ReadError("expected a column for each species (BOARAN or SPECIES_BOARAN), found none", table.origin, 1)
    found = []
    for place, name in enumerate(columns):
        marked = {text for text in set(table.text[name]) if (number(text) or 0) > 0}
        found += [(i, place, text) for i, text in enumerate(table.text[name]) if text in marked]
    return [(i, columns[place], text) for i, place, text in sorted(found)]


def weak(release: Release, unit: str) -> Iterator[Item]:
    """Minutes with their activity, or windows: a row of the table is a sound, a field above zero a weak row."""
    whole = unit.casefold().endswith(MINUTES)
    table, recs, ends = minute_rows(release, unit) if whole else window_rows(release, unit)
    found = marks(table)
    heard = {i for i, _, _ in found}
    labelled = {stem_of(path) for path in release.glob(f"*{STRONG}")} if whole else set()
    for i, rec in enumerate(recs):
        rec.annotated = Annotated.weak if whole or i in heard else Annotated.full
        if stem_of(rec.path) not in labelled:
            yield rec
    yield from table.problems
    columns: dict[str, Any] = {
        "start_s": 0.0,
        "end_s": [ends[i] for i, _, _ in found],
        "label": [name for _, name, _ in found],
        "taxon_key": [name.removeprefix("SPECIES_") for _, name, _ in found],
        "strength": "weak",
        "quality": [value for _, _, value in found] if whole else None,
        "split": [recs[i].facts["split"] for i, _, _ in found],
    }
    yield Calls([recs[i].path for i, _, _ in found], unit, [table.lines[i] for i, _, _ in found], columns)


def minute_rows(release: Release, unit: str) -> tuple[Table, list[Rec], list[float]]:
    """weak_labels.csv: its minutes and where they end."""
    table = read_table(release.bytes(unit), unit, ("AUDIO_FILE_ID",))
    splits, _ = minutes_known(release)
    stems = [name.removesuffix(".wav") for name in table.text["AUDIO_FILE_ID"]]
    recs = [Rec(minute(release, s), Annotated.weak, facts(s) | {"split": splits.get(s)}) for s in stems]
    return table, recs, [MINUTE_S] * len(recs)


def window_rows(release: Release, unit: str) -> tuple[Table, list[Rec], list[float]]:
    """metadata.csv: its windows and how long they are."""
    required = ("sample_name", "fname", "min_t", "max_t", "site", "subset")
    table = read_table(release.bytes(unit), unit, required, numeric=("min_t", "max_t"))
    folder, recs, ends = unit.rpartition("/")[0], [], []
    for sample, stem, start, end, site, subset in zip(*(table.text[name] for name in required), strict=True):
        built, named = (f"{folder}/audio/{site}/{name}".lstrip("/") for name in (f"{stem}_{start}_{end}.wav", sample))
        path = named if named in release.files and built not in release.files else built
        recs.append(Rec(path, Annotated.weak, facts(stem, float(start)) | {"split": subset}))
        ends.append(float(end) - float(start))
    return table, recs, ends


ADAPTER = Adapter(
    CARD,
    anchors=(
        "strong_labels/strong_labels/*/INCT*.txt",
        "strong_labels/*/INCT*.txt",
        MINUTES,
        WINDOWS,
        "metadata_*.csv",
    ),
    units=units,
    read=read,
)
