"""birdvox: six tables of points, 35,402 in all. How they spread over the six units is not known: evenly here. No row of
the release was seen: times and frequencies are made up with the stated accuracy (10 ms, 1 kHz in whole Hz)."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_flac, write_text

ROWS = 35_402  # description of Zenodo 1205569
UNITS = ("01", "02", "03", "05", "07", "10")  # file names of the record
NIGHT_S = 36_000  # description: about 10 hours each
TABLE, SOUND = "BirdVox-full-night_csv-annotations_unit{}.csv", "BirdVox-full-night_flac-audio_unit{}.flac"


def write(root: Path, audio: bool = False) -> None:
    """Write the six tables; with `audio` a short sound for the first unit."""
    rng = random.Random(0)
    for unit, n in zip(UNITS, deal(ROWS, len(UNITS)), strict=True):
        times = sorted(rng.randrange(100 * NIGHT_S) for _ in range(n))
        rows = [f"{t // 100}.{t % 100:02d},{rng.randrange(2000, 10_000)}" for t in times]
        write_text(root / TABLE.format(unit), "\n".join(["Time (s),Freq (Hz)", *rows, ""]))
    if audio:
        tiny_flac(root / SOUND.format(UNITS[0]), 24_000)


def floor(root: Path) -> list[str]:
    """The same tables, read by bare DuckDB."""
    tables = root / TABLE.format("*")
    columns = "{'Time (s)': 'DOUBLE', 'Freq (Hz)': 'DOUBLE'}"
    return [f"SELECT * FROM read_csv('{tables}', delim = ',', header = true, filename = true, columns = {columns})"]
