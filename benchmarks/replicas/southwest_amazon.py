"""southwest_amazon: 21 recordings of an hour, 14,798 boxes of known species and 1,684 '????'. Which seven of the ten
sites and which dates is not known: those of the recordings other than the first are made up."""

from __future__ import annotations

import datetime as dt

from benchmarks.replicas._family import Collection, recordings

ROWS = 16_482  # counted in the file by a public script
KNOWN = 14_798  # the same, and the description of Zenodo 7079124
RECORDINGS = 21  # description: seven sites, three dates each, from 10:00 UTC
DAYS = (dt.date(2019, 1, 16), dt.date(2019, 1, 24), dt.date(2019, 2, 1))
SITES = tuple(f"S{site:02d}" for site in range(1, 8))
FIRST = "PER_001_S01_20190116_100007Z.flac"

RELEASE = Collection(
    "southwest_amazon",
    recordings("PER_{number:03d}_{site}_{day}_{clock}Z", RECORDINGS, DAYS, ("100007",), SITES),
    KNOWN,
    ROWS - KNOWN,
    3600,
    (
        f"{FIRST},539.0,541.4,1250,2468,blfant1",
        f"{FIRST},520.5,644.6,961,2884,grasal3",
        f"{FIRST},596.9,598.8,1437,2375,greant1",
        f"{FIRST},508.9,511.1,775,2408,butwoo1",
        f"{FIRST},264.2,265.4,646,4875,????",
    ),
)
write, floor = RELEASE.write, RELEASE.floor
