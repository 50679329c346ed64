"""Rainforest Connection (Kaggle): frogs and birds of Puerto Rico, boxes of true and of false detections."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Environment, Layout, Presence, ReleaseFile, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="rainforest",
    title="Rainforest Connection Species Audio Detection",
    citation="LeBien et al. (2020), Ecological Informatics 59:101113, doi:10.1016/j.ecoinf.2020.101113; data: Yassin,"
    " inversion, Qazi, Gold, Kaggle competition rfcx-species-audio-detection (2020-21)",
    doi="10.1016/j.ecoinf.2020.101113",
    version="Kaggle rfcx-species-audio-detection",
    licence="LicenseRef-Kaggle-rfcx-species-audio-detection",
    environment=Environment.terrestrial,
    taxa=["frogs", "birds"],
    role=Role.held_out,
    strength=SourceStrength.strong,
    files=[ReleaseFile(name="rfcx-species-audio-detection.zip")],
    get="Needs a Kaggle account and the competition's rules accepted: kaggle competitions download rfcx-species-"
    "audio-detection (about 61.5 GB); give the folder with train_tp.csv, train_fp.csv, train/ and test/ as "
    "--root.",
    paper_calls=1216,
    paper_hours=21,
    layout=Layout.confirmed,
    notes=[
        "Competition rules: non-commercial use, academic research and education only.",
        "The rows of train_tp.csv are the 1,216 calls of Table 1; its 21 h is not explained (1,132 recordings of 60"
        " s are 18.9 h).",
        "train_fp.csv holds detections that an expert refused: presence is 'absent' for that species in that box only, "
        "and they are never counted.",
        "No file is fully annotated: species call outside the boxes, so nothing here serves as a negative.",
        "The boxes are templates (1 to 3 shapes per species and song type), not fitted to the call.",
        "The label is species_id as released, 0 to 23; the names were published after the competition.",
        "Three names are today's: Setophaga angelae (was Dendroica), Gymnasio nudipes (was Megascops), Melopyrrha "
        "portoricensis (was Loxigilla).",
        "About 7 % of the recordings were made at 44.1 kHz and delivered at 48 kHz, so they are empty above 22 kHz.",
        "Recordings under test/ have no labels (annotated = none). The .tfrec copies of the audio are not read.",
    ],
)

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
    table = read_table(release.bytes(unit), unit, required, numeric=("t_min", "t_max"))
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
