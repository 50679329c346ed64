"""Ingest: a release on disk -> one generation of a source in the lake.

scan, compare with the last ingest, read units (in processes when there is much to read), resolve names, check every
rule, flag, write aside, publish. The old generation stays in force until the last step.
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chorus import adapters
from chorus._version import __version__
from chorus.adapters.base import Adapter, Release
from chorus.atomic import disk_error
from chorus.errors import ChorusError, UsageError
from chorus.lake.layout import REPORT, Layout
from chorus.lake.quoting import quoted
from chorus.lake.reading import chunks
from chorus.lake.report import IngestReport
from chorus.schemas import SCHEMA_VERSION, Presence, Source


class StrictError(ChorusError):
    """`--strict` and rows were dropped: nothing was changed."""


def ingest(
    layout: Layout,
    source: str | Adapter,
    root: str | os.PathLike[str],
    *,
    jobs: int = 1,
    strict: bool = False,
    on_progress: Callable[[int, int, int], None] | None = None,
) -> IngestReport:
    """Ingest a release from `root` into the lake; returns what was found. `source` is an id, or one's own adapter.

    With unchanged inputs nothing is written and `unchanged` is set. `on_progress(total units, units, calls)` is called
    as work is done. Raises UsageError for a wrong root, StrictError when `strict` and rows were dropped, ChorusError
    when the lake cannot be written; the old state then stays as it was.
    """
    started = time.monotonic()
    adapter = adapters.get(source) if isinstance(source, str) else source
    source = adapter.card.id
    layout.check_version()
    release = adapter.open(root)
    mark = fingerprint(adapter, release)
    layout.prepare()
    try:
        with layout.lock(source):
            before = layout.report(source)
            if before and before.get("fingerprint") == mark and not strict and layout.whole(source):
                write_shared(layout)
                return IngestReport.from_dict(before | {"unchanged": True})
            with layout.staging(source) as staged, _without_collector():
                report = _build(adapter, release, staged, jobs, on_progress)
                report.fingerprint = mark
                report.seconds = round(time.monotonic() - started, 3)
                if strict and report.dropped:
                    raise StrictError(_strict_message(report))
                (staged / REPORT).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
                _write_source(adapter, report, staged)
                layout.publish(source, staged)
            write_shared(layout)
    except OSError as error:
        raise disk_error(error, layout.root) from None
    return report


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python's cycle collector from walking over millions of live rows again and again: they hold no cycles."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def fingerprint(adapter: Adapter, release: Release) -> str:
    """Hash of everything an ingest depends on: root, files' sizes, times and rights, card, the code that reads, and the
    taxonomy."""
    from chorus.taxonomy.tables import DATA

    digest = hashlib.sha256(f"{__version__}|{SCHEMA_VERSION}|{release.root}".encode())
    digest.update(adapter.card.model_dump_json().encode())
    package = Path(__file__).parents[1]
    code = [
        package / "adapters" / f"{adapter.card.id}.py",
        package / "adapters" / "base.py",
        *package.glob("adapters/formats/*.py"),
        *package.glob("adapters/own/*.py"),
        *package.glob("lake/*.py"),
        *package.glob("taxonomy/*.py"),
        *package.glob("schemas/*.py"),
    ]
    for file in sorted([*(f for f in code if f.exists()), *DATA.glob("*.csv")]):
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    for path, (size, mtime) in release.files.items():
        readable = os.access(release.root / path, os.R_OK)
        digest.update(f"{path}\0{size}\0{mtime}{'' if readable else ' unreadable'}\n".encode())
    return digest.hexdigest()


def _build(
    adapter: Adapter,
    release: Release,
    staged: Path,
    jobs: int,
    on_progress: Callable[[int, int, int], None] | None,
) -> IngestReport:
    from chorus.adapters.base import AUDIO_SUFFIXES
    from chorus.adapters.own import OwnAdapter
    from chorus.errors import ReadError
    from chorus.lake.run import Run
    from chorus.lake.writer import TableWriter

    units = list(adapter.units(release))
    card = adapter.card
    if not units:
        raise UsageError(f"{card.id}: nothing to read under {release.root}, though it looks like this release")
    report = IngestReport(card.id, root=str(release.root), paper_calls=card.paper_calls, paper_hours=card.paper_hours)
    with TableWriter(staged, "calls") as calls, TableWriter(staged, "issues") as issues:
        run = Run(adapter, release, report, calls, issues)
        for chunk in chunks(adapter, release, units, jobs):
            run.take(chunk)
            if on_progress:
                on_progress(len(units), chunk.units, chunk.rows)
        run.finish()
    if isinstance(adapter, OwnAdapter) and not calls.rows and run.unreadable:
        tables = [unit for unit in units if not unit.lower().endswith(AUDIO_SUFFIXES)]
        if len(run.unreadable) >= len(tables):
            first, many = run.unreadable[0], f"none of {len(tables)} annotation files could be read"
            raise ReadError(f"{first.message} ({many})", first.origin_file)
    with TableWriter(staged, "recordings") as recordings:
        for table in run.checked_recordings():
            recordings.write(table)
    report.calls, report.recordings = calls.rows, recordings.rows
    report.counted = count(adapter, staged)
    report.ingested_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    report.chorus_version = __version__
    return report


def count(adapter: Adapter, folder: Path) -> int:
    """Calls of a generation that the paper's Table 1 counts, by the card's predicate."""
    if adapter.card.counts_as_call == Source.model_fields["counts_as_call"].default:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        presence = pq.ParquetFile(folder / "calls.parquet").read(["presence"])["presence"]
        return int(pc.sum(pc.equal(presence, Presence.present.value)).as_py() or 0)
    import duckdb

    from chorus.lake.asking import asking

    with duckdb.connect() as db, asking(db):
        db.execute("SET enable_progress_bar = false")
        calls = f"SELECT * FROM read_parquet({quoted(folder / 'calls.parquet')}, hive_partitioning = false)"
        db.execute(f"CREATE VIEW calls AS SELECT *, '{adapter.card.id}' AS source FROM ({calls})")
        found = db.execute(f"SELECT count(*) FROM calls WHERE {adapter.card.counts_as_call}").fetchone()
    return int(found[0]) if found else 0


def _strict_message(report: IngestReport) -> str:
    reasons = ", ".join(f"{n} {reason}" for reason, n in report.issues.items())
    lost = f"{report.dropped} row(s) or file(s) could not become calls ({reasons})"
    return f"{report.source}: {lost}; --strict: nothing was changed"


def _write_source(adapter: Adapter, report: IngestReport, staged: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from chorus.lake.catalogue import IngestedSource
    from chorus.lake.layout import SOURCE_FILE
    from chorus.schemas import arrow_schema

    row = adapter.card.model_dump(mode="json") | {
        name: getattr(report, name)
        for name in (
            "root",
            "recordings",
            "recordings_missing",
            "hours",
            "calls",
            "counted",
            "ingested_at",
            "chorus_version",
        )
    }
    pq.write_table(pa.Table.from_pylist([row], schema=arrow_schema(IngestedSource)), staged / SOURCE_FILE)


def write_shared(layout: Layout) -> None:
    """The lake's own tables; under a lock, so that the last of several ingests sees them all."""
    from chorus.lake.catalogue import write_sources, write_taxa

    with layout.lock("the lake"):
        write_taxa(layout)
        write_sources(layout)
