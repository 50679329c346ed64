"""columbia_costa_rica: 34 recordings of an hour. 6,952 boxes of known species are in the release's description; the 386
'????' are what Table 1 has more (inferred, nobody has published a count). Dates, clock times and sites of the
recordings other than the first are made up within what the description says."""

from __future__ import annotations

import datetime as dt

from benchmarks.replicas._family import Collection, every, recordings

KNOWN = 6_952  # description of Zenodo 7525349
UNIDENTIFIED = 7_338 - KNOWN  # Table 1 less the above: inferred
RECORDINGS = 34  # description: one hour each, 04:30-07:30 and 16:00-19:00, 2019
CLOCKS = ("043000", "053000", "063000", "160000", "170000", "180000")
FIRST = "NES_001_S01_20190914_043000.flac"

RELEASE = Collection(
    "columbia_costa_rica",
    recordings(
        "NES_{number:03d}_{site}_{day}_{clock}", RECORDINGS, every(dt.date(2019, 9, 14), 1, 6), CLOCKS, ("S01", "S02")
    ),
    KNOWN,
    UNIDENTIFIED,
    3600,
    (
        f"{FIRST},29.7,33.0,0,3098,compot1",
        f"{FIRST},53.8,57.0,0,4084,compot1",
        f"{FIRST},75.4,78.4,0,3662,compot1",
        f"{FIRST},99.1,102.1,0,3521,compot1",
    ),
)
write, floor = RELEASE.write, RELEASE.floor
