"""Sperm whales: codas of the dialogues table (Dominica Sperm Whale Project), and boxes of clicks where MobySound's
annotated recordings are given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.mobysound import is_mobysound, read_mobysound
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.together import Together
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("sperm_whales")

TABLE, UNPLACED = "sperm-whale-dialogues.csv", "DominicaCodas.csv"
CLICKS = "SpermWh_*.txt"
MARK = re.compile(r"(?P<stem>.*?)(?P<mark>_maybe|_good)?\s*", re.IGNORECASE)


def units(release: Release) -> list[str]:
    named = release.glob(CLICKS)
    clicks = [path for path in release.glob("*.txt") if path in named or is_mobysound(release.bytes(path))]
    return refuse_copies(CARD.id, release.glob(TABLE) + release.glob(UNPLACED)) + clicks


def read(release: Release, unit: str) -> Iterator[Item]:
    if unit.casefold().endswith(".txt"):
        yield from clicks(release, unit)
        return
    if unit.casefold().endswith(UNPLACED.casefold()):
        rows = len(read_table(release.bytes(unit), unit, ("codaNUM2018",)))
        message = f"{rows} codas without a recording or a time in one: they cannot be calls"
        yield Problem(unit, "no_recording_and_time", message, action=Action.noted)
        return
    times = ("Duration", "TsTo")
    table = read_table(release.bytes(unit), unit, ("REC", "Whale", *times), numeric=times).filled("REC")
    tags = [rec[:6] for rec in table.text["REC"]]
    for tag in dict.fromkeys(tags):
        yield Rec(f"{tag}.wav", Annotated.partial, {"session": tag})
    yield from table.problems
    starts, lengths = table.given("TsTo"), table.given("Duration")
    whales = zip(table.text["REC"], table.text["Whale"], strict=True)
    yield Calls(
        [f"{tag}.wav" for tag in tags],
        unit,
        table.lines,
        {
            "start_s": starts,
            "end_s": [start + length for start, length in zip(starts, lengths, strict=True)],
            "taxon_key": "Physeter macrocephalus",
            "call_type": "coda",
            "individual": [f"{rec}:{whale}" for rec, whale in whales],
        },
    )


def clicks(release: Release, unit: str) -> Iterator[Item]:
    """The clicks of one MobySound table, in the sound whose name its own name starts with."""
    boxes = read_mobysound(release.bytes(unit), unit)
    folder, _, name = unit.rpartition("/")
    found = MARK.fullmatch(name[: -len(".txt")])
    stem, maybe = (found["stem"], found["mark"]) if found else (name, None)
    path = release.audio(stem, f"{folder}/{stem}.wav".lstrip("/"), folder)
    yield Rec(path, Annotated.partial)
    yield from boxes.problems
    columns = {"start_s": boxes.start_s, "end_s": boxes.end_s, "low_hz": boxes.low_hz, "high_hz": boxes.high_hz}
    sure = "uncertain" if maybe and maybe.casefold() == "_maybe" else "present"
    fixed = {"taxon_key": "Physeter macrocephalus", "call_type": "click", "presence": sure}
    yield Calls(path, unit, boxes.lines, columns | fixed)


ADAPTER = Together(CARD, anchors=(TABLE, UNPLACED, CLICKS), units=units, read=read, beside=("SpermWh_*.wav",))
