"""Southwest Amazon: fully annotated dawn soundscapes of Inkaterra, Peru, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.formats.cornell import collection, release_files
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="southwest_amazon",
    title="A collection of fully-annotated soundscape recordings from the Southwestern Amazon Basin",
    citation="Hopping, Kahl, Klinck (2022), Zenodo, doi:10.5281/zenodo.7079124",
    doi="10.5281/zenodo.7079124",
    version="Zenodo 7079124 (version 1)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=release_files(
        7079124,
        {
            "soundscape_data.zip": "bd01e1caba1b720c5856a3bd57d220d3",
            "annotations.csv": "2ab1a54b35ba0b6df8a4c91a48a1b684",
            "species.csv": None,
            "recording_location.txt": None,
        },
    ),
    paper_calls=16482,
    paper_hours=22,
    layout=Layout.reported,
    notes=[
        "All rows are calls: 14,798 boxes of known species and 1,684 of '????' are the 16,482 of Table 1.",
        "21 files of an hour are 21.0 h; the 22 h of Table 1 fit files slightly longer than an hour, rounded "
        "up (inferred).",
        "'????' is a call that could not be identified: kept as a row of an animal without taxon.",
        "File names count in UTC (the Z); recorded_at is local time (PET, UTC-5), an hour from 05:00.",
        "Calls of one species may share a box when the pauses are below 5 s: very long boxes are kept (one of "
        "124 s is known).",
        "Boxes without length may occur: kept and flagged.",
        "Boxes may reach above 16 kHz, since they were drawn before resampling, and 0 Hz is a bound, not a gap.",
        "species.csv is not read: the eBird codes are resolved by Chorus.",
        "recording_location.txt is free text and not read.",
        "Only the table's header and a few rows have been seen; the folder inside soundscape_data.zip is not "
        "known, so sounds are found by base name, and one that no box names is taken as not annotated.",
    ],
)


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -300}


ADAPTER = collection(CARD, "PER", place)
