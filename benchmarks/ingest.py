"""100,000 Raven rows in 1,000 files: into a validated lake, against DuckDB's bare glob-to-Parquet of the same files,
and against crowsetta only parsing them (installed here, or in the Python that $PEER_PYTHON names)."""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.timing import pair, process, python, report

FILES, ROWS = 1_000, 100
CODES = ("EATO", "BTNW", "WOTH", "TUTI", "BCCH", "OVEN", "AMCR", "NOCA", "HETH", "BHVI", "BHCO", "BAWW", "RBWO")
HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies"


def write_tables(root: Path, files: int = FILES, rows: int = ROWS) -> None:
    """Selection tables in the layout of ena_birds, as Raven writes them (CRLF, long decimals)."""
    rng = random.Random(0)
    for k in range(files):
        folder = root / "annotation_Files" / f"Recording_{k // 250 + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [HEADER]
        for i in range(rows):
            start, low = rng.uniform(0, 290), rng.uniform(500, 3000)
            end, high = start + rng.uniform(0.2, 3), low + rng.uniform(200, 5000)
            lines.append(f"{i + 1}\tSpectrogram 1\t1\t{start!r}\t{end!r}\t{low:.1f}\t{high:.1f}\t{rng.choice(CODES)}")
        name = f"Recording_{k // 250 + 1}_Segment_{k:04d}.Table.1.selections.txt"
        (folder / name).write_text("\r\n".join(lines) + "\r\n", newline="")


def floor(root: Path, out: Path) -> str:
    """DuckDB's glob-to-Parquet of the same files, as a program."""
    glob, parquet = root / "annotation_Files" / "*" / "*.txt", out / "floor.parquet"
    read = f"read_csv('{glob}', delim='\t', header=true, filename=true)"
    return f'import duckdb; duckdb.execute("""COPY (SELECT * FROM {read}) TO \'{parquet}\'""")'


CROWSETTA = """
import pathlib, crowsetta
scribe = crowsetta.Transcriber(format="raven")
for path in sorted(pathlib.Path({root!r}).rglob("*.txt")):
    scribe.from_file(path, annot_col="Species")
"""


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "release", Path(folder)
        write_tables(root)
        home = out / "home"
        command = (
            sys.executable,
            "-m",
            "chorus",
            "ingest",
            "ena_birds",
            "--root",
            str(root),
            "--home",
            str(home),
            "-q",
        )

        def fresh() -> object:
            shutil.rmtree(home, ignore_errors=True)
            return process(*command)()

        bare = python(floor(root, out))
        lines = [report("ingest 100,000 Raven rows (whole process)", pair(fresh, bare), 4.0, "DuckDB glob-to-Parquet")]
        python_with_peer = os.environ.get("PEER_PYTHON") or (sys.executable if find_spec("crowsetta") else None)
        if python_with_peer:
            peer = process(python_with_peer, "-c", CROWSETTA.format(root=str(root)))
            lines.append(report("the same against parsing alone", pair(fresh, peer, 3), 1.0, "crowsetta"))
        else:
            lines.append("crowsetta not measured: install it, or name a Python that has it in PEER_PYTHON")
    return lines
