"""InfantMarmosetsVox: labels.csv with its 169,318 segments in 350 recordings of ten minutes.

Known: rows, recordings, segments of each call type and of each animal (the authors' two lists, the first of which holds
one segment more: it is given to the first animal here), 7 rows with a code above 12. Not known and made up: which
segment is of which type, times, days, how many recordings an animal has (35 each here), how the other 96,389 rows
divide into silence and noise (evenly here), which codes the 7 rows have (13). Rows that name sounds that do not exist
are told of, not how many: there are none.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.replicas.common import deal, pool, tiny_wav, write_text

ROWS = 169_318  # the authors' paper
#: Segments of call types 0 to 10 (calltypeID_all.list) and of animals 0 to 9 (marmosetID list).
SEGMENTS = (1_283, 27_977, 36_582, 1_408, 728, 686, 1_676, 23, 293, 2_064, 202)
ANIMALS = (15_521, 8_648, 13_827, 5_838, 5_654, 3_522, 4_389, 2_681, 6_387, 6_454)
SILENCE, NOISE, INVALID = 11, 12, 13
INVALID_ROWS = 7  # the authors' reader
RECORDINGS, LENGTH_S = 350, 600  # the authors' README
FIRST_DAY = dt.date(2016, 9, 7)


def write(root: Path, audio: bool = False) -> None:
    """labels.csv; with `audio` a tiny sound for the first two recordings."""
    rng = random.Random(0)
    top = root / "InfantMarmosetsVox"
    lines = ["filename,start,end,duration,calltype,caller"]
    for animal, codes in enumerate(segments(rng)):
        names = recordings(animal)
        rows = iter(codes)
        for name, n in zip(names, deal(len(codes), len(names)), strict=True):
            lines += [f"{name},{times},{next(rows)},{animal}" for times in spans(rng, n)]
    write_text(top / "labels.csv", "\n".join([*lines, ""]))
    for name in recordings(0)[: 2 * audio]:
        tiny_wav(top / "data" / "twin_1" / f"{name}.wav", 44_100)


def segments(rng: random.Random) -> list[list[int]]:
    """Codes of each animal's segments, in order of time."""
    calls = iter(pool(rng, dict(enumerate(SEGMENTS))))
    others = ROWS - sum(SEGMENTS) - INVALID_ROWS
    rest = pool(rng, dict(zip((SILENCE, NOISE), deal(others, 2), strict=True)) | {INVALID: INVALID_ROWS})
    shares = iter(rest)
    extra = Counter({0: sum(SEGMENTS) - sum(ANIMALS)})
    found = []
    for animal, n in enumerate(deal(len(rest), len(ANIMALS))):
        codes = [next(calls) for _ in range(ANIMALS[animal] + extra[animal])] + [next(shares) for _ in range(n)]
        rng.shuffle(codes)
        found.append(codes)
    return found


def recordings(animal: int) -> list[str]:
    """Names of an animal's recordings, one a day: '20160907_Twin1_marmoset1'."""
    days = (FIRST_DAY + dt.timedelta(days=k) for k in range(RECORDINGS // len(ANIMALS)))
    return [f"{day:%Y%m%d}_Twin{animal // 2 + 1}_marmoset{animal % 2 + 1}" for day in days]


def spans(rng: random.Random, n: int) -> Iterator[str]:
    """`n` segments of a recording as 'start,end,duration', one after the other."""
    step = LENGTH_S * 1000 // n
    for k in range(n):
        start, length = k * step + rng.randrange(step // 2), rng.randrange(1, step // 2)
        yield f"{start / 1000:.3f},{(start + length) / 1000:.3f},{length / 1000:.3f}"


def floor(root: Path) -> list[str]:
    """The table as it is."""
    types = "{'start': 'DOUBLE', 'end': 'DOUBLE', 'duration': 'DOUBLE', 'calltype': 'INTEGER', 'caller': 'INTEGER'}"
    return [f"SELECT * FROM read_csv('{root}/*/labels.csv', delim=',', header=true, types={types})"]
