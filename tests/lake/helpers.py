"""A small release in the layout of ena_birds, and a lake of it."""

from __future__ import annotations

from pathlib import Path

from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.lake.report import IngestReport

HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies"


def write_release(root: Path, segments: int = 3, rows: int = 4, codes: tuple[str, ...] = ("EATO", "NOCA")) -> Path:
    """Selection tables of `segments` five-minute files, `rows` calls each; the first segment is reviewed and empty."""
    folder = root / "annotation_Files" / "Recording_1"
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(1, segments + 1):
        lines = [
            f"{i + 1}\tSpectrogram 1\t1\t{i}.5\t{i + 1}.25\t500.5\t4000.5\t{codes[i % len(codes)]}"
            for i in range(rows if k > 1 else 0)
        ]
        name = f"Recording_1_Segment_{k:02d}.Table.1.selections.txt"
        (folder / name).write_bytes("\r\n".join([HEADER, *lines]).encode())
    return root


def add_row(root: Path, segment: int, row: str) -> None:
    """Append a raw line to a table."""
    name = f"Recording_1_Segment_{segment:02d}.Table.1.selections.txt"
    with (root / "annotation_Files" / "Recording_1" / name).open("ab") as file:
        file.write(b"\r\n" + row.encode("latin-1"))


def four_species(folder: Path) -> Lake:
    """A lake with four calls each of eastern towhee, northern cardinal, black-capped chickadee and Canada goose, and
    one of nobody."""
    root = write_release(folder / "release", rows=8, codes=("EATO", "NOCA", "BCCH", "CANG"))
    add_row(root, 2, "9\tSpectrogram 1\t1\t8.5\t9.5\t\t\t")
    layout = Layout(folder / "lake")
    ingest(layout, "ena_birds", root)
    return Lake(layout.root)


def filled(tmp_path: Path, **options: int) -> tuple[Lake, IngestReport]:
    """A lake with that release in it."""
    layout = Layout(tmp_path / "home" / "lake")
    report = ingest(layout, "ena_birds", write_release(tmp_path / "release", **options))
    return Lake(layout.root), report
