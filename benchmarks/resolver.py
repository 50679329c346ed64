"""What the names cost: the resolver's share of the CPU time of an ingest of 1,000,000 rows, in one process.

Two layouts: one CSV of a Cornell collection, and 1,000 Raven tables of ena_birds; both are written here.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.ingest import write_tables
from benchmarks.replicas import hawaii_birds

ROWS = 1_000_000
FILES = 1_000
GOAL = 20.0


@dataclass
class Spent:
    """CPU seconds spent inside a function, of all threads."""

    seconds: float = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time added up."""

        def timer(*arguments: Any) -> Any:
            started = time.process_time()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.process_time() - started

        return timer


@contextmanager
def timed_resolver() -> Iterator[Spent]:
    """Add up what `chorus.lake.rows.resolve` takes where an ingest calls it."""
    from chorus.lake import run

    spent, before = Spent(), vars(run)["resolve"]
    vars(run)["resolve"] = spent.timed(before)
    try:
        yield spent
    finally:
        vars(run)["resolve"] = before


def share(source: str, root: Path, rows: int) -> str:
    """Ingest a release into a lake of its own; returns the line of the report."""
    from chorus.lake.ingest import ingest
    from chorus.lake.layout import Layout

    with tempfile.TemporaryDirectory() as folder, timed_resolver() as spent:
        started = time.process_time()
        report = ingest(Layout(Path(folder) / "lake"), source, root)
        whole = time.process_time() - started
    if report.calls != rows:
        raise SystemExit(f"{source}: {report.calls:,} calls of {rows:,} rows written: {report.issues}")
    percent = 100 * spent.seconds / whole
    named = report.resolution.get("species", 0)
    return (
        f"resolver, {rows:,} rows of {source} ({named:,} to species): {spent.seconds:.2f} s of {whole:.2f} s CPU: "
        f"{percent:.1f} %  goal < {GOAL:g} %: {'met' if percent < GOAL else 'MISSED'}"
    )


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        csv, tables = Path(folder) / "hawaii_birds", Path(folder) / "ena_birds"
        replace(hawaii_birds.RELEASE, known=ROWS).write(csv)
        write_tables(tables, FILES, ROWS // FILES)
        return [share("hawaii_birds", csv, ROWS), share("ena_birds", tables, ROWS)]
