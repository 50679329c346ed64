"""ena_birds: 77 Raven tables of 5-minute segments, 16,052 rows with Windows line ends. Rows per segment and codes of
Recording_1 are as counted in its 36 real tables (the first has only a header, without a line end). How the other 9,927
rows, their 48 codes and the 41 segments spread over Recordings 2 to 4 is not known: evenly here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text

ROWS = 16_052  # paper of the dataset: all rows of all tables
SEGMENTS = 77  # the same: 385 minutes in segments of 5
#: Rows of each segment of Recording_1, counted in its tables.
FIRST = (0, 6, 44, 141, 205, 344, 279, 242, 160, 181, 208, 221, 127, 242, 198, 181, 155, 219, 251, 115, 193, 232, 230,
         260, 194, 190, 140, 181, 209, 157, 144, 86, 105, 74, 99, 112)  # fmt: skip
#: Codes of Recording_1, counted in its tables.
FIRST_CODES = {
    "EATO": 1809, "BTNW": 886, "WOTH": 832, "TUTI": 740, "BCCH": 410, "OVEN": 319, "AMCR": 249, "NOCA": 195,
    "HETH": 162, "BHVI": 126, "BHCO": 107, "BAWW": 83, "RBWO": 67, "AMGO": 44, "RCKI": 35, "NOFL": 15, "LOWA": 13,
    "WITU": 9, "BLJA": 9, "WBNU": 7, "HAWO": 2, "RWBL": 2, "CANG": 2, "CORA": 1, "RSHA": 1,
}  # fmt: skip
#: The other codes of the release; those of nine species are inferred from their names.
OTHER_CODES = (
    "AMRE", "AMRO", "BAOR", "BBWA", "BGGN", "BRCR", "BWWA", "CARW", "CEDW", "COYE", "CSWA", "DOWO", "EAWP", "HOWA",
    "KEWA", "NAWA", "PIWO", "RBGR", "REVI", "SCTA", "SWTH", "VEER", "YBCU",
)  # fmt: skip
COLUMNS = {
    "Selection": "BIGINT", "View": "VARCHAR", "Channel": "BIGINT", "Begin Time (s)": "DOUBLE", "End Time (s)": "DOUBLE",
    "Low Freq (Hz)": "DOUBLE", "High Freq (Hz)": "DOUBLE", "Species": "VARCHAR",
}  # fmt: skip
HEADER = "\t".join(COLUMNS)
SUFFIX = ".Table.1.selections.txt"


def write(root: Path, audio: bool = False) -> None:
    """Write annotation_Files/; with `audio` a short sound for the first segment."""
    rng = random.Random(0)
    for recording, segment, codes in segments(rng):
        name = f"Recording_{recording}/Recording_{recording}_Segment_{segment:02d}"
        text = "\r\n".join([HEADER, *map(_row, range(1, len(codes) + 1), codes, _starts(rng, len(codes)))])
        write_text(root / "annotation_Files" / f"{name}{SUFFIX}", text + ("\r\n" if codes else ""))
        if audio and (recording, segment) == (1, 1):
            tiny_wav(root / "wav_Files" / f"{name}.wav", 32_000)


def segments(rng: random.Random) -> Iterator[tuple[int, int, list[str]]]:
    """Number of the recording, number of the segment in it, and the codes of its rows."""
    first = [code for code, n in FIRST_CODES.items() for _ in range(n)]
    rng.shuffle(first)
    every = cycle([*FIRST_CODES, *OTHER_CODES])
    later = deal(SEGMENTS - len(FIRST), 3)
    rows = iter(deal(ROWS - sum(FIRST), sum(later)))
    for segment, n in enumerate(FIRST, start=1):
        yield 1, segment, [first.pop() for _ in range(n)]
    for recording, count in enumerate(later, start=2):
        for segment in range(1, count + 1):
            yield recording, segment, [next(every) for _ in range(next(rows))]


def _starts(rng: random.Random, n: int) -> list[float]:
    return sorted(rng.uniform(0, 295) for _ in range(n))


def _row(selection: int, code: str, start: float) -> str:
    """A row with the long decimals that Raven writes."""
    low = 800.0 + 37.3 * (selection % 60)
    return f"{selection}\tSpectrogram 1\t1\t{start!r}\t{start + 1.734081597!r}\t{low:.1f}\t{2.2 * low:.1f}\t{code}"


def floor(root: Path) -> list[str]:
    """The same tables, read by bare DuckDB. Detection is off: given the columns too, it takes every file for empty."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    tables, options = root / "annotation_Files" / "*" / f"*{SUFFIX}", "header = true, filename = true"
    return [
        f"SELECT * FROM read_csv('{tables}', delim = '\t', {options}, auto_detect = false, columns = {{{columns}}})"
    ]
