"""AMVOC evaluation set: ultrasonic vocalisations of mice, hand-marked intervals. Small; not in the paper."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.intervals import read_intervals
from chorus.schemas import Environment, Kind, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="mouse_usv_amvoc",
    title="AMVOC evaluation recordings of mouse ultrasonic vocalisations",
    citation="Stoumpou et al., AMVOC (github.com/tyiannak/amvoc); recordings of the Jarvis laboratory",
    version="tyiannak/amvoc 908176d04ee54f09fa4ebaa2cc19b948fae5364b",
    licence="MIT",
    environment=Environment.captive,
    taxa=["rodents"],
    role=Role.training,
    strength=SourceStrength.strong,
    get="git clone https://github.com/tyiannak/amvoc; give its folder data/vocalizations_evaluation as --root.",
    layout=Layout.confirmed,
    notes=[
        "Five recordings of 250 kHz, 26.2 s, 141 calls (16, 44, 36, 21, 24); there is no folder 5. Not in the "
        "paper's tables.",
        "gt_N.csv is the human annotation, over the whole clip; the other tables are what five programs found, and "
        "are not read.",
        "One class: rows have no label. Mus musculus is inferred from 'mouse' in the release's README.",
        "Recording 4 is faint and noisy: one of the programs finds 2 of its 21 calls.",
    ],
)


def units(release: Release) -> list[str]:
    return release.glob("gt_*.csv")


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem = f"rec_{name[len('gt_') : -len('.csv')]}"
    path = release.audio(stem, default=f"{folder}/{stem}.wav".lstrip("/"), near=folder)
    found = read_intervals(release.bytes(unit), unit)
    yield Rec(path, coverage(found.problems))
    yield from found.problems
    columns = {"start_s": found.start_s, "end_s": found.end_s, "taxon_key": "Mus musculus", "kind": Kind.animal}
    yield Calls(path, unit, found.lines, columns)


ADAPTER = Adapter(CARD, anchors=("*/gt_*.csv", "gt_*.csv"), units=units, read=read)
