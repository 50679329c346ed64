"""Hainan gibbons: labels of the 13 training and of the 9 test recordings of eight hours.

Known: the recordings, columns and codes, the labels of one recording (79 calls, of which one of type 4, and 34
stretches without a gibbon). Not known: rows of all other files. Here the calls of the training part are the 1,233 of
Table 1, which they may well be (79 in the known file, the others even), and every other file has as many rows as the
known one; so the count of this replica shows nothing about Table 1. Times, types and remarks are made up. The labels of
the extra part are left out: nobody has told how many there are.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text

CALLS = 1233  # Table 1
SEEN, SEEN_CALLS, SEEN_OTHERS = "HGSM3D_0+1_20160429_051600", 79, 34
TRAIN = (
    "HGSM3AC_0+1_20160309_055600", "HGSM3AC_0+1_20160312_055400", "HGSM3AC_0+1_20160314_055200",
    "HGSM3A_0+1_20160304_060000", "HGSM3BD_0+1_20160305_060000", "HGSM3BD_0+1_20160401_053700",
    "HGSM3BD_0+1_20160402_053600", "HGSM3B_0+1_20150616_050500", "HGSM3B_0+1_20160305_060000",
    "HGSM3C_0+1_20160501_051500", SEEN, "HGSM3SOL_0+1_20160320_054700", "HGSM3SOL_0+1_20160405_053400",
)  # fmt: skip
TEST = tuple(
    f"HGSM3B_0+1_{start}"
    for start in ("20160304_060000", "20160306_055900", "20160308_055700", "20160309_055600", "20160311_055500",
                  "20160316_055100", "20160321_054700", "20160322_054600", "20160323_054500")
)  # fmt: skip
LENGTH_S = 8 * 3600
#: The one call of type 4, and rows of the known file that show how a remark is written.
FOURTH = "19994,20001,7,4,"
REMARKS = ("", "3 Calls", "4 calls", "6 calls")


def write(root: Path, audio: bool = False) -> None:
    """Both files of each recording; with `audio` a tiny sound for the first."""
    rng = random.Random(0)
    others = [stem for stem in TRAIN if stem != SEEN]
    shares = dict(zip(others, deal(CALLS - SEEN_CALLS, len(others)), strict=True)) | {SEEN: SEEN_CALLS}
    parts = {"Train_Labels": shares, "Test_Labels": dict.fromkeys(TEST, SEEN_CALLS)}
    for folder, counts in parts.items():
        for stem, n in counts.items():
            calls = [call(rng, *span) for span in spans(rng, n - (stem == SEEN), 8)]
            rows = [*calls, FOURTH] if stem == SEEN else calls
            write_text(root / folder / f"g_{stem}.data", "\n".join(["Start,End,Duration,Type,Notes", *rows, ""]))
            silent = [f"{a},{b},{b - a},{rng.randint(1, 6)}" for a, b in spans(rng, SEEN_OTHERS, 300)]
            write_text(root / folder / f"n_{stem}.data", "\n".join(["Start,End,Duration,Type", *silent, ""]))
    if audio:
        tiny_wav(root / "Train" / f"{TRAIN[0]}.wav", 9_600)


def spans(rng: random.Random, n: int, longest: int) -> list[tuple[int, int]]:
    """`n` spans of whole seconds, in order, none longer than `longest`."""
    starts = sorted(rng.sample(range(LENGTH_S - longest), n))
    return [(start, start + rng.randint(1, longest)) for start in starts]


def call(rng: random.Random, start: int, end: int) -> str:
    kind = rng.randint(1, 3)
    return f"{start},{end},{end - start},{kind},{rng.choice(REMARKS) if kind == 2 else ''}"


def floor(root: Path) -> list[str]:
    """Both kinds of files, which differ in their columns."""
    options = "delim=',', header=true, all_varchar=true, filename=true"
    return [f"SELECT * FROM read_csv('{root}/*_Labels/{kind}_*.data', {options})" for kind in "gn"]
