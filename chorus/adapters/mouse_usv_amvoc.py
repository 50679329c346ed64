"""AMVOC evaluation set: ultrasonic vocalisations of mice, hand-marked intervals. Small; not in the paper."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.coverage import covered
from chorus.adapters.formats.intervals import read_intervals
from chorus.schemas import Kind

CARD = read_card("mouse_usv_amvoc")


def units(release: Release) -> list[str]:
    return release.glob("gt_*.csv")


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem = f"rec_{name[len('gt_') : -len('.csv')]}"
    path = release.audio(stem, default=f"{folder}/{stem}.wav".lstrip("/"), near=folder)
    found = read_intervals(release.bytes(unit), unit)
    yield Rec(path, covered(len(found.lines), unit, found.problems))
    yield from found.problems
    columns = {"start_s": found.start_s, "end_s": found.end_s, "taxon_key": "Mus musculus", "kind": Kind.animal}
    yield Calls(path, unit, found.lines, columns)


ADAPTER = Adapter(CARD, anchors=("*/gt_*.csv", "gt_*.csv"), units=units, read=read)
