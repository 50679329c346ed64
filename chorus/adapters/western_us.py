"""Western US: fully annotated soundscapes of the northern Sierra Nevada, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.formats.cornell import collection, release_files
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="western_us",
    title="A collection of fully-annotated soundscape recordings from the Western United States",
    citation="Kahl, Wood, Chaon, Peery, Klinck (2022), Zenodo, doi:10.5281/zenodo.7050014",
    doi="10.5281/zenodo.7050014",
    version="Zenodo 7050014 (version 1)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=release_files(
        7050014,
        {
            "soundscape_data.zip": "2874bdb56f18002a0e5b6fe2402b3c0b",
            "annotations.csv": "36adcb398a1b82d9b165d62f09d31b31",
            "species.csv": None,
            "recording_location.txt": None,
        },
    ),
    paper_calls=20147,
    paper_hours=33,
    layout=Layout.reported,
    notes=[
        "All rows are calls: 20,147; 33 files are 32.99 h, which Table 1 rounds up.",
        "Two boxes are points (start = end, no bandwidth): kept and flagged, since Table 1 counts them.",
        "All codes stand in species.csv, so '????' should not occur; it is read where it does.",
        "Others call this collection 'Sierra Nevada' or 'sierras_kahl'; the source sierra_nevada is another one.",
        "File names count in local time (PDT, UTC-7) and hold no site.",
        "recording_location.txt gives 38.49, -119.95, the description 39.41 to 40.71 N: no coordinates are set.",
        "Calls of one species may share a box when the pauses are below 5 s: very long boxes are kept (one of "
        "105 s is known).",
        "Whether a FLAC of the release is damaged is not known; one that cannot be read is reported and the "
        "rest goes on.",
        "pasfly and warvir are resolved as in eBird 2021; today's lists split or join them.",
        "Recorded at 32 kHz, so no box can truly reach above 16 kHz; one that does is kept and flagged.",
        "species.csv is not read: the eBird codes are resolved by Chorus.",
        "Only the table's header and a few rows have been seen; the folder inside soundscape_data.zip is not "
        "known, so sounds are found by base name, and one that no box names is taken as not annotated.",
    ],
)


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -420, "device": "SWIFT"}


ADAPTER = collection(CARD, "SNE", place)
