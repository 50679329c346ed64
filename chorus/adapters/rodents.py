"""Rodents (USVSEG test data): ultrasonic calls of mice, rats and gerbils, start and end of every call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import covered
from chorus.adapters.formats.intervals import read_intervals
from chorus.adapters.formats.together import Together

#: The archives, and so the folders.
NAMES = (
    "rat_pleasant", "rat_distressed", "gerbil", "mouse_C57BL", "mouse_B6pup", "mouse_BALBc", "mouse_Shank2",
)  # fmt: skip
#: What the resolver looks up: what stands before '_'; the family of the gerbil, as its species is disputed.
SPECIES = {name.casefold(): name.partition("_")[0] for name in NAMES} | {"gerbil": "Muridae"}
#: What is known of all callers of an archive: life stage and sex.
CALLERS = {"mouse_c57bl": ("adult", "male"), "mouse_b6pup": ("pup", None)}

CARD = read_card("rodents")

RAT = re.compile(r"(?P<start>\d{8}_\d{6})_\d+K_\d+Ch_(?P<animal>a\d+)_r", re.IGNORECASE)
#: Recordings of mouse_C57BL, by the letter they start with -> the animal.
C57BL = {
    "A": "Aco59_2", "B": "Aco59_2", "C": "Can15-1", "D": "Can15-1", "E": "Can16-1", "F": "Can16-1", "G": "Can9-1",
    "H": "Can9-1", "I": "Aco65_1", "L": "Can3_1",
}  # fmt: skip


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, [path for path in release.glob("*.csv") if group(release, path)], parts=2)


def group(release: Release, path: str) -> str | None:
    """The archive a file belongs to: the nearest folder named after one; None for a file of another kind."""
    parts = [release.root.name, *path.split("/")[:-1]]
    return next((part.casefold() for part in reversed(parts) if part.casefold() in SPECIES), None)


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem, of = name[: -len(".csv")], group(release, unit) or ""
    path = release.find(f"{folder}/{stem}.wav".lstrip("/"))
    found = read_intervals(release.bytes(unit), unit)
    individual, facts = animal(of, stem)
    yield Rec(path, covered(len(found.lines), unit, found.problems), facts)
    yield from found.problems
    columns: dict[str, Any] = {"start_s": found.start_s, "end_s": found.end_s, "taxon_key": SPECIES[of]}
    columns["individual"] = individual
    columns["call_type"] = of.removeprefix("rat_") if of.startswith("rat_") else None
    columns["life_stage"], columns["sex"] = CALLERS.get(of, (None, None))
    yield Calls(path, unit, found.lines, columns)


def animal(group: str, stem: str) -> tuple[str | None, dict[str, object]]:
    """The animal of a recording, where its name tells, and what else the name says."""
    if rat := RAT.fullmatch(stem):
        return rat["animal"], {"individual": rat["animal"], "recorded_at": local_time(rat["start"], "%Y%m%d_%H%M%S")}
    known = C57BL.get(stem[:1]) if group == "mouse_c57bl" and stem[1:2] == "_" else None
    return known, {"individual": known}


ADAPTER = Together(CARD, anchors=tuple(f"{name}/*.csv" for name in NAMES), units=units, read=read)
