"""Colombia and Costa Rica: fully annotated soundscapes of coffee farms, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.formats.cornell import collection, release_files
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="columbia_costa_rica",
    title="A collection of fully-annotated soundscape recordings from neotropical coffee farms in Colombia "
    "and Costa Rica",
    citation="Vega-Hidalgo, Kahl, Symes, Ruiz-Gutierrez, Molina-Mora, Cediel, Sandoval, Klinck (2023), Zenodo, "
    "doi:10.5281/zenodo.7525349",
    doi="10.5281/zenodo.7525349",
    version="Zenodo 7525349 (version 1)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=release_files(
        7525349,
        {
            "soundscape_data.zip": "15a00bb3221e56ec83d38ad04c26ce68",
            "annotations.csv": "f72be6c60b530fb622ea954627edea47",
            "species.csv": None,
            "recording_location.txt": None,
        },
    ),
    paper_calls=7338,
    paper_hours=35,
    layout=Layout.reported,
    notes=[
        "All rows are calls. The release names 6,952 boxes of known species, so 386 of '????' would make the "
        "7,338 of Table 1; nobody has published that number.",
        "34 files of an hour are 34.00 h; the 35 h of Table 1 fit files slightly longer than an hour, rounded "
        "up (inferred).",
        "The prefix NES is not the Northeast of the US (that is SSW). The source's name keeps the paper's "
        "spelling of Colombia.",
        "'????' is a call that could not be identified: kept as a row of an animal without taxon.",
        "File names count in local time: S01 is Jardin, Colombia (UTC-5), S02 San Ramon, Costa Rica (UTC-6); "
        "of further sites neither place nor offset is known.",
        "Coordinates are those of the region, as others took them from recording_location.txt: the exact "
        "places are withheld.",
        "Calls of one species may share a box when the pauses are below 5 s: very long boxes are kept (some "
        "last minutes in the sister collections).",
        "Boxes without length may occur: kept and flagged.",
        "houwre is resolved as Troglodytes aedon, as in eBird 2021; today's lists split it.",
        "Boxes may reach above 16 kHz, since they were drawn before resampling, and 0 Hz is a bound, not a gap.",
        "species.csv is not read: the eBird codes are resolved by Chorus.",
        "Only the table's header and a few rows have been seen; the folder inside soundscape_data.zip is not "
        "known, so sounds are found by base name, and one that no box names is taken as not annotated.",
    ],
)

#: Clock and region of the sites that are known.
SITES = {
    "S01": {"utc_offset_min": -300, "latitude": 5.59, "longitude": -75.85},
    "S02": {"utc_offset_min": -360, "latitude": 10.11, "longitude": -84.52},
}


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"device": "SWIFT", **SITES.get(site or "", {})}


ADAPTER = collection(CARD, "NES", place)
