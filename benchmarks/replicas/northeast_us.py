"""northeast_us (version 2): 285 recordings of an hour, 50,760 boxes of known species, and '????' boxes whose number
nobody has published: one row stands for them. Dates and clock times of the recordings other than those seen are made up
within what the description says."""

from __future__ import annotations

import datetime as dt

from benchmarks.replicas._family import Collection, every, recordings

KNOWN = 50_760  # boxes of known species in the description of Zenodo 7079380
UNIDENTIFIED = 1  # stand-in: version 2 has added some, their number is not known
RECORDINGS = 285  # description: all hours of the day, one day a week, February to August 2017
#: Clock times in UTC, so chosen that recordings 1, 4 and 7 have the names that were seen.
CLOCKS = ("010000", "020001", "030003", "050004", "070006", "090007", "110009", "130010", "150012", "170013", "190014",
          "210016")  # fmt: skip

RELEASE = Collection(
    "northeast_us",
    recordings("SSW_{number:03d}_{day}_{clock}Z", RECORDINGS, every(dt.date(2017, 2, 25), 7, 24), CLOCKS),
    KNOWN,
    UNIDENTIFIED,
    3600,
    (
        "SSW_001_20170225_010000Z.flac,47.4,51.3,0,2647,cangoo",
        "SSW_004_20170225_050004Z.flac,846.0,846.3,2549,9411,blujay",
        "SSW_007_20170225_110009Z.flac,2445.4,2445.6,1587,6984,rewbla",
        "SSW_007_20170225_110009Z.flac,2442.0,2470.7,79,2063,cangoo",
    ),
)
write, floor = RELEASE.write, RELEASE.floor
