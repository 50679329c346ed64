"""BirdVox-full-night: nocturnal flight calls of passerines over Ithaca, points that are read as boxes of 0.15 s."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated

TABLE, SOUND = "BirdVox-full-night_csv-annotations_unit{}.csv", "BirdVox-full-night_flac-audio_unit{}.flac"

CARD = read_card("birdvox")

UNIT = re.compile(r"_unit(\d+)\.csv$", re.IGNORECASE)
TIME, FREQUENCY = "Time (s)", "Freq (Hz)"
#: Half of 0.15 s, the length that the authors give calls in BirdVox-DCASE-10h.
HALF_S = 0.075


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(TABLE.format("*")))


def read(release: Release, unit: str) -> Iterator[Item]:
    number = UNIT.search(unit)
    stem = SOUND.format(number[1] if number else "").removesuffix(".flac")
    folder = unit.rpartition("/")[0].replace("csv-annotations", "flac-audio")
    path = release.audio(stem, default=f"{folder}/{stem}.flac".lstrip("/"), near=folder)
    table = read_table(release.bytes(unit), unit, (TIME, FREQUENCY), numeric=(TIME,))
    centre, pitch = [time or 0.0 for time in table.numbers(TIME)], table.numbers(FREQUENCY)
    site = number and f"unit{number[1]}"
    yield Rec(path, Annotated.partial, {"site": site, "session": site})
    yield from table.problems
    columns: dict[str, Any] = {"start_s": [max(0.0, time - HALF_S) for time in centre]}
    columns |= {"end_s": [time + HALF_S for time in centre], "quality": "interval assumed"}
    columns |= {"low_hz": pitch, "high_hz": pitch, "call_type": "flight call"}
    yield Calls(path, unit, table.lines, columns)


ADAPTER = Adapter(CARD, anchors=("csv-annotations/" + TABLE.format("*"), TABLE.format("*")), units=units, read=read)
