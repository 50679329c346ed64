"""Domestic canary M1-2016-spring: 459 Audacity label files, 23,308 rows, 14,407 of them sounds.

Known, counted over all the files: files, rows of each label, 648 rows that start before the row above ends, 152
silences under 5 ms, the first row at 0, song ids 100 to 558, the days, the name with a dollar sign, last ends that add
up to 3.30 h, 4.6 to 58.7 s. Not known here and made up: the order of the labels, the other times, the days and the last
number of each name. The csv form of the same rows is left out: neither its folder nor the order of its rows is known.
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text

SONGS = range(100, 559)
FIRST_DAY, DAYS = dt.date(2016, 5, 22), 26
#: Milliseconds after midnight, the earliest and the latest of the names.
CLOCK = (22_524_566, 77_063_637)
SHORTEST_S, LONGEST_S, ALL_S = 4.6, 58.7, 3.30 * 3600
OVERLAPS, TINY_SILENCES = 648, 152
SILENCES = 8901
ROWS = {
    "J2": 1565, "J1": 1296, "A": 1040, "O": 912, "B1": 845, "N": 836, "B2": 780, "H": 604, "E": 600, "R": 584,
    "call": 541, "P": 492, "K": 437, "C": 413, "Z": 406, "Ci": 402, "Q": 350, "L": 321, "S": 300, "M": 291, "D": 280,
    "I": 271, "V": 256, "K2": 188, "T": 95, "TRASH": 94, "U": 91, "X": 75, "L2": 42,
}  # fmt: skip
DOLLAR = 489


def write(root: Path, audio: bool = False) -> None:
    """One label file a song; with `audio` the first two sounds."""
    rng = random.Random(0)
    sounds = [label for label, rows in ROWS.items() for _ in range(rows)]
    labels = sounds + ["SIL"] * (SILENCES - len(SONGS))
    rng.shuffle(labels)
    tiny = iter(rng.sample([True] * TINY_SILENCES + [False] * (SILENCES - TINY_SILENCES), SILENCES))
    inner = len(labels)
    overlaps = iter(rng.sample([True] * OVERLAPS + [False] * (inner - OVERLAPS), inner))
    following = iter(labels)
    for song, rows, seconds in zip(SONGS, deal(inner, len(SONGS)), lengths(), strict=True):
        mine = ["SIL", *(next(following) for _ in range(rows))]
        short = [label == "SIL" and next(tiny) for label in mine]
        early = [False, *(next(overlaps) for _ in range(rows))]
        stem = name(rng, song)
        write_text(root / "audacity-annotations" / f"{stem}.audacity.txt", song_rows(rng, mine, short, early, seconds))
        if audio and song in SONGS[:2]:
            tiny_wav(root / "audio" / f"{stem}.wav", 44_100)


def lengths() -> list[float]:
    """Last ends of the songs: the shortest, the longest, and all others the same."""
    others = len(SONGS) - 2
    return [SHORTEST_S, *[(ALL_S - SHORTEST_S - LONGEST_S) / others] * others, LONGEST_S]


def name(rng: random.Random, song: int) -> str:
    """'100_marron1_May_24_2016_62101389'."""
    day = FIRST_DAY + dt.timedelta(days=(song - SONGS[0]) * DAYS // len(SONGS))
    bird = "$marron1" if song == DOLLAR else "marron1"
    return f"{song}_{bird}_{day:%B_%d_%Y}_{rng.randint(*CLOCK)}"


def song_rows(rng: random.Random, labels: list[str], short: list[bool], early: list[bool], seconds: float) -> str:
    """Rows that touch, but for those that start 3 ms `early`; a `short` one lasts 1.5 ms, the others share the rest of
    the song. Some borders have three decimals and some ten, as drawn by hand or computed."""
    share = (seconds - 0.0015 * sum(short)) / (len(labels) - sum(short))
    lines, start = [], 0.0
    for label, brief, before in zip(labels, short, early, strict=True):
        end = round(start + (0.0015 if brief else share), rng.choice((3, 10)))
        first = round(start - 0.003 * before, 10)
        lines.append(f"{first!r}\t{end!r}\t{label}\n")
        start = end
    return "".join(lines)


def floor(root: Path) -> list[str]:
    """All label files as one table."""
    columns = "{'start': 'DOUBLE', 'end': 'DOUBLE', 'label': 'VARCHAR'}"
    read = f"read_csv('{root}/audacity-annotations/*.txt', delim='\t', header=false, columns={columns}, filename=true)"
    return [f"SELECT * FROM {read}"]
