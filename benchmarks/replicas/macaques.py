"""Macaque coos, the Internet Archive's packaging: annotations.csv with 7,285 clips of eight animals.

Known: clips of each animal in train and valid, the first ten rows, two sample rates. Not known and made up: the other
numbers in the names (counted on here), the order of the rows, which clips are valid and which have which rate.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import tiny_wav, write_text


class Coos(NamedTuple):
    """Clips of one animal in the two parts."""

    train: int
    valid: int


ANIMALS = {
    "TH": Coos(1076, 269), "AL": Coos(799, 200), "BE": Coos(382, 96), "IO": Coos(801, 201), "MU": Coos(814, 203),
    "QU": Coos(780, 195), "SN": Coos(801, 200), "TW": Coos(375, 93),
}  # fmt: skip
FIRST_ROWS = {"TH28": "train", "TH22": "train", "TH928": "train", "TH1145": "train", "TH470": "valid",
              "TH372": "train", "TH941": "train", "TH920": "train", "TH791": "valid", "TH565": "valid"}  # fmt: skip
RATE_HZ = 24_414  # of 5,756 clips; 44,100 Hz in the others


def write(root: Path, audio: bool = False) -> None:
    """annotations.csv; with `audio` a tiny sound for the first two clips."""
    rng = random.Random(0)
    parts = dict(FIRST_ROWS)
    for animal, coos in ANIMALS.items():
        names = [f"{animal}{n}" for n in range(1, sum(coos) + 1) if f"{animal}{n}" not in FIRST_ROWS]
        first = [part for name, part in FIRST_ROWS.items() if name.startswith(animal)]
        rng.shuffle(names)
        valid = coos.valid - first.count("valid")
        chosen = [(name, "valid" if k < valid else "train") for k, name in enumerate(names)]
        rng.shuffle(chosen)
        parts |= dict(chosen)
    rows = [f"{name[:2]},{part},{name}.wav" for name, part in parts.items()]
    write_text(root / "annotations.csv", "\n".join(["class,split,filename", *rows, ""]))
    for name, part in list(parts.items())[: 2 * audio]:
        tiny_wav(root / part / f"{name}.wav", RATE_HZ)


def floor(root: Path) -> list[str]:
    """The table as it is."""
    return [f"SELECT * FROM read_csv('{root}/annotations.csv', delim=',', header=true, all_varchar=true)"]
