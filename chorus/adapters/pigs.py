"""Pigs (SoundWel): one call a file, with call type, context, valence, age and sex in an Excel key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clip import clip_end
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.text import number
from chorus.adapters.formats.together import Together
from chorus.adapters.formats.xlsx import read_xlsx, serial_date
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

KEY, SOUNDS = "SoundwelDatasetKey", "Soundwel Dataset - Audio and Spectrograms"

CARD = read_card("pigs")

COLUMNS = (
    "Recording Team", "Recording Date", "Audio Filename", "Age Category", "Sex", "Context", "Context Category",
    "Call Type (Freq)", "Valence", "Dur",
)  # fmt: skip
YEAR_ONLY = {dt.datetime(2008, 1, 1), dt.datetime(2011, 1, 1)}
#: A call may be measured longer than its file by this much (rounding), seconds.
SLACK_S = 0.01


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(f"{KEY}.xlsx") or release.glob(f"{KEY}.csv"))


def read(release: Release, unit: str) -> Iterator[Item]:
    reader = read_xlsx if unit.casefold().endswith(".xlsx") else read_table
    table = reader(release.bytes(unit), unit, COLUMNS).filled("Audio Filename")
    given = {name: [None if text in ("", "NA") else text for text in table.text[name]] for name in COLUMNS}
    paths = [sound(release, name) for name in table.text["Audio Filename"]]
    for path, team, date in zip(paths, given["Recording Team"], given["Recording Date"], strict=True):
        day = serial_date(date or "")
        yield Rec(path, Annotated.weak, {"site": team, "recorded_at": None if day in YEAR_ONLY else day})
    yield from table.problems
    lengths, measured = [clip_end(release, path) for path in paths], [number(text or "") for text in given["Dur"]]
    yield from too_long(table, lengths, measured)
    contexts = zip(given["Context Category"], given["Context"], given["Valence"], strict=True)
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": 0.0,
            "end_s": [length or dur or 0.0 for length, dur in zip(lengths, measured, strict=True)],
            "strength": "weak",
            "label": given["Call Type (Freq)"],
            "call_type": given["Call Type (Freq)"],
            "taxon_key": "Sus scrofa",
            "sex": [sex if sex in ("female", "male") else None for sex in given["Sex"]],
            "life_stage": given["Age Category"],
            "behavior": [f"{category}/{context}, {valence}" for category, context, valence in contexts],
            "quality": ["notsure" if "notsure" in path.casefold() else None for path in paths],
        },
    )


def sound(release: Release, name: str) -> str:
    """Path of a call's sound, found by its name alone."""
    return release.audio(name[: -len(".wav")] if name.casefold().endswith(".wav") else name, f"{SOUNDS}/{name}", SOUNDS)


def too_long(table: Table, lengths: list[float], measured: list[float | None]) -> Iterator[Problem]:
    for line, length, dur in zip(table.lines, lengths, measured, strict=True):
        if length and dur and dur > length + SLACK_S:
            message = f"Dur is {dur} s, the file {length:.3f} s long: the file's length is kept"
            yield Problem(table.origin, "call_longer_than_file", message, line, action=Action.noted)


ADAPTER = Together(CARD, anchors=(f"{KEY}.xlsx", f"{KEY}.csv"), units=units, read=read, beside=("*.wav",))
