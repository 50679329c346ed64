"""Sperm whales, the tables of sw-combinatoriality: the 3,840 codas of the dialogues and the 8,719 of DominicaCodas.csv,
which has no recordings.

Known, counted in the files: rows, columns, tags with their parts and codas, how many codas have how many clicks (21,660
in all), how many are of which whale, and of DominicaCodas.csv the coda types, clans and units, dates in two forms, no
line end at the end of either, Windows line ends in the first. Made up: numbers of the parts, times and intervals, which
coda has what. This is no replica of the paper's source, which nobody knows: no sounds, and not its 14,764 calls.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import deal, pool, tiny_wav, write_text


class Tag(NamedTuple):
    """A tag's deployment: parts and codas in the table, and the start of its last coda, seconds."""

    parts: int
    codas: int
    last_s: float


TAGS = {
    "sw061b": Tag(23, 1284, 25086.9932), "sw078a": Tag(8, 185, 9476.2510), "sw078b": Tag(3, 20, 13222.8514),
    "sw078c": Tag(12, 59, 21326.7315), "sw085a": Tag(27, 436, 22550.7217), "sw090a": Tag(23, 334, 33734.3881),
    "sw090b": Tag(21, 297, 32284.7423), "sw091a": Tag(13, 119, 15198.2063), "sw091b": Tag(11, 130, 28270.4339),
    "sw097a": Tag(3, 44, 688.7794), "sw100a": Tag(5, 47, 10283.3143), "sw100b": Tag(5, 173, 19113.6906),
    "sw106a": Tag(8, 107, 31397.0402), "sw106b": Tag(5, 68, 27710.5666), "sw114a": Tag(1, 1, 24044.2975),
    "sw114b": Tag(6, 50, 21878.8125), "sw115b": Tag(2, 45, 236.5621), "sw119a": Tag(8, 95, 4506.4319),
    "sw119b": Tag(8, 94, 2636.2593), "sw133a": Tag(8, 52, 27821.2971), "sw133b": Tag(14, 158, 16281.7994),
    "sw134a": Tag(5, 42, 472.0492),
}  # fmt: skip
#: Clicks of a coda -> codas; whale -> codas.
CLICKS = {
    1: 8, 2: 6, 3: 49, 4: 282, 5: 2949, 6: 127, 7: 88, 8: 91, 9: 66, 10: 21, 11: 9, 12: 13, 13: 5, 14: 7, 15: 15, 16: 5,
    17: 8, 18: 17, 19: 18, 20: 21, 21: 15, 22: 6, 23: 8, 24: 2, 25: 3, 29: 1,
}  # fmt: skip
WHALES = {2: 1694, 1: 1394, 3: 543, 4: 164, 5: 23, 6: 7, 10: 5, 11: 4, 7: 2, 8: 2, 9: 2}
INTERVALS = 28
#: DominicaCodas.csv: coda type -> codas; (clan, unit, its number) -> codas; rows whose date is written 04/03/2005.
TYPES = {
    "1+1+3": 3589, "5R1": 1510, "5R3": 642, "4R2": 340, "5R2": 287, "5-NOISE": 280, "4D": 219, "6i": 188, "8i": 178,
    "7D1": 177, "6-NOISE": 172, "7i": 151, "9i": 137, "4R1": 84, "2+3": 77, "1+32": 72, "6R": 67, "3D": 61, "8R": 60,
    "10i": 55, "4-NOISE": 51, "1+31": 51, "9R": 43, "7D2": 35, "10R": 32, "7R": 23, "3-NOISE": 21, "3R": 21, "8D": 20,
    "7-NOISE": 19, "8-NOISE": 17, "9-NOISE": 16, "10-NOISE": 9, "1-NOISE": 9, "2-NOISE": 6,
}  # fmt: skip
UNITS = {
    ("EC1", "A", 1): 1680, ("EC1", "D", 2): 336, ("EC1", "F", 3): 1587, ("EC1", "J", 4): 1024, ("EC1", "N", 6): 313,
    ("EC1", "R", 8): 302, ("EC1", "S", 9): 464, ("EC1", "T", 10): 382, ("EC1", "U", 11): 1152, ("EC1", "V", 12): 530,
    ("EC2", "K", 5): 426, ("EC2", "P", 7): 388, ("EC2", "ZZZ", 13): 135,
}  # fmt: skip
DATES = {"04/03/2005": 6797, "13-05-2016": 1922}
DOMINICA = (
    "codaNUM2018,Date,nClicks,Duration,ICI1,ICI2,ICI3,ICI4,ICI5,ICI6,ICI7,ICI8,ICI9,CodaType,Clan,Unit,UnitNum,IDN"
)


def write(root: Path, audio: bool = False) -> None:
    """Both tables; with `audio` a tiny sound for the first two tags."""
    rng = random.Random(0)
    header = ",".join(["REC,nClicks,Duration", *(f"ICI{k}" for k in range(1, INTERVALS + 1)), "Whale,TsTo"])
    write_text(root / "data" / "sperm-whale-dialogues.csv", "\r\n".join([header, *dialogues(rng)]))
    write_text(root / "data" / "DominicaCodas.csv", "\n".join([DOMINICA, *unplaced(rng)]))
    for tag in list(TAGS)[: 2 * audio]:
        tiny_wav(root / "data" / f"{tag}.wav", 96_000)


def dialogues(rng: random.Random) -> list[str]:
    """The codas of each tag in order of time, dealt over its parts."""
    clicks, whales = iter(pool(rng, CLICKS)), iter(pool(rng, WHALES))
    rows = []
    for tag, (parts, codas, last_s) in TAGS.items():
        starts = [*sorted(rng.uniform(0, last_s) for _ in range(codas - 1)), last_s]
        names = [f"{tag}{k + 1:03}" for k, n in enumerate(deal(codas, parts)) for _ in range(n)]
        for name, start in zip(names, starts, strict=True):
            rows.append(f"{name},{coda(rng, next(clicks), INTERVALS)},{next(whales)},{start:.4f}")
    return rows


def coda(rng: random.Random, clicks: int, intervals: int) -> str:
    """Number of clicks, duration, and so many columns of intervals, those that are not used being 0."""
    gaps = [rng.randrange(300, 3000) for _ in range(clicks - 1)]
    unused = ["0"] * (intervals - len(gaps))
    return ",".join([str(clicks), f"{sum(gaps) / 10000:g}", *(f"{gap / 10000:g}" for gap in gaps), *unused])


def unplaced(rng: random.Random) -> list[str]:
    """Rows without a recording or a time in one."""
    columns = (pool(rng, TYPES), pool(rng, UNITS), pool(rng, DATES))
    return [
        f"{number},{date},{coda(rng, rng.randint(3, 10), 9)},{kind},{','.join(map(str, unit))},0"
        for number, (kind, unit, date) in enumerate(zip(*columns, strict=True), start=1)
    ]


def floor(root: Path) -> list[str]:
    """Both tables as they are."""
    return [
        f"SELECT * FROM read_csv('{root}/data/{name}.csv', delim=',', header=true, all_varchar=true)"
        for name in ("sperm-whale-dialogues", "DominicaCodas")
    ]
