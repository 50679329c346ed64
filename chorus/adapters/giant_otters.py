"""Giant otters (Mumm and Knörnschild): one call a file, the call type in the file's name, adults and neonates apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chorus.adapters.base import Item, Problem, Release
from chorus.adapters.formats.clip import one_call
from chorus.adapters.formats.together import Together
from chorus.schemas import Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="giant_otters",
    title="The Vocal Repertoire of Adult and Neonate Giant Otters",
    citation="Mumm, Knörnschild (2014), PLoS ONE 9(11):e112562, doi:10.1371/journal.pone.0112562",
    doi="10.1371/journal.pone.0112562",
    version="archive.org giant_otters; the PLoS supplements are read too",
    licence="CC-BY-4.0",
    environment=Environment.mixed,
    taxa=["otters"],
    role=Role.training,
    strength=SourceStrength.weak,
    files=[
        ReleaseFile(
            name="giant_otters.zip",
            url="https://archive.org/download/giant_otters/giant_otters.zip",
            md5="610685f7c192147f0b04c662d1080de9",
        )
    ],
    paper_calls=441,
    paper_hours=1,
    counts_as_call="life_stage IS DISTINCT FROM 'neonate'",
    layout=Layout.reported,
    notes=[
        "The 441 files of the adults (Audio_S1) are the 441 of Table 1; the 12 of the neonates (Audio_S2) are rows too "
        "and are not counted. Table 1 rounds the hours up.",
        "The call type is the rest of the file name after 'S043_', with its blanks and capitals as they stand: 21 "
        "types of adults.",
        "Life stage is from the folder: Audio_S1, s018 or adult; Audio_S2, s019, infant or neonate. In another folder "
        "a "
        "type that only neonates have tells; else it is absent and the row counts.",
        "Both public homes hold the same files: the Internet Archive zip, and the two PLoS supplements s018 and s019. "
        "Files of one name (number, type and stage) are read once.",
        "Rows are weak, from the start to the end of the file; some clips hold runs of exact zeros before and after "
        "the call.",
        "48 or 96 kHz. Whether an animal was recorded in the wild or in captivity is not in the files, nor who it was.",
        "The tables (.docx, .xlsx) and videos of the zip are not read.",
    ],
)

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
