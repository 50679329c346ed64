"""Rainforest Connection (Kaggle): train_tp.csv with 1,216 true boxes and train_fp.csv with 7,781 false ones.

Known, counted in the two files: rows of each species and song type, recordings of each table (363 are in both), the
commonest box of each class, no row twice, numbers of six significant digits in one table and of four decimals in the
other. Not known here and made up: ids of the recordings, when a box starts, which classes share a recording. Each class
has one shape of box, where the real tables have up to three. The unlabelled recordings under test/ are left out: how
many there are is not certain.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import deal, tiny_flac, write_text

RECORDINGS, TRUE_RECORDINGS, FALSE_RECORDINGS = 4727, 1132, 3958
LAST_S = 59.9947
HEAD = "recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max\n"


class Class(NamedTuple):
    """A species and song type: rows in each table, length in seconds and bounds in Hz of its box."""

    species: int
    song: int
    true: int
    false: int
    length: float
    low: float
    high: float


CLASSES = (
    Class(0, 1, 50, 300, 1.2907, 5906.25, 7500.0),
    Class(1, 1, 50, 298, 0.896, 3843.75, 5625.0),
    Class(2, 1, 37, 300, 1.776, 468.75, 3000.0),
    Class(3, 1, 50, 300, 0.7413, 1031.25, 2812.5),
    Class(4, 1, 50, 300, 1.856, 2343.75, 4218.75),
    Class(5, 1, 50, 300, 2.352, 4781.25, 10406.25),
    Class(6, 1, 50, 300, 2.144, 562.5, 4406.25),
    Class(7, 1, 50, 300, 3.1413, 4687.5, 11437.5),
    Class(8, 1, 50, 300, 4.1227, 3750.0, 5531.25),
    Class(9, 1, 34, 300, 2.8053, 1125.0, 5250.0),
    Class(10, 1, 50, 298, 2.4439, 947.4609, 10852.7344),
    Class(11, 1, 50, 300, 1.1378, 1808.7891, 5684.7656),
    Class(12, 1, 50, 300, 3.136, 562.5, 3281.25),
    Class(13, 1, 50, 300, 3.872, 93.75, 1406.25),
    Class(14, 1, 50, 300, 0.5867, 2531.25, 5531.25),
    Class(15, 1, 50, 300, 3.344, 93.75, 1125.0),
    Class(16, 4, 50, 300, 1.8347, 3093.75, 4593.75),
    Class(17, 1, 40, 300, 6.4533, 1312.5, 3937.5),
    Class(17, 4, 28, 300, 2.5333, 1312.5, 7406.25),
    Class(18, 1, 50, 300, 0.6933, 3187.5, 5062.5),
    Class(19, 1, 43, 299, 1.552, 281.25, 2812.5),
    Class(20, 1, 40, 300, 3.44, 2343.75, 5718.75),
    Class(21, 1, 50, 300, 1.0933, 3281.25, 4125.0),
    Class(22, 1, 44, 286, 1.6053, 10687.5, 13687.5),
    Class(23, 1, 50, 300, 6.0836, 7235.1562, 11283.3984),
    Class(23, 4, 50, 300, 7.9238, 6459.9609, 11627.9297),
)


def write(root: Path, audio: bool = False) -> None:
    """Both tables; with `audio` the first two recordings of train/."""
    rng = random.Random(0)
    recordings = [f"{number:09x}" for number in sorted(rng.sample(range(16**9), RECORDINGS))]
    mixed = rng.sample(recordings, RECORDINGS)
    true = [one for one in CLASSES for _ in range(one.true)]
    false = [one for one in CLASSES for _ in range(one.false)]
    write_text(root / "train_tp.csv", table(rng, mixed[:TRUE_RECORDINGS], true, lambda x: float(f"{x:.6g}")))
    write_text(root / "train_fp.csv", table(rng, mixed[-FALSE_RECORDINGS:], false, lambda x: round(x, 4)))
    for recording in recordings[: 2 * audio]:
        tiny_flac(root / "train" / f"{recording}.flac", 48_000)


def table(rng: random.Random, recordings: list[str], boxes: list[Class], digits: Callable[[float], float]) -> str:
    """A box a row, in the order of the recordings; `digits` rounds as the table does."""
    rng.shuffle(boxes)
    following = iter(boxes)
    lines = []
    for recording, rows in zip(sorted(recordings), deal(len(boxes), len(recordings)), strict=True):
        for box in (next(following) for _ in range(rows)):
            start = rng.uniform(0.0107, LAST_S - box.length)
            times = [digits(value) for value in (start, box.low, start + box.length, box.high)]
            lines.append(f"{recording},{box.species},{box.song},{','.join(map(repr, times))}\n")
    return HEAD + "".join(lines)


def floor(root: Path) -> list[str]:
    """Both tables, and which of them a row is from."""
    return [f"SELECT * FROM read_csv('{root}/train_?p.csv', header=true, delim=',', filename=true)"]
