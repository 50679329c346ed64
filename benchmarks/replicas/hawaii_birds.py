"""hawaii_birds: 635 recordings of just under 1 to 9 minutes at four sites, 59,583 boxes, none of them '????'. Dates,
clock times and sites of the recordings other than the first are made up, and their lengths are not known: boxes lie in
the first minutes."""

from __future__ import annotations

import datetime as dt

from benchmarks.replicas._family import Collection, every, recordings

KNOWN = 59_583  # rows of annotations.csv, asserted by a public script
RECORDINGS = 635  # the same
SITES = ("S01", "S02", "S03", "S04")  # description of Zenodo 7078499
CLOCKS = tuple(f"{hour:02d}0000" for hour in (*range(15, 20), *range(5, 15)))
FIRST = "UHH_001_S01_20161121_150000.flac"

RELEASE = Collection(
    "hawaii_birds",
    recordings("UHH_{number:03d}_{site}_{day}_{clock}", RECORDINGS, every(dt.date(2016, 11, 21), 3, 60), CLOCKS, SITES),
    KNOWN,
    0,
    280,
    (
        f"{FIRST},275.5,276.7,3013,5615,hawama",
        f"{FIRST},281.2,281.7,2962,6001,hawama",
        f"{FIRST},235.3,237.6,0,2627,ercfra",
        f"{FIRST},187.6,187.7,3168,7521,jabwar",
        f"{FIRST},187.2,187.4,3322,7264,jabwar",
    ),
)
write, floor = RELEASE.write, RELEASE.floor
