"""Hainan gibbons: eight-hour forest recordings with gibbon calls (g_*.data) and stretches without one (n_*.data)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.spans import spans
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Environment, Layout, Presence, ReleaseFile, Role, Source
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import SourceStrength

FILES = ("Train", "Train_Labels", "Test", "Test_Labels", "Extra_Labelled_Data", "Extra_Labels")

CARD = Source(
    id="hainan_gibbons",
    title="Automated detection of Hainan gibbon calls for passive acoustic monitoring (data)",
    citation="Dufourq et al. (2021), Remote Sensing in Ecology and Conservation, doi:10.1002/rse2.201; data "
    "doi:10.5281/zenodo.3991714",
    doi="10.5281/zenodo.3991714",
    version="Zenodo 3991714",
    licence="CC-BY-NC-SA-4.0",
    environment=Environment.terrestrial,
    taxa=["primates"],
    role=Role.held_out,
    strength=SourceStrength.strong,
    files=[
        ReleaseFile(name=f"{name}.zip", url=f"https://zenodo.org/record/3991714/files/{name}.zip?download=1")
        for name in FILES
    ],
    paper_calls=1233,
    paper_hours=104,
    counts_as_call="presence = 'present' AND coalesce(split, 'train') = 'train'",
    layout=Layout.reported,
    notes=[
        "Counted are the g_ rows of the training part: its 13 recordings of 8 h are the 104 h of Table 1. That "
        "they hold the 1,233 calls is likely, not checked; one file of 79 has been seen.",
        "n_ rows are stretches without a gibbon: presence is 'absent', what is heard instead stands in quality, "
        "and they are never counted. They may overlap calls.",
        "A recording with a g_ file is annotated in full for gibbons; other animals in it are not labelled. One "
        "with an n_ file only is partial.",
        "Times are whole seconds, without frequencies. Type 1 is one pulse, 2 several (their number from Notes), 3 "
        "a duet; other types (4 occurs) have no meaning in the release, so no call type, and an issue tells.",
        "Rows without a type are kept; rows that end before they start go to issues.",
        "The test part has g_*.data by the record's text, *_test.csv (Start, Duration) by one reader: both are "
        "read, the first where a recording has both.",
        "Labels are read from any folder; its name gives the split: train (also Call_Labels, the authors' "
        "repository), test, extra.",
        "Most recordings are at 9,600 Hz, a few at 28,800 Hz; '0+1' in the names suggests two channels.",
        "The zips of unlabelled sound (15 parts), code and manual are not listed: not needed, names not known in full.",
        "Zenodo 7997739 holds other gibbons and is another data set.",
    ],
)

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
