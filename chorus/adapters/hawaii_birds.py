"""Hawaii birds: fully annotated soundscapes of the Island of Hawai'i, boxes with eBird codes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chorus.adapters.formats.cornell import collection, release_files
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="hawaii_birds",
    title="A collection of fully-annotated soundscape recordings from the Island of Hawai'i",
    citation="Navine, Kahl, Tanimoto-Johnson, Klinck, Hart (2022), Zenodo, doi:10.5281/zenodo.7078499",
    doi="10.5281/zenodo.7078499",
    version="Zenodo 7078499 (version 1)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=release_files(
        7078499,
        {
            "soundscape_data.zip": "79cec7baf06770acf0ac0d519de070ca",
            "annotations.csv": "03b5550b6788734c5fe9728a1abc0ca2",
            "species.csv": "5c21df6024c41556cd334ed3d9efdf42",
            "recording_location.csv": "7d6db82888c3faff3a40efa03f91ffda",
            "description.pdf": "b8eff939d23788b123bb85600b682842",
        },
    ),
    paper_calls=59583,
    paper_hours=51,
    layout=Layout.reported,
    notes=[
        "All rows are calls: 59,583 boxes; 635 files are 50.88 h, which Table 1 rounds up.",
        "File names count in local time (HST, UTC-10); S01 to S04 are the sites.",
        "Pauses below 0.5 s were merged (5 s in the sister collections); boxes are as short as 0.1 s and in no "
        "order of time.",
        "Unidentifiable calls were left out by the annotators, so '????' should not occur; it is read where it does.",
        "recording_location.csv is not read: of its columns only Site and GPS Coordinates (UTM text) are known.",
        "Recordings without a target species were left out of the release, so it is no random sample.",
        "melthr is the Chinese Hwamei, once Melodious Laughingthrush; barpet and iiwi have other names in GBIF.",
        "Boxes may reach above 16 kHz, since they were drawn before resampling, and 0 Hz is a bound, not a gap.",
        "species.csv is not read: the eBird codes are resolved by Chorus.",
        "Only the table's header and a few rows have been seen; the folder inside soundscape_data.zip is not "
        "known, so sounds are found by base name, and one that no box names is taken as not annotated.",
        "Public rows of a windowed copy (BirdSet UHH) must not be used to check the count.",
    ],
)


def place(site: str | None, stamp: dt.datetime | None) -> dict[str, Any]:
    return {"utc_offset_min": -600}


ADAPTER = collection(CARD, "UHH", place)
