"""Rodents: the tables of the seven archives of the USVSEG test data.

Known: the names of 21 recordings, 3,861 rows in their five archives together, of which 300, 155 and 2,401 in three of
them. Not known: how the other 1,005 divide over gerbil and mouse_BALBc, names and rows of mouse_B6pup and mouse_Shank2.
Here all of these are even, with the 715 rows that would make Table 1's 4,576 in the last two, of which 409 in five
recordings of pups (an unsure note); so the count of this replica shows nothing about Table 1. Times are made up; some
readers met a comma at the end of lines: here the rats' lines have one.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import deal, tiny_wav, write_text

PUP_ROWS = 409
LAST_TWO = 4_576 - 3_861  # Table 1, less the five archives that were counted
UNDIVIDED = 3_861 - 300 - 155 - 2_401


class Archive(NamedTuple):
    """An archive: its recordings, how many rows they have together, what stands at the end of a line."""

    recordings: tuple[str, ...]
    rows: int
    end: str = ""


ARCHIVES = {
    "rat_distressed": Archive(
        ("20181026_153035_384K_1Ch_a60_r", "20181026_150742_384K_1Ch_a58_r", "20181026_145634_384K_1Ch_a57_r",
         "20181026_142935_384K_1Ch_a55_r"), 155, ","),
    "rat_pleasant": Archive(
        ("20181010_093120_384K_1Ch_a18_r", "20181010_095344_384K_1Ch_a14_r", "20181010_093817_384K_1Ch_a42_r"),
        300, ","),
    "gerbil": Archive(("uSFMdata", "uFMdata"), deal(UNDIVIDED, 2)[0]),
    "mouse_BALBc": Archive(("BALB128-4vsBALBfe", "ClnBALB124-4vsBALBfe"), deal(UNDIVIDED, 2)[1]),
    "mouse_C57BL": Archive(
        ("A_140513Aco59_2Home1", "B_140513Aco59_2Home2", "C_140526Can15-1test1_1Home", "D_140526Can15-1test2_2Home",
         "E_140526Can16-1test1_2Home", "F_140526Can16-1test2_2Novel", "G_9_2vsBBE2Home1", "H_9_2vsBBA-E2Novel",
         "I_140526Aco65-1test1_1Home", "L_3_1vsBBE2"), 2_401),
    "mouse_B6pup": Archive(tuple(f"pup{k}" for k in range(1, 6)), PUP_ROWS),
    "mouse_Shank2": Archive(tuple(f"shank{k}" for k in range(1, 6)), LAST_TWO - PUP_ROWS),
}  # fmt: skip


def write(root: Path, audio: bool = False) -> None:
    """A table for each recording; with `audio` a tiny sound for the first of each archive."""
    rng = random.Random(0)
    for name, archive in ARCHIVES.items():
        for stem, n in zip(archive.recordings, deal(archive.rows, len(archive.recordings)), strict=True):
            write_text(root / name / f"{stem}.csv", "".join(rows(rng, n, archive.end)))
        if audio:
            tiny_wav(root / name / f"{archive.recordings[0]}.wav", 250_000)


def rows(rng: random.Random, n: int, end: str) -> list[str]:
    """`n` calls one after the other, in milliseconds."""
    lines, at = [], 0
    for _ in range(n):
        start = at + rng.randint(10, 900)
        at = start + rng.randint(5, 600)
        lines.append(f"{start / 1000:.3f},{at / 1000:.3f}{end}\n")
    return lines


def floor(root: Path) -> list[str]:
    """All tables; a comma at the end makes a third column, which is blank."""
    columns = "{'start': 'DOUBLE', 'end': 'DOUBLE', 'blank': 'VARCHAR'}"
    options = f"auto_detect=false, delim=',', header=false, null_padding=true, filename=true, columns={columns}"
    return [f'SELECT filename, "start", "end" FROM read_csv(\'{root}/*/*.csv\', {options})']
