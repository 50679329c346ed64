"""Hainan gibbons: eight-hour forest recordings with gibbon calls (g_*.data) and stretches without one (n_*.data)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.spans import spans
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Presence
from chorus.schemas.issue import Action

CARD = read_card("hainan_gibbons")

CALLS, OTHERS, TEST = "g_HGSM3*.data", "n_HGSM3*.data", "HGSM3*_test.csv"
#: Folder of labels -> split, folder of the sounds beside it.
PARTS = {
    "train_labels": ("train", "Train"),
    "call_labels": ("train", "Train"),
    "test_labels": ("test", "Test"),
    "extra_labels": ("extra", "Extra_Labelled_Data"),
}
NAME = re.compile(r"HGSM3(?P<site>[A-Z]+)_0\+1_(?P<stamp>\d{8}_\d{6})", re.IGNORECASE)
TYPES = {"1": "one-pulse call", "2": "multiple-pulse call", "3": "duet"}
HEARD = {
    "1": "rain", "2": "other species", "3": "rain and other species", "4": "rain and external noise",
    "5": "natural sounds and external noise", "6": "natural sounds and other species",
}  # fmt: skip


def units(release: Release) -> list[str]:
    """Stretches without gibbons, then calls: what the calls' file says of a recording holds."""
    calls = refuse_copies(CARD.id, release.glob(CALLS))
    known = {stem_of(path) for path in calls}
    tests = [path for path in release.glob(TEST) if stem_of(path) not in known]
    return refuse_copies(CARD.id, release.glob(OTHERS)) + calls + tests


def stem_of(path: str) -> str:
    """'Train_Labels/g_HGSM3D_0+1_20160429_051600.data' -> 'HGSM3D_0+1_20160429_051600'"""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"^[gn]_|_test$", "", stem, flags=re.IGNORECASE)


def read(release: Release, unit: str) -> Iterator[Item]:
    others, stem = unit.rpartition("/")[2].casefold().startswith("n_"), stem_of(unit)
    split, path = part_of(release, unit)
    table = read_table(release.bytes(unit), unit, ("Start",), numeric=("Start",))
    rows, start, end = spans(table)
    labels, notes = ([column[i] for i in rows] for column in (table.column("Type"), table.column("Notes")))
    lines = [table.lines[i] for i in rows]
    yield Rec(path, Annotated.partial if others else coverage(table.problems), facts(stem) | {"split": split})
    columns: dict[str, Any] = {"start_s": start, "end_s": end, "label": labels, "taxon_key": None, "split": split}
    if others:
        columns["quality"] = [HEARD.get((label or "").strip()) for label in labels]
        columns["presence"] = Presence.absent.value
    else:
        columns["call_type"] = [call_type(label, note) for label, note in zip(labels, notes, strict=True)]
        yield from unknown_types(unit, lines, labels)
    yield from table.problems
    yield Calls(path, unit, lines, columns)


def part_of(release: Release, unit: str) -> tuple[str | None, str]:
    """Split and sound of a file of labels, from its folder (which may be the root itself)."""
    folder = unit.rpartition("/")[0]
    above, _, name = folder.rpartition("/")
    split, sounds = PARTS.get((name or release.root.name).casefold(), (None, name))
    near = f"{above}/{sounds}".lstrip("/") if folder else ""
    stem = stem_of(unit)
    return split, release.audio(stem, default=f"{near}/{stem}.wav".lstrip("/"), near=near)


def unknown_types(unit: str, lines: list[int], labels: list[str | None]) -> Iterator[Problem]:
    for line, label in zip(lines, labels, strict=True):
        if label and label.strip() not in TYPES:
            message = f"type {label} is not 1, 2 or 3: kept without a call type"
            yield Problem(unit, "unknown_type", message, line, action=Action.noted)


def call_type(label: str | None, notes: str | None) -> str | None:
    """('2', '3 Calls') -> 'multiple-pulse call, 3 pulses'"""
    kind = TYPES.get((label or "").strip())
    pulses = re.match(r"\s*(\d+)", notes or "")
    return f"{kind}, {pulses[1]} pulses" if kind == TYPES["2"] and pulses else kind


def facts(stem: str) -> dict[str, Any]:
    name = NAME.fullmatch(stem)
    if not name:
        return {}
    return {"site": name["site"], "recorded_at": local_time(name["stamp"], "%Y%m%d_%H%M%S"), "device": "SM3"}


ADAPTER = Adapter(
    CARD,
    anchors=(f"*_Labels/{CALLS}", f"*_Labels/{TEST}", CALLS, TEST, OTHERS),
    units=units,
    read=read,
)
