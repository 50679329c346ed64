"""Cuts of the Watkins database: a sound file or a line of annotations.csv each, brought together by record number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from chorus.adapters.base import Problem, Release
from chorus.adapters.formats.table import read_table

#: Species as the website spells them; copies differ in blanks, hyphens, commas and brackets.
NAMES = (
    "Atlantic Spotted Dolphin", "Bearded Seal", "Beluga, White Whale", "Blue Whale", "Bottlenose Dolphin",
    "Boutu, Amazon River Dolphin", "Bowhead Whale", "Clymene Dolphin", "Commerson's Dolphin", "Common Dolphin",
    "Dall's Porpoise", "Dusky Dolphin", "False Killer Whale", "Fin, Finback Whale", "Finless Porpoise",
    "Fraser's Dolphin", "Grampus, Risso's Dolphin", "Gray Seal", "Gray Whale", "Harbor Porpoise", "Harbour Seal",
    "Harp Seal", "Heaviside's Dolphin", "Hooded Seal", "Humpback Whale", "Irawaddy Dolphin",
    "Juan Fernandez Fur Seal", "Killer Whale", "Leopard Seal", "Long-Beaked (Pacific) Common Dolphin",
    "Long-Finned Pilot Whale", "Melon Headed Whale", "Minke Whale", "Narwhal", "New Zealand Fur Seal",
    "Northern Right Whale", "Pantropical Spotted Dolphin", "Ribbon Seal", "Ringed Seal", "Ross Seal",
    "Rough-Toothed Dolphin", "Sea Otter", "Short-Finned (Pacific) Pilot Whale", "Southern Right Whale", "Sperm Whale",
    "Spinner Dolphin", "Spotted Seal", "Steller Sea Lion", "Striped Dolphin", "Tucuxi Dolphin", "Walrus",
    "Weddell Seal", "West Indian Manatee", "White-beaked Dolphin", "White-sided Dolphin",
)  # fmt: skip
TABLE = "annotations.csv"
RECORD = re.compile(r"(?P<tape>\d{5})[0-9A-Z]{3}", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)?\d{2}")


def letters(name: str) -> str:
    """'Long_FinnedPilotWhale' -> 'longfinnedpilotwhale'."""
    return re.sub("[^a-z]", "", name.casefold())


SPELLING = {letters(name): name for name in NAMES}


@dataclass(frozen=True)
class Cut:
    """A place where a record is named: a sound file, or a line of annotations.csv."""

    record: str
    label: str
    path: str
    origin: str
    line: int = 1


@dataclass
class Index:
    """`cuts` by the unit they come from, `paths` the one sound of each record, `first` the first cut of each species
    of each record, `problems` of the tables."""

    cuts: dict[str, list[Cut]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    first: dict[tuple[str, str], Cut] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)


@lru_cache(maxsize=1)
def index(release: Release) -> Index:
    """All cuts of a release: those of the tables, then the sounds that no table names."""
    found = Index()
    for origin in release.glob(TABLE):
        table = read_table(release.bytes(origin), origin, ("path", "species")).filled("path", "species")
        base = origin.rpartition("/")[0]
        rows = zip(table.lines, table.text["path"], table.text["species"], strict=True)
        found.cuts[origin] = [
            Cut(stem(p), label, release.find(f"{base}/{p}".lstrip("/")), origin, line) for line, p, label in rows
        ]
        found.problems[origin] = table.problems
    listed = {cut.path for cuts in found.cuts.values() for cut in cuts}
    for path in release.glob("*.wav"):
        if path not in listed and RECORD.fullmatch(stem(path)):
            found.cuts[path] = [Cut(stem(path), folder(release, path), path, path)]
    for cut in sorted((c for cuts in found.cuts.values() for c in cuts), key=lambda c: c.path not in release.files):
        found.paths.setdefault(cut.record, cut.path)
        found.first.setdefault((cut.record, letters(cut.label)), cut)
    return found


def stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0].upper()


def folder(release: Release, path: str) -> str:
    """The species folder of a sound: the nearest one that is not a year."""
    parts = (release.root / path).parts[1:-1]
    return next((part for part in reversed(parts) if not YEAR.fullmatch(part)), "")
