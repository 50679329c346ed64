"""Northeast US: fully annotated soundscapes of Sapsucker Woods, Ithaca, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.formats.cornell import collection, release_files
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="northeast_us",
    title="A collection of fully-annotated soundscape recordings from the Northeastern United States",
    citation="Kahl, Charif, Klinck (2022), Zenodo, doi:10.5281/zenodo.7079380",
    doi="10.5281/zenodo.7079380",
    version="Zenodo 7079380 (version 2)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=release_files(
        7079380,
        {
            "soundscape_data.zip": "4dc5a3e83494a638d80bc7b3d1517137",
            "annotations.csv": "517eb9700f88ec9ac054a8aec7c805ec",
            "species.csv": None,
            "recording_location.txt": None,
        },
    ),
    paper_calls=50760,
    paper_hours=285,
    counts_as_call="presence = 'present' AND label IS DISTINCT FROM '????'",
    layout=Layout.reported,
    notes=[
        "Counted are the boxes of known species, 50,760 in the release's text as in Table 1; in the five "
        "sister collections Table 1 counts '????' too.",
        "Version 2 added the '????' boxes to version 1 (record 7018484, probably); how many is not published. "
        "If 50,760 includes them, all rows are that number and the count is lower.",
        "'????' is a call that could not be identified: kept as a row of an animal without taxon.",
        "285 files of an hour are the 285 h of Table 1.",
        "SSW in the file names is Sapsucker Woods; the source ssw (SSW60) is another one.",
        "File names count in UTC (the Z); recorded_at is local time (UTC-5, from 12 March 2017 UTC-4).",
        "The recorder is not named in a file; the coordinates are the approximate place of the woods.",
        "Recordings without any bird were left out of the release, so it is no random sample.",
        "Calls of one species may share a box when the pauses are below 5 s: very long boxes are kept (one of "
        "28.7 s is known).",
        "Boxes without length may occur: kept and flagged.",
        "The codes are kept as released: mallar3 and reevir1 are mallar and reevir elsewhere.",
        "Boxes may reach above 16 kHz, since they were drawn before resampling, and 0 Hz is a bound, not a gap.",
        "species.csv is not read: the eBird codes are resolved by Chorus.",
        "Only the table's header and a few rows have been seen; the folder inside soundscape_data.zip is not "
        "known, so sounds are found by base name, and one that no box names is taken as not annotated.",
    ],
)

#: When clocks in Ithaca went forward in 2017, in UTC; all recordings end before they went back.
SUMMER_TIME = dt.datetime(2017, 3, 12, 7)


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    summer = stamp is not None and stamp >= SUMMER_TIME
    return {"utc_offset_min": -240 if summer else -300, "latitude": 42.4768, "longitude": -76.4527}


ADAPTER = collection(CARD, "SSW", place)
