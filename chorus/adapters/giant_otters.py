"""Giant otters (Mumm and Knörnschild): one call a file, the call type in the file's name, adults and neonates apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chorus.adapters.base import Item, Problem, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clip import one_call
from chorus.adapters.formats.together import Together
from chorus.schemas.issue import Action

CARD = read_card("giant_otters")

NAME = re.compile(r"Audio\s+S(?P<number>\d+)_(?P<type>.+)\.wav", re.IGNORECASE)
ADULT = re.compile(r"audio_?s1\b|s018\b|adult", re.IGNORECASE)
NEONATE = re.compile(r"audio_?s2\b|s019\b|infant|neonate|pup", re.IGNORECASE)
NEONATE_TYPES = {
    "distress call 1", "distress call 2", "begging call like", "contact call like", "high whistle", "low whistle",
    "hum like", "bark like", "hum gradation like",
}  # fmt: skip


def units(release: Release) -> list[str]:
    return sorted(copies[0] for copies in sounds(release).values())


@lru_cache(maxsize=1)
def sounds(release: Release) -> dict[tuple[str, str | None], list[str]]:
    """The files of each call (its name and life stage), the one with the shortest path first."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for path in sorted(release.glob("Audio*S[0-9]*_*.wav"), key=lambda path: (len(path), path)):
        name = path.rpartition("/")[2]
        if NAME.fullmatch(name):
            found.setdefault((name.casefold(), life_stage(path)), []).append(path)
    return found


def life_stage(path: str) -> str | None:
    """'adult' or 'neonate' by folder, else by a call type that only neonates have; None when neither tells."""
    folder, _, name = path.rpartition("/")
    if NEONATE.search(folder):
        return "neonate"
    found = NAME.fullmatch(name)
    if found and not ADULT.search(folder) and found["type"].strip().casefold() in NEONATE_TYPES:
        return "neonate"
    return "adult" if ADULT.search(folder) else None


def read(release: Release, unit: str) -> Iterator[Item]:
    found = NAME.fullmatch(unit.rpartition("/")[2])
    kind = found["type"] if found else None
    columns = {"label": kind, "call_type": kind, "taxon_key": "Pteronura brasiliensis"}
    stage = life_stage(unit)
    for copy in sounds(release)[unit.rpartition("/")[2].casefold(), stage][1:]:
        yield Problem(copy, "copy_not_read", f"the same call is read from {unit}", action=Action.noted)
    yield from one_call(release, unit, {}, columns | {"life_stage": stage})


ADAPTER = Together(CARD, anchors=("Audio S[0-9]*_*.wav",), units=units, read=read)
