"""ESC-50: 2,000 clips of five seconds, one class each: animals, people, weather, machines."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Kind

CARD = read_card("esc")

TABLE = "meta/esc50.csv"
CLIP_S = 5.0
#: Groups of ten classes, by target // 10: animals, nature, human, domestic, urban.
KINDS = (Kind.animal, Kind.noise, Kind.human, Kind.noise, Kind.noise)
ANIMALS_IN_NATURE = ("crickets", "chirping_birds")


def units(release: Release) -> list[str]:
    return [path for path in release.glob(TABLE) if path.count("/") == 1]


def read(release: Release, unit: str) -> Iterator[Item]:
    required = ("filename", "fold", "target", "category", "esc10", "src_file")
    table = read_table(release.bytes(unit), unit, required).filled("filename")
    text = table.text
    paths = [release.find(f"audio/{name}") for name in text["filename"]]
    splits = [f"fold {fold}" for fold in text["fold"]]
    for path, split, source, esc10 in zip(paths, splits, text["src_file"], text["esc10"], strict=True):
        licence = "CC-BY-3.0" if esc10 == "True" else None
        yield Rec(path, Annotated.weak, {"split": split, "session": source, "licence": licence})
    kinds = [kind_of(target, name) for target, name in zip(text["target"], text["category"], strict=True)]
    yield from table.problems
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": 0.0,
            "end_s": CLIP_S,
            "label": table.column("category"),
            "taxon_key": [taxon_key(kind, name) for kind, name in zip(kinds, text["category"], strict=True)],
            "kind": kinds,
            "strength": "weak",
            "split": splits,
        },
    )


def kind_of(target: str, category: str) -> Kind | None:
    """What makes the sound; None (the engine decides) for a class that ESC-50 does not have."""
    if category in ANIMALS_IN_NATURE:
        return Kind.animal
    group = int(target) // 10 if target.isdecimal() else len(KINDS)
    return KINDS[group] if group < len(KINDS) else None


def taxon_key(kind: Kind | None, category: str) -> str | None:
    """What the resolver looks up: the class of an animal, Homo sapiens for people, nothing for noise."""
    return {Kind.human: "Homo sapiens", Kind.noise: None}.get(kind, category) if kind else category


ADAPTER = Adapter(CARD, anchors=(TABLE,), units=units, read=read)
