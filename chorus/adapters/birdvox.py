"""BirdVox-full-night: nocturnal flight calls of passerines over Ithaca, one point in time and frequency per call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated

TABLE, SOUND = "BirdVox-full-night_csv-annotations_unit{}.csv", "BirdVox-full-night_flac-audio_unit{}.flac"

CARD = read_card("birdvox")

UNIT = re.compile(r"_unit(\d+)\.csv$", re.IGNORECASE)
TIME, FREQUENCY = "Time (s)", "Freq (Hz)"


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(TABLE.format("*")))


def read(release: Release, unit: str) -> Iterator[Item]:
    number = UNIT.search(unit)
    stem = SOUND.format(number[1] if number else "").removesuffix(".flac")
    folder = unit.rpartition("/")[0].replace("csv-annotations", "flac-audio")
    path = release.audio(stem, default=f"{folder}/{stem}.flac".lstrip("/"), near=folder)
    table = read_table(release.bytes(unit), unit, (TIME, FREQUENCY), numeric=(TIME,))
    centre, pitch = table.numbers(TIME), table.numbers(FREQUENCY)
    site = number and f"unit{number[1]}"
    yield Rec(path, Annotated.partial, {"site": site, "session": site})
    yield from table.problems
    columns = {"start_s": centre, "end_s": centre, "low_hz": pitch, "high_hz": pitch, "call_type": "flight call"}
    yield Calls(path, unit, table.lines, columns)


ADAPTER = Adapter(CARD, anchors=("csv-annotations/" + TABLE.format("*"), TABLE.format("*")), units=units, read=read)
