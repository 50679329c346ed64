"""western_us: 33 recordings of an hour, 20,147 boxes, two of them points without bandwidth, none '????'. Dates and
clock times of the recordings other than the first are made up within what the description says."""

from __future__ import annotations

import datetime as dt

from benchmarks.replicas._family import Collection, every, recordings

KNOWN = 20_147  # rows of annotations.csv, from a public reader with a test for it
POINTS = 2  # the same
RECORDINGS = 33  # description of Zenodo 7050014: one hour each, May to August 2018
FIRST = "SNE_001_20180509_050002.flac"

RELEASE = Collection(
    "western_us",
    recordings(
        "SNE_{number:03d}_{day}_{clock}", RECORDINGS, every(dt.date(2018, 5, 9), 10, 11), ("050002", "060002", "070002")
    ),
    KNOWN,
    0,
    3600,
    (
        f"{FIRST},523.2,545.4,912,4060,amerob",
        f"{FIRST},675.2,780.3,1417,4660,amerob",
        f"{FIRST},727.5,728.6,3123,4756,herthr",
        f"{FIRST},750.2,751.2,3099,4492,herthr",
    ),
    points=POINTS,
)
write, floor = RELEASE.write, RELEASE.floor
