"""Tables of AnuraSet with a column for each species: activity in minutes (weak_labels.csv) and presence in windows
(metadata.csv); and what its file names say."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chorus.adapters.base import Problem, Recs, Release, without_suffix
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.text import number
from chorus.errors import ReadError
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated

MINUTES, WINDOWS, SUBSET = "weak_labels.csv", "metadata.csv", "metadata_*.csv"
#: site, local start; one recording has a fourth part.
STEM = re.compile(r"(?P<site>INCT\d+)_(?P<start>\d{8}_\d{6})(?:_\d+)?", re.IGNORECASE)
CODE = re.compile(r"(?:SPECIES_)?(?P<code>[A-Z]{6})")
MINUTE_S = 60.0
#: Reason of the Problem of a field that says neither that a species was heard nor that it was not.
ODD = "no_activity"


@dataclass
class Sounds:
    """Sounds of a table, one a row: paths, ends in seconds, Recording fields as columns."""

    paths: list[str]
    ends: list[float]
    facts: dict[str, list[Any]]

    def recs(self, rows: Iterable[int], annotated: Annotated) -> Recs:
        chosen = list(rows)
        facts = {name: [values[i] for i in chosen] for name, values in self.facts.items()}
        return Recs([self.paths[i] for i in chosen], annotated, facts)


def stem_of(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


@lru_cache(maxsize=4096)
def site_and_start(stem: str) -> tuple[str | None, dt.datetime | None]:
    """Site and local time of a minute, from its name."""
    name = STEM.fullmatch(stem)
    return (name["site"], local_time(name["start"], "%Y%m%d_%H%M%S")) if name else (None, None)


def facts(stem: str, offset_s: float = 0.0) -> dict[str, Any]:
    """What is known of a minute, or of a window that starts `offset_s` into it."""
    site, start = site_and_start(stem)
    return {
        "site": site,
        "session": stem,
        "recorded_at": start + dt.timedelta(seconds=offset_s) if start and math.isfinite(offset_s) else None,
        "utc_offset_min": -180,
        "device": "Wildlife Acoustics SM4",
    }


def minute(release: Release, stem: str) -> str:
    """Path of a minute's sound."""
    site = stem.partition("_")[0]
    return release.audio(stem, default=f"raw_data/{site}/{stem}.wav", near=f"raw_data/{site}")


def windows(release: Release) -> list[str]:
    return release.glob(WINDOWS) or release.glob(SUBSET)


def marks(table: Table) -> list[tuple[int, str, str]]:
    """(row, species column, value) of every field above zero, row by row; one that is no number of zero or more becomes
    a Problem. Raises ReadError without species columns."""
    columns = [name for name in table.text if CODE.fullmatch(name)]
    if not columns:
        raise ReadError("expected a column for each species (BOARAN or SPECIES_BOARAN), found none", table.origin, 1)
    found = []
    for place, name in enumerate(columns):
        values = {text: number(text) for text in set(table.text[name])}
        good = {text for text, value in values.items() if value is not None and 0 <= value < math.inf}
        marked = {text for text in good if (values[text] or 0) > 0}
        found += [(i, place, text) for i, text in enumerate(table.text[name]) if text in marked]
        if len(good) < len(values):
            table.problems += _odd_fields(table, name, good)
    return [(i, columns[place], text) for i, place, text in sorted(found)]


def _odd_fields(table: Table, name: str, good: set[str]) -> list[Problem]:
    """Whether the species was heard is not known there."""
    return [
        Problem(table.origin, ODD, f"{name} is {text!r}, expected 0 or more", table.lines[i], text, Action.noted)
        for i, text in enumerate(table.text[name])
        if text not in good
    ]


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
            active |= {without_suffix(table.text["AUDIO_FILE_ID"][i]) for i, _, _ in marks(table)}
    return splits, frozenset(active)


def read_minutes(release: Release, unit: str) -> tuple[Table, Sounds]:
    """weak_labels.csv and its minutes."""
    table = read_table(release.bytes(unit), unit, ("AUDIO_FILE_ID",)).filled("AUDIO_FILE_ID")
    splits, _ = minutes_known(release)
    stems = [without_suffix(name) for name in table.text["AUDIO_FILE_ID"]]
    columns = _columns([facts(stem) for stem in stems]) | {"split": [splits.get(stem) for stem in stems]}
    return table, Sounds([minute(release, stem) for stem in stems], [MINUTE_S] * len(stems), columns)


def read_windows(release: Release, unit: str) -> tuple[Table, Sounds]:
    """metadata.csv and its windows. The sound of one is named after minute and seconds, after `sample_name` where only
    that is there."""
    required = ("sample_name", "fname", "min_t", "max_t", "site", "subset")
    table = read_table(release.bytes(unit), unit, required, numeric=("min_t", "max_t")).filled("fname", "site")
    folder, paths, known = unit.rpartition("/")[0], [], []
    starts, stops = table.given("min_t"), table.given("max_t")
    rows = zip(*(table.text[name] for name in ("sample_name", "fname", "site")), starts, stops, strict=True)
    for sample, stem, site, start, stop in rows:
        beside = f"{folder}/audio/{site}/".lstrip("/")
        path = release.find(f"{beside}{stem}_{start:g}_{stop:g}.wav")
        named = beside + sample
        paths.append(named if named in release.files and path not in release.files else path)
        known.append(facts(stem, start))
    ends = [stop - start for start, stop in zip(starts, stops, strict=True)]
    return table, Sounds(paths, ends, _columns(known) | {"split": list(table.text["subset"])})


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in facts("")}
