"""Whole processes: `chorus --help` and `chorus query` on 1,000,000 generated calls, against a bare Python that imports
DuckDB and runs the same SQL on the same Parquet."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.timing import pair, process, python, report

CALLS = 1_000_000
SQL = "SELECT recording_id, start_s, end_s FROM calls WHERE species = 'orca' ORDER BY start_s LIMIT 100"


def write_lake(home: Path, calls: int = CALLS) -> Path:
    """A lake with one generated source of `calls` calls; returns its calls file."""
    import numpy as np
    import pyarrow as pa

    from chorus import adapters
    from chorus.lake.catalogue import write_sources, write_taxa
    from chorus.lake.ingest import _write_source
    from chorus.lake.layout import Layout
    from chorus.lake.report import IngestReport
    from chorus.lake.writer import TableWriter, file_schema
    from chorus.schemas import Call
    from chorus.taxonomy import taxa
    from chorus.workspace import Workspace

    rng = np.random.default_rng(0)
    layout = Layout(Workspace.at(home).lake)
    layout.prepare()
    species = [*[e for e in taxa().values() if e.species][:400], taxa()["Orcinus orca"]]
    pick = rng.integers(0, len(species), calls)
    start = rng.uniform(0, 300, calls)
    columns = {
        "call_id": pa.array([f"ena_birds:{i // 100:012x}:{i % 100 + 2}" for i in range(calls)]),
        "recording_id": pa.array([f"ena_birds/wav/Recording_{i // 5000}.wav" for i in range(calls)]),
        "start_s": pa.array(start),
        "end_s": pa.array(start + rng.uniform(0.1, 3, calls)),
        "low_hz": pa.array(rng.uniform(100, 3000, calls)),
        "high_hz": pa.array(rng.uniform(3000, 9000, calls)),
        "origin_file": pa.array([f"annotations/Recording_{i // 5000}.txt" for i in range(calls)]),
        "origin_line": pa.array(np.arange(calls) % 5000 + 2),
    }
    columns |= {name: pa.array([value] * calls) for name, value in CONSTANT.items()}
    for name, field in TAXON.items():
        columns[name] = pa.array([getattr(e, field) for e in species]).take(pa.array(pick))
    schema = file_schema(Call)
    nothing = {n: pa.nulls(calls, schema.field(n).type) for n in schema.names if n not in columns}
    nothing["flags"] = pa.array([[]] * calls, schema.field("flags").type)
    table = pa.Table.from_arrays([(columns | nothing)[n] for n in schema.names], schema=schema)
    with layout.staging("ena_birds") as staged:
        with TableWriter(staged, "calls") as writer:
            writer.write(table)
        for name in ("recordings", "issues"):
            with TableWriter(staged, name):
                pass
        _write_source(adapters.get("ena_birds"), IngestReport("ena_birds", calls=calls), staged)
        folder = layout.publish("ena_birds", staged)
    write_taxa(layout)
    write_sources(layout)
    return folder / "calls.parquet"


CONSTANT = {"kind": "animal", "strength": "strong", "presence": "present", "taxon_rank": "species"}
TAXON = {n: n for n in ("species", "scientific_name", "genus", "family", "taxon_order", "taxon_class")}


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        calls = write_lake(home)
        bare = python(
            f'import duckdb; print(duckdb.sql("""{SQL.replace("calls", f"{str(calls)!r}", 1)}""").fetchall())'
        )
        chorus = (sys.executable, "-m", "chorus")
        query = process(*chorus, "query", SQL, "--home", str(home))
        clause = process(
            *chorus, "query", "species='killer whale' AND start_s < 10", "--home", str(home), "--limit", "100"
        )
        about = process(*chorus, "--help")
        peer = "bare Python + DuckDB, same SQL"
        return [
            report("chorus query, 1,000,000 calls", pair(query, bare, 9), 2.5, peer),
            report("chorus query with a name to resolve", pair(clause, bare, 9), 2.5, peer),
            report("chorus --help", pair(about, bare, 9), 2.5, peer),
        ]
