"""DCASE few-shot, development set of 2021: 19 tables, 4,996 positive marks.

Known: recordings and positive events of each subset (text of the record), the classes of its training subsets (BEANS),
the names of the recordings of BV, JD, MT and PB, boxes of 150 ms in BV. Not known for 2021: rows that are UNK (those
that the text of 2022 has beyond these are taken, every class of theirs UNK; HV has none), which classes the positive
events belong to (spread evenly, one class a row), times, and the names of the recordings of HV (those of 2022 stand).
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import deal, tiny_wav, write_text


class Subset(NamedTuple):
    """A folder of the set: its recordings, how long and at what rate each is, its classes, rows of each mark."""

    folder: str
    stems: tuple[str, ...]
    seconds: int
    sample_rate: int
    classes: tuple[str, ...]
    positive: int
    unknown: int


BIRDS = ("AMRE", "BBWA", "BTBW", "CHSP", "COYE", "GCTH", "OVEN", "RBGR", "SAVS", "SWTH", "WTSP")
NIGHTS = (
    "2015-09-04_08-04-59_unit03", "2015-09-11_06-00-00_unit07", "2015-09-21_06-00-00_unit05",
    "2015-09-25_04-00-00_unit10", "2015-10-14_23-59-59_unit05",
)  # fmt: skip
GARDENS = (
    "BUK1_20181011_001004", "BUK1_20181013_023504", "BUK4_20161011_000804", "BUK4_20171022_004304a",
    "BUK5_20161101_002104a", "BUK5_20180921_015906a",
)  # fmt: skip
MEERKATS = ("SNMK", "CCMK", "AGGM", "SOCM")
SUBSETS = (
    Subset("Training_Set/BV", NIGHTS, 7200, 24_000, BIRDS, 2662, 9026 - 2662),
    Subset("Training_Set/HV", ("a1", "e1", "h1"), 3600, 6_000, ("GIG", "GRN", "SQT"), 435, 0),
    Subset("Training_Set/JD", ("sp4f1_2015_04_24-05_00_00_0002",), 600, 22_050, ("CALL",), 355, 357 - 355),
    Subset("Training_Set/MT", ("dcase_MK1", "dcase_MK2"), 2100, 8_000, MEERKATS, 1234, 1294 - 1234),
    Subset("Validation_Set/HV", ("n1", "y1"), 3600, 6_000, ("Q",), 50, 0),
    Subset("Validation_Set/PB", GARDENS, 1796, 44_100, ("Q",), 260, 292 - 260),
)


def write(root: Path, audio: bool = False) -> None:
    """A table for each recording; with `audio` the first sound of each subset."""
    rng = random.Random(0)
    for subset in SUBSETS:
        folder = root / "Development_Set" / subset.folder
        parts = (deal(rows, len(subset.stems)) for rows in (subset.positive, subset.unknown))
        for stem, positive, unknown in zip(subset.stems, *parts, strict=True):
            write_text(folder / f"{stem}.csv", table(rng, subset, stem, positive, unknown))
        if audio:
            tiny_wav(folder / f"{subset.stems[0]}.wav", subset.sample_rate)


def table(rng: random.Random, subset: Subset, stem: str, positive: int, unknown: int) -> str:
    """Events in the order of their starts, evenly apart."""
    classes = subset.classes
    marks = [",".join("POS" if c == i % len(classes) else "NEG" for c in range(len(classes))) for i in range(positive)]
    marks += [",".join(["UNK"] * len(classes))] * unknown
    rng.shuffle(marks)
    step = subset.seconds / len(marks)
    lengths = [0.15 if classes is BIRDS else rng.uniform(0.05, step) for _ in marks]
    rows = [
        f"{stem}.wav,{i * step:.3f},{i * step + length:.3f},{mark}\n"
        for i, (mark, length) in enumerate(zip(marks, lengths, strict=True))
    ]
    return f"Audiofilename,Starttime,Endtime,{','.join(classes)}\n" + "".join(rows)


def floor(root: Path) -> list[str]:
    """All tables as one; the columns of classes are those of any of them."""
    read = f"read_csv('{root}/Development_Set/*/*/*.csv', header=true, delim=',', union_by_name=true, filename=true"
    return [f"SELECT * FROM {read}, types={{'Starttime': 'DOUBLE', 'Endtime': 'DOUBLE'}})"]
