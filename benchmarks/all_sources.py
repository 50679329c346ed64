"""All sources at published size: written as replicas, ingested from scratch, held against the paper, and queried.

`python -m benchmarks all_sources` writes the replicas into $CHORUS_REPLICAS (or a temporary folder) and prints: whole
ingest processes against one process of bare DuckDB that reads the same files into Parquet, the peak memory of each, the
ledger, and a query against bare DuckDB on the same Parquet files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks import replica
from benchmarks.timing import pair, process, python, report

RUNS = 3
SAMPLE_S = 0.2
FLOOR = """
import duckdb, sys
sys.path.insert(0, {here!r})
from pathlib import Path
from benchmarks.replica import module
for source in {sources!r}:
    for number, select in enumerate(module(source).floor(Path({root!r}) / source)):
        duckdb.execute(f"COPY ({{select}}) TO '{out}/{{source}}-{{number}}.parquet'")
"""
QUERY = """
import duckdb
sql = "SELECT source, species, count(*) AS n FROM read_parquet('{lake}/calls/*/*.parquet', hive_partitioning = true) \
WHERE taxon_class = 'Aves' GROUP BY ALL ORDER BY n DESC LIMIT 40"
for row in duckdb.execute(sql).fetchall():
    print(row)
"""
CHORUS_QUERY = (
    "SELECT source, species, count(*) AS n FROM calls WHERE taxon_class = 'Aves' GROUP BY ALL ORDER BY n DESC LIMIT 40"
)


def measured(*command: str) -> tuple[float, float]:
    """Seconds and peak memory (GB, of all its processes together) of a command. Raises when it fails."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, sum(map(memory, processes(child.pid))))
        time.sleep(SAMPLE_S)
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:6])} ... failed")
    return time.perf_counter() - started, peak


def processes(session: int) -> list[str]:
    """Processes of a session."""
    found = []
    for name in filter(str.isdecimal, (path.name for path in Path("/proc").iterdir())):
        with suppress(OSError):
            if os.getsid(int(name)) == session:
                found.append(name)
    return found


def memory(process: str) -> float:
    """Resident memory of a process in GB, what it shares with others in equal parts (Linux)."""
    with suppress(OSError):
        for line in Path("/proc", process, "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) / 1e6
    return 0.0


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    given = os.environ.get("CHORUS_REPLICAS")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        root = Path(given) if given else work / "replicas"
        root.mkdir(parents=True, exist_ok=True)
        sources = [source for source in replica.ids() if replica.write(source, root)]
        return [*_ingest(sources, root, work), *_query(work / "home")]


def _ingest(sources: list[str], root: Path, work: Path) -> list[str]:
    home, out = work / "home", work / "floor"
    out.mkdir()
    here = str(Path(__file__).parents[1])
    bare = python_code(FLOOR.format(here=here, sources=sources, root=str(root), out=out))
    command = (sys.executable, "-m", "chorus", "ingest", *sources, "--root", str(root), "--home", str(home), "-q")
    pairs = []
    for _ in range(RUNS):
        shutil.rmtree(home, ignore_errors=True)
        pairs.append((measured(*command), measured(*bare)))
    ratios = sorted(a[0] / b[0] for a, b in pairs)
    a_s, b_s = (sorted(p[i][0] for p in pairs)[RUNS // 2] for i in (0, 1))
    peaks = [max(p[i][1] for p in pairs) for i in (0, 1)]
    shown = subprocess.run(
        [sys.executable, "-m", "chorus", "verify", "--home", str(home)], capture_output=True, text=True, check=False
    ).stdout
    verdict = "met" if ratios[RUNS // 2] <= 3 else "MISSED"
    return [
        shown,
        f"ingest of {len(sources)} sources: {a_s:.1f} s against {b_s:.1f} s of bare DuckDB: "
        f"ratio {ratios[RUNS // 2]:.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})  goal <= 3: {verdict}",
        f"peak memory: {peaks[0]:.2f} GB (bare DuckDB {peaks[1]:.2f})  goal < 1.5: "
        + ("met" if peaks[0] < 1.5 else "MISSED"),
    ]


def python_code(code: str) -> tuple[str, ...]:
    """The command that runs `code` in a fresh Python."""
    return (sys.executable, "-c", code)


def _query(home: Path) -> list[str]:
    bare = python(QUERY.format(lake=home / "lake"))
    ours = process(sys.executable, "-m", "chorus", "query", CHORUS_QUERY, "--home", str(home), "--format", "csv")
    return [report("query on that lake (whole process)", pair(ours, bare), 2.5, "bare DuckDB on the same Parquet")]


if __name__ == "__main__":
    for line in main():
        print(line, flush=True)
