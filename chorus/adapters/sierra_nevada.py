"""Southern Sierra Nevada: fully annotated soundscapes of high lakes, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.formats.cornell import collection, release_files
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="sierra_nevada",
    title="A collection of fully-annotated soundscape recordings from the southern Sierra Nevada mountain range",
    citation="Clapp, Kahl, Meyer, McKenna, Klinck, Patricelli (2023), Zenodo, doi:10.5281/zenodo.7525805",
    doi="10.5281/zenodo.7525805",
    version="Zenodo 7525805 (version 1)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=release_files(
        7525805,
        {
            "soundscape_data.zip": "b7796e5e28d1f6b1a8bb16f0ba294c9d",
            "annotations.csv": "0f300f5536784cc34f51f9f42e80756e",
            "species.csv": None,
            "recording_location.txt": None,
        },
    ),
    paper_calls=10976,
    paper_hours=17,
    layout=Layout.reported,
    notes=[
        "All rows are calls: 10,976, of which 10,296 are of known species and 680 (inferred) '????'.",
        "100 files of 10 minutes are 16.67 h, which Table 1 rounds up.",
        "'????' is a call that could not be identified: kept as a row of an animal without taxon.",
        "Others call western_us 'Sierra Nevada'; this is the southern range (HSN, high_sierras).",
        "File names count in local time (PDT, UTC-7) and hold no site, though there were 10 lakes.",
        "The description says 9 to 12 July 2015; a file of 8 July is known, and the names are trusted.",
        "Short calls are boxed one by one (0.2 s); no rule for merging is stated. Boxes without length may "
        "occur: kept and flagged.",
        "Boxes may reach above 16 kHz, since they were drawn before resampling, and 0 Hz is a bound, not a gap.",
        "species.csv is not read: the eBird codes are resolved by Chorus.",
        "recording_location.txt is free text and not read.",
        "Only the table's header and a few rows have been seen; the folder inside soundscape_data.zip is not "
        "known, so sounds are found by base name, and one that no box names is taken as not annotated.",
    ],
)


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -420, "device": "Song Meter SM2+"}


ADAPTER = collection(CARD, "HSN", place)
