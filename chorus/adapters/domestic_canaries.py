"""Domestic canary M1-2016-spring: every song of one bird, segmented and labelled by phrase type."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import covered
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.together import Together
from chorus.schemas import Kind

CARD = read_card("domestic_canaries")

LABELS, TABLE = ".audacity.txt", ".csv"
SONG = re.compile(r"(?P<song>\d+)_\$?marron1_(?P<session>(?P<day>[A-Za-z]+_\d\d_\d{4})_(?P<ms>\d+))")
KINDS = {"SIL": Kind.silence, "TRASH": Kind.noise}


def units(release: Release) -> list[str]:
    labels = release.glob(f"*{LABELS}")
    songs = {song_id(path) for path in labels}
    tables = [path for path in release.glob(f"*marron1_*{TABLE}") if song_id(path) not in songs]
    return refuse_copies(CARD.id, labels + tables)


def song_id(path: str) -> str:
    """'a/489_$marron1_May_28_2016_64584367.audacity.txt' -> '489'."""
    return path.rpartition("/")[2].partition("_")[0]


def is_table(unit: str) -> bool:
    return unit.casefold().endswith(TABLE)


def read(release: Release, unit: str) -> Iterator[Item]:
    name = unit.rpartition("/")[2]
    stem = name[: -len(TABLE if is_table(unit) else LABELS)]
    lines, columns, problems = rows(release, unit)
    path = sound(release, stem)
    yield Rec(path, covered(len(lines), unit, problems), facts(stem))
    yield from problems
    labels = columns["label"]
    calls = [label not in KINDS for label in labels]
    columns["kind"] = [KINDS.get(label, Kind.animal) for label in labels]
    columns["call_type"] = [label if call else None for label, call in zip(labels, calls, strict=True)]
    columns["taxon_key"] = ["Serinus canaria" if call else None for call in calls]
    columns["individual"] = ["M1" if call else None for call in calls]
    yield Calls(path, unit, lines, columns)


def rows(release: Release, unit: str) -> tuple[list[int], dict[str, Any], list[Problem]]:
    """Lines, times and labels of a song in either form."""
    if is_table(unit):
        table = read_table(release.bytes(unit), unit, ("wave", "start", "end", "syll"), numeric=("start", "end"))
        columns = {"start_s": table.numbers("start"), "end_s": table.numbers("end"), "label": table.column("syll")}
        return table.lines, columns, table.problems
    track = read_audacity(release.bytes(unit), unit)
    return track.lines, {"start_s": track.start_s, "end_s": track.end_s, "label": track.label}, track.problems


def sound(release: Release, stem: str) -> str:
    """The song's sound: by its name, else by its song id, else where the release would have it."""
    named = release.audio(stem, default="", near="audio")
    return named or by_song_id(release).get(song_id(stem), f"audio/{stem}.wav")


@lru_cache(maxsize=1)
def by_song_id(release: Release) -> dict[str, str]:
    """Song id -> its first sound."""
    return {song_id(path): path for path in reversed(release.glob("*_*.wav"))}


def facts(stem: str) -> dict[str, Any]:
    """Bird, session and time of a song, from its name."""
    name = SONG.fullmatch(stem)
    if not name:
        return {"individual": "M1"}
    day = local_time(name["day"], "%B_%d_%Y")
    start = day and day + dt.timedelta(milliseconds=int(name["ms"]))
    return {"individual": "M1", "session": name["session"], "recorded_at": start}


ADAPTER = Together(
    CARD,
    anchors=(f"*_*marron1_*{LABELS}", f"*_*marron1_*{TABLE}"),
    units=units,
    read=read,
    beside=("*_*marron1_*.wav",),
)
