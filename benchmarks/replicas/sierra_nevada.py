"""sierra_nevada: 100 recordings of 10 minutes, 10,976 rows. 10,296 boxes of known species are in the release's
description, so 680 are '????' (inferred). Names other than those of the first and last recording are made up."""

from __future__ import annotations

import datetime as dt

from benchmarks.replicas._family import Collection, every, recordings

ROWS = 10_976  # rows of a public copy of annotations.csv
KNOWN = 10_296  # description of Zenodo 7525805
RECORDINGS = 100  # description: 10 minutes each, 06:10-09:10
#: From 06:18:05 to 09:11:05 local time, as the first and the last recording begin.
CLOCKS = tuple((dt.datetime(2015, 7, 8, 6, 18, 5) + dt.timedelta(seconds=k * 10_380 // 19)).strftime("%H%M%S")
               for k in range(20))  # fmt: skip
FIRST = "HSN_001_20150708_061805.flac"

RELEASE = Collection(
    "sierra_nevada",
    recordings("HSN_{number:03d}_{day}_{clock}", RECORDINGS, every(dt.date(2015, 7, 8), 1, 5), CLOCKS),
    KNOWN,
    ROWS - KNOWN,
    600,
    (
        f"{FIRST},3.8,4.0,2272,6515,gcrfin",
        f"{FIRST},4.6,4.8,2939,6303,gcrfin",
        f"{FIRST},5.0,5.2,3424,4333,gcrfin",
        f"{FIRST},90.2,91.5,3212,5484,whcspa",
        f"{FIRST},97.7,98.9,3242,5697,whcspa",
        f"{FIRST},99.1,99.7,5757,7393,amepip",
    ),
    absent=("chispa", "wlswar"),
)
write, floor = RELEASE.write, RELEASE.floor
