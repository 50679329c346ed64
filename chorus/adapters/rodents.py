"""Rodents (USVSEG test data): ultrasonic calls of mice, rats and gerbils, start and end of every call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.intervals import read_intervals
from chorus.adapters.formats.together import Together
from chorus.schemas import Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.vocabulary import SourceStrength

#: The archives, and so the folders; what stands before '_' is what the resolver looks up.
NAMES = (
    "rat_pleasant", "rat_distressed", "gerbil", "mouse_C57BL", "mouse_B6pup", "mouse_BALBc", "mouse_Shank2",
)  # fmt: skip
SPECIES = {name.casefold(): name.partition("_")[0] for name in NAMES}

CARD = Source(
    id="rodents",
    title="USVSEG test data: ultrasonic vocalisations of laboratory rodents",
    citation="Tachibana, Kanno, Okabe, Kobayasi, Okanoya (2020), PLoS ONE 15(2):e0228907, doi:10.5281/zenodo.3428024",
    doi="10.5281/zenodo.3428024",
    version="Zenodo 3428024",
    licence="CC-BY-4.0",
    environment=Environment.captive,
    taxa=["rodents"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=[
        ReleaseFile(name=f"{name}.zip", url=f"https://zenodo.org/records/3428024/files/{name}.zip?download=1")
        for name in NAMES
    ],
    paper_calls=4576,
    paper_hours=1,
    layout=Layout.reported,
    notes=[
        "All rows of all seven archives count. Five of them hold 3,861; the other 715 of the 4,576 would be in "
        "mouse_B6pup"
        " and mouse_Shank2, which nobody has counted. Table 1 rounds the hours up.",
        "Rows are start and end in seconds without a header, some with a comma at the end; there are no labels and no "
        "frequencies.",
        "The species is from the folder: rat_ Rattus norvegicus, mouse_ Mus musculus, gerbil Meriones unguiculatus.",
        "The gerbil is disputed: one reader says Meriones unguiculatus, another Pachyuromys duprasi.",
        "A table belongs to the sound of the same name (.wav or .WAV), never to a name that only starts alike.",
        "Recordings are taken as annotated throughout (full), unless a row could not be read.",
        "Rats in rat_pleasant call near 50 kHz, in rat_distressed near 22 kHz: call_type is pleasant or distressed.",
        "384K in a rat's file name is not trusted: the rate is read from the file.",
    ],
)

RAT = re.compile(r"(?P<start>\d{8}_\d{6})_\d+K_\d+Ch_(?P<animal>a\d+)_r", re.IGNORECASE)
#: Recordings of mouse_C57BL, by the letter they start with -> the animal.
C57BL = {
    "A": "Aco59_2", "B": "Aco59_2", "C": "Can15-1", "D": "Can15-1", "E": "Can16-1", "F": "Can16-1", "G": "Can9-1",
    "H": "Can9-1", "I": "Aco65_1", "L": "Can3_1",
}  # fmt: skip


def units(release: Release) -> list[str]:
    return [path for path in release.glob("*.csv") if group(release, path)]


def group(release: Release, path: str) -> str | None:
    """The archive a file belongs to: the nearest folder named after one; None for a file of another kind."""
    parts = [release.root.name, *path.split("/")[:-1]]
    return next((part.casefold() for part in reversed(parts) if part.casefold() in SPECIES), None)


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem, of = name[: -len(".csv")], group(release, unit) or ""
    own = next((p for s in ("wav", "WAV", "Wav") if (p := f"{folder}/{stem}.{s}".lstrip("/")) in release.files), None)
    path = own or f"{folder}/{stem}.wav".lstrip("/")
    found = read_intervals(release.bytes(unit), unit)
    individual, facts = animal(of, stem)
    yield Rec(path, coverage(found.problems), facts)
    yield from found.problems
    columns = {"start_s": found.start_s, "end_s": found.end_s, "taxon_key": SPECIES[of], "individual": individual}
    mood = of.removeprefix("rat_") if of.startswith("rat_") else None
    yield Calls(path, unit, found.lines, columns | {"call_type": mood})


def animal(group: str, stem: str) -> tuple[str | None, dict[str, object]]:
    """The animal of a recording, where its name tells, and what else the name says."""
    if rat := RAT.fullmatch(stem):
        return rat["animal"], {"individual": rat["animal"], "recorded_at": local_time(rat["start"], "%Y%m%d_%H%M%S")}
    known = C57BL.get(stem[:1]) if group == "mouse_c57bl" and stem[1:2] == "_" else None
    return known, {"individual": known}


ADAPTER = Together(CARD, anchors=tuple(f"{name}/*.csv" for name in NAMES), units=units, read=read)
