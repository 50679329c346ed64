"""Watkins database, all cuts: 15,567 sounds in 55 folders, and no table: the folder is the label.

Known: 15,567 files in 55 folders (the copy on Kaggle), 15,254 records (the website), the 55 names and how a scraper
spells them as folders, the files of ten folders, that a cut of two species stands in both folders, some of the sample
rates, what a record number is made of. Not known: how many records the copy holds (all are in here, so 313 files are
cuts in a second folder), the files of the other folders (killer and sperm whale lead, the others share evenly), years,
tapes, lengths, whether the copy has folders of years (here it has). Table 1's 15,152 is printed nowhere and cannot come
out.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav
from chorus.adapters.formats.cuts import NAMES

FILES, RECORDS = 15_567, 15_254
#: Files of the folders that somebody has told of.
COUNTED = {
    "White-sided Dolphin": 560, "Long-Finned Pilot Whale": 1213, "Fraser's Dolphin": 199, "Ribbon Seal": 45,
    "False Killer Whale": 508, "Grampus, Risso's Dolphin": 359, "Steller Sea Lion": 6, "Clymene Dolphin": 328,
    "Walrus": 273, "Finless Porpoise": 2,
}  # fmt: skip
#: The largest folders; their size is made up.
LARGEST = {"Killer Whale": 2_000, "Sperm Whale": 2_000}
RATES = (600, 5_120, 8_000, 10_240, 20_480, 30_000, 40_960, 44_100, 81_920, 166_600)
#: Years of tapes, and cuts on a tape.
YEARS, CUTS = range(49, 95), 40
BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write(root: Path, audio: bool = False) -> None:
    """All cuts, a few frames each (they carry the labels, so `audio` makes no difference)."""
    names = [name for name, files in sizes().items() for _ in range(files)]
    random.Random(0).shuffle(names)
    first, again = names[:RECORDS], names[RECORDS:]
    cuts = list(enumerate(first))
    numbers = iter(range(RECORDS))
    cuts += [(next(k for k in numbers if first[k] != name), name) for name in again]
    for k, name in cuts:
        own = record(k)
        tiny_wav(root / "data" / folder(name) / f"19{own[:2]}" / f"{own}.wav", RATES[k % len(RATES)])


def sizes() -> dict[str, int]:
    """Files of each folder."""
    known = COUNTED | LARGEST
    others = [name for name in NAMES if name not in known]
    return known | dict(zip(others, deal(FILES - sum(known.values()), len(others)), strict=True))


def folder(name: str) -> str:
    """As a scraper names it: 'Grampus, Risso's Dolphin' -> 'Grampus_Risso'sDolphin'."""
    return name.replace(" ", "").replace("-", "_").replace(",", "_")


def record(number: int) -> str:
    """Year, tape and cut: '4900100A'."""
    tape, cut = divmod(number, CUTS)
    high, low = divmod(cut + 1, 36)
    return f"{YEARS[tape % len(YEARS)]}{tape // len(YEARS) + 1:03}0{BASE_36[high]}{BASE_36[low]}"


def floor(root: Path) -> list[str]:
    """The names of the cuts: there is nothing else to read."""
    return [f"SELECT * FROM glob('{root}/data/*/*/*.wav')"]
