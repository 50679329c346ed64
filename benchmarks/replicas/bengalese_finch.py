"""Bengalese Finch Song Repository, the .cbin flavour of version 5: 3,546 songs, 2,664 of them with 215,740 syllables.

Known, counted in version 5: songs, songs with labels, syllables, 8 to 398 of them a song, the 29 label characters,
four birds on 18 days, both spellings of the .rec, the '-baseline-' in the names of one bird, sample rate, 15.10 s a
song on average. Not known and made up: songs of each day (spread evenly), which characters each bird has (one bird's
are known), all times and trigger numbers. The sounds of songs with labels are left out; a song without labels is its
sound, so those are here with a few frames. Version 5 also has a .tmp beside each song, which nothing reads.
"""

from __future__ import annotations

import datetime as dt
import io
import random
from pathlib import Path

from benchmarks.replicas.common import deal, write_text

SONGS, LABELLED, SYLLABLES = 3546, 2664, 215_740
FEWEST, MOST = 8, 398
SECONDS, RATE = 15.10, 32_000
#: Bird -> first day, days, its label characters ('gy6or6' is known, the others' together are all that occur).
BIRDS = {
    "bl26lb16": (dt.date(2012, 4, 19), 3, "abcdefghijklmnopqrstuvwxyz0-@"),
    "gr41rd51": (dt.date(2012, 6, 19), 5, "abcdefghijklmno"),
    "gy6or6": (dt.date(2012, 3, 22), 5, "iabcdefghjk"),
    "or60yw70": (dt.date(2012, 9, 27), 5, "ijklmnopqrstuvwxyz"),
}
REC = """File created: {when:%a, %b %d, %Y, %H:%M:%S}

     begin rec = 0 ms
     trig time  = 2000 ms
     rec end = {ms} ms

"""
#: What a MATLAB 5 file starts with, without the time that scipy puts there.
MAT_HEADER = b"MATLAB 5.0 MAT-file"
SPELLINGS = (
    "ADFREQ =   32000\nChans = 2\nSamples = {0}\nCatch = 0\nT Before = 2.0000000000E+0\nThresholds = \n2.000000E+0\n",
    "ADFREQ = 3.2000000e+004\nChans = 2\nSamples = {0}\nCatch = 0\nT BEFORE = 2.0000000e+000\nTHRESHOLDS = \n 2\n",
)


def write(root: Path, audio: bool = False) -> None:
    """Songs day by day, every fourth without labels until those are used up; with `audio` the first two sounds."""
    rng = random.Random(0)
    counts = iter(syllables())
    unlabelled = set(rng.sample(range(SONGS), SONGS - LABELLED))
    days = [
        (bird, day) for bird, (first, n, _) in BIRDS.items() for day in (first + dt.timedelta(days=i) for i in range(n))
    ]
    number = 0
    for (bird, day), songs in zip(days, deal(SONGS, len(days)), strict=True):
        for k in range(songs):
            when = dt.datetime.combine(day, dt.time(7)) + dt.timedelta(seconds=150 * k)
            path = root / bird / f"{day:%m%d%y}" / stem(bird, when, k)
            if number not in unlabelled:
                write_labels(rng, path, BIRDS[bird][2], next(counts))
            write_rec(path, when, number)
            if number in unlabelled or number < 2 * audio:
                Path(f"{path}.cbin").write_bytes(bytes(32))
            number += 1


def syllables() -> list[int]:
    """Syllables of each song with labels: one with the fewest, one with the most, the others share evenly."""
    return [FEWEST, MOST, *deal(SYLLABLES - FEWEST - MOST, LABELLED - 2)]


def stem(bird: str, when: dt.datetime, number: int) -> str:
    """'gy6or6_baseline_230312_0808.138': a day as DDMMYY, while its folder is MMDDYY."""
    word = "baseline_" if bird == "gy6or6" else ""
    return f"{bird}_{word}{when:%d%m%y_%H%M}.{number + 1}"


def write_labels(rng: random.Random, path: Path, characters: str, count: int) -> None:
    """The .not.mat of a song: syllables evenly over it, in milliseconds, N x 1."""
    import numpy as np
    from scipy.io import savemat

    step = 1000 * SECONDS / count
    onsets = (np.arange(count) * step + rng.uniform(0, step / 3)).reshape(-1, 1)
    found = {
        "Fs": np.uint16(RATE),
        "fname": f"C:\\songs\\{path.name}.cbin",
        "labels": "".join(rng.choices(characters, k=count)),
    }
    found |= {"onsets": onsets, "offsets": onsets + step / 2, "min_int": 6.0, "min_dur": 10.0, "threshold": 1500.0}
    buffer = io.BytesIO()
    savemat(buffer, found | {"sm_win": 2.0})
    file = Path(f"{path}.cbin.not.mat")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(MAT_HEADER.ljust(116) + buffer.getvalue()[116:])


def write_rec(path: Path, when: dt.datetime, number: int) -> None:
    """The .rec of a song, in one of the two spellings in turn."""
    text = REC.format(when=when, ms=round(1000 * SECONDS)) + SPELLINGS[number % 2].format(round(SECONDS * RATE))
    write_text(path.parent / f"{path.name}.rec", text)


def floor(root: Path) -> list[str]:
    """Label files as they are (DuckDB cannot read MATLAB's form), and the headers."""
    read = "SELECT filename, content FROM {}('{}/*/*/*.{}')"
    return [read.format("read_blob", root, "not.mat"), read.format("read_text", root, "rec")]
