"""rook: 21,662 calls, the one figure that is published (Table 1). No file of the data has been seen: number of tables,
columns, birds and times are made up, and a mapping.toml beside them names the columns, as a user would have to."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text

ROWS = 21_662  # Table 1
TABLES = 29  # stand-in: one for each of the 29 hours of Table 1
COLUMNS = {"start": "start", "end": "end", "recording": "file", "individual": "individual", "sex": "sex"}
BIRDS = tuple(f"bird_{k:02d}" for k in range(1, 13))  # stand-in


def write(root: Path, audio: bool = False) -> None:
    """Write mapping.toml and the tables; with `audio` a short sound for the first."""
    rng = random.Random(0)
    write_text(root / "mapping.toml", "".join(f'{name} = "{column}"\n' for name, column in COLUMNS.items()))
    for k, n in enumerate(deal(ROWS, TABLES), start=1):
        rows = [_row(rng, f"recording_{k:02d}.wav") for _ in range(n)]
        write_text(root / f"recording_{k:02d}.csv", "\n".join([",".join(COLUMNS.values()), *rows, ""]))
    if audio:
        tiny_wav(root / "recording_01.wav")


def _row(rng: random.Random, sound: str) -> str:
    start, bird = rng.randrange(3_595_000), rng.randrange(len(BIRDS))
    end = start + rng.randrange(50, 2000)
    return f"{start / 1000:.3f},{end / 1000:.3f},{sound},{BIRDS[bird]},{'MF'[bird % 2]}"


def floor(root: Path) -> list[str]:
    """The same tables, read by bare DuckDB."""
    columns = "{'start': 'DOUBLE', 'end': 'DOUBLE', 'file': 'VARCHAR', 'individual': 'VARCHAR', 'sex': 'VARCHAR'}"
    return [f"SELECT * FROM read_csv('{root / '*.csv'}', delim = ',', header = true, columns = {columns})"]
