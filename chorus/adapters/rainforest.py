"""Rainforest Connection (Kaggle): frogs and birds of Puerto Rico, boxes of true and of false detections."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Presence

CARD = read_card("rainforest")

SPECIES = (
    "Eleutherodactylus gryllus", "Eleutherodactylus brittoni", "Leptodactylus albilabris", "Eleutherodactylus coqui",
    "Eleutherodactylus hedricki", "Setophaga angelae", "Melanerpes portoricensis", "Coereba flaveola",
    "Eleutherodactylus locustus", "Margarops fuscatus", "Melopyrrha portoricensis", "Vireo altiloquus",
    "Eleutherodactylus portoricensis", "Gymnasio nudipes", "Eleutherodactylus richmondi", "Patagioenas squamosa",
    "Eleutherodactylus antillensis", "Turdus plumbeus", "Eleutherodactylus unicolor", "Coccyzus vieilloti",
    "Todus mexicanus", "Eleutherodactylus wightmanae", "Nesospingus speculiferus", "Spindalis portoricensis",
)  # fmt: skip
TABLES = {"train_tp.csv": Presence.present, "train_fp.csv": Presence.absent}
BOX = ("t_min", "f_min", "t_max", "f_max")


def units(release: Release) -> list[str]:
    tables = [path for name in TABLES for path in release.glob(name) if "/" not in path]
    return tables + release.glob("test/*.flac")


def read(release: Release, unit: str) -> Iterator[Item]:
    name = unit.rpartition("/")[2].casefold()
    if name not in TABLES:
        yield Rec(unit, Annotated.none, {"split": "test"})
        return
    required = ("recording_id", "species_id", "songtype_id", *BOX)
    table = read_table(release.bytes(unit), unit, required, numeric=("t_min", "t_max")).filled("recording_id")
    paths = [release.audio(i, default=f"train/{i}.flac", near="train") for i in table.text["recording_id"]]
    for path in dict.fromkeys(paths):
        yield Rec(path, Annotated.partial, {"split": "train"})
    start, low, end, high = (table.numbers(column) for column in BOX)
    yield from table.problems
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": start,
            "end_s": end,
            "low_hz": low,
            "high_hz": high,
            "label": table.column("species_id"),
            "taxon_key": [scientific_name(label) for label in table.column("species_id")],
            "call_type": [f"songtype {n}" if n else None for n in table.column("songtype_id")],
            "presence": TABLES[name].value,
            "split": "train",
        },
    )


def scientific_name(species_id: str | None) -> str | None:
    """'3' -> 'Eleutherodactylus coqui'; any other label as it stands, so that it is reported as unresolved."""
    known = species_id is not None and species_id.isdecimal() and int(species_id) < len(SPECIES)
    return SPECIES[int(species_id)] if known and species_id else species_id


ADAPTER = Adapter(CARD, anchors=("train_tp.csv", "train_fp.csv"), units=units, read=read)
