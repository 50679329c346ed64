"""Ingest: a release on disk -> one generation of a source in the lake.

scan, compare with the last ingest, read units (in processes when there is much to read), resolve names, check every
rule, flag, write aside, publish. The old generation stays in force until the last step.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chorus import adapters
from chorus._version import __version__
from chorus.adapters.base import Adapter, Calls, Problem, Rec, Release, check_length
from chorus.atomic import disk_error
from chorus.errors import ChorusError, ReadError, UsageError
from chorus.lake.layout import REPORT, Layout
from chorus.lake.probing import Recordings
from chorus.lake.report import IngestReport
from chorus.schemas import SCHEMA_VERSION, Action, Annotated, AudioState, Presence, Source

#: Calls held in memory before they are written.
BATCH = 200_000
#: Reading goes to worker processes when the units hold at least this many bytes: below it, starting them costs more.
WORTH_PROCESSES = 32 << 20
UNITS_PER_TASK = 64


class StrictError(ChorusError):
    """`--strict` and rows were dropped: nothing was changed."""


@dataclass
class Chunk:
    """What some units gave."""

    units: int = 0
    recs: list[Rec] = field(default_factory=list)
    calls: list[Calls] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


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
            if before and before.get("fingerprint") == mark and not strict:
                _write_shared(layout)
                return IngestReport.from_dict(before | {"unchanged": True})
            with layout.staging(source) as staged:
                report = _build(adapter, release, staged, jobs, on_progress)
                report.fingerprint = mark
                report.seconds = round(time.monotonic() - started, 3)
                if strict and report.dropped:
                    raise StrictError(_strict_message(report))
                (staged / REPORT).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
                _write_source(adapter, report, staged)
                layout.publish(source, staged)
            _write_shared(layout)
    except OSError as error:
        raise disk_error(error, layout.root) from None
    return report


def fingerprint(adapter: Adapter, release: Release) -> str:
    """Hash of everything an ingest depends on: root, files' sizes and times, card, the code that reads, taxonomy."""
    from chorus.taxonomy.tables import DATA

    digest = hashlib.sha256(f"{__version__}|{SCHEMA_VERSION}|{release.root}".encode())
    digest.update(adapter.card.model_dump_json().encode())
    package = Path(__file__).parents[1]
    code = [
        package / "adapters" / f"{adapter.card.id}.py",
        *package.glob("adapters/formats/*.py"),
        *package.glob("lake/*.py"),
    ]
    for file in sorted([*(f for f in code if f.exists()), *DATA.glob("*.csv")]):
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    for path, (size, mtime) in release.files.items():
        digest.update(f"{path}\0{size}\0{mtime}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def read_units(adapter: Adapter, release: Release, units: list[str]) -> Chunk:
    """Run the adapter over some units. A unit that fails becomes a Problem; the others go on."""
    chunk = Chunk(units=len(units))
    for unit in units:
        try:
            for item in adapter.read(release, unit):
                if isinstance(item, Calls):
                    check_length(item)
                    chunk.calls.append(item)
                elif isinstance(item, Rec):
                    chunk.recs.append(item)
                else:
                    chunk.problems.append(item)
        except ReadError as error:
            chunk.problems.append(Problem(error.file or unit, "unreadable_file", error.message, error.line))
        except ChorusError as error:
            chunk.problems.append(Problem(unit, "unreadable_file", str(error)))
        except Exception as error:
            message = f"the reader of {adapter.card.id} failed: {type(error).__name__}: {error}".splitlines()[0]
            chunk.problems.append(Problem(unit, "reader_failed", message))
    return chunk


_worker: tuple[Adapter, Release] | None = None


def _start_worker(adapter: Adapter, release: Release) -> None:
    global _worker
    _worker = (adapter, release)


def _work(units: list[str]) -> Chunk:
    if _worker is None:
        raise RuntimeError("worker process was not set up")
    return read_units(*_worker, units)


def _chunks(adapter: Adapter, release: Release, units: list[str], jobs: int) -> Iterator[Chunk]:
    """Units in order, read here or in worker processes; the result does not depend on which."""
    tasks = [units[i : i + UNITS_PER_TASK] for i in range(0, len(units), UNITS_PER_TASK)]
    volume = sum(release.files.get(unit, (0, 0))[0] for unit in units)
    if jobs == 1 or len(tasks) == 1 or volume < WORTH_PROCESSES:
        yield from (read_units(adapter, release, task) for task in tasks)
        return
    from chorus.parallel import run

    done: dict[int, Chunk] = {}
    following = 0
    for index, chunk in run(_work, tasks, jobs, setup=(_start_worker, (adapter, release))):
        done[index] = chunk
        while following in done:
            yield done.pop(following)
            following += 1


def _build(
    adapter: Adapter,
    release: Release,
    staged: Path,
    jobs: int,
    on_progress: Callable[[int, int, int], None] | None,
) -> IngestReport:
    from chorus.lake.writer import TableWriter

    units = list(adapter.units(release))
    card = adapter.card
    if not units:
        raise UsageError(f"{card.id}: nothing to read under {release.root}, though it looks like this release")
    report = IngestReport(card.id, root=str(release.root), paper_calls=card.paper_calls, paper_hours=card.paper_hours)
    with TableWriter(staged, "calls") as calls, TableWriter(staged, "issues") as issues:
        run = _Run(adapter, release, jobs, report, calls, issues)
        for chunk in _chunks(adapter, release, units, jobs):
            run.take(chunk)
            if on_progress:
                on_progress(len(units), chunk.units, sum(map(len, chunk.calls)))
        run.finish()
    with TableWriter(staged, "recordings") as recordings:
        recordings.write_rows(run.checked_recordings())
    report.calls, report.recordings = calls.rows, recordings.rows
    report.counted = count(adapter, staged)
    report.ingested_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    report.chorus_version = __version__
    return report


class _Run:
    """One ingest under way: takes chunks in, writes batches out, keeps the counts."""

    def __init__(
        self, adapter: Adapter, release: Release, jobs: int, report: IngestReport, calls: Any, issues: Any
    ) -> None:
        from chorus.lake.rows import Ids
        from chorus.taxonomy import Resolver

        self.source = adapter.card.id
        self.release, self.report = release, report
        self.calls, self.issues = calls, issues
        self.ids = Ids(self.source)
        self.resolver = Resolver(self.source, birds="birds" in adapter.card.taxa)
        self.recordings = Recordings(release, self.source, jobs)
        self.pending: list[Calls] = []
        self.waiting = 0
        self.resolution: Counter[str] = Counter()
        self.unresolved: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()

    def take(self, chunk: Chunk) -> None:
        self.recordings.add(chunk.recs)
        self._issues([_issue_row(self.source, problem) for problem in chunk.problems])
        self.pending += chunk.calls
        self.waiting += sum(map(len, chunk.calls))
        if self.waiting >= BATCH:
            self._flush()

    def finish(self) -> None:
        self._flush()
        self._issues([_issue_row(self.source, problem) for problem in self.recordings.problems])
        report = self.report
        report.issues = dict(self.reasons.most_common())
        report.resolution = dict(self.resolution.most_common())
        report.flags = dict(self.flags.most_common())
        report.keep_top(self.unresolved)

    def _flush(self) -> None:
        from chorus.lake import rows
        from chorus.schemas import Call

        if not self.waiting:
            self.pending = []
            return
        batch, self.pending, self.waiting = self.pending, [], 0
        self._declare_undeclared(batch)
        table, keys = rows.gather(batch, self.ids)
        table, outcomes, unresolved = rows.resolve(table, keys, self.resolver)
        paths = {p for c in batch for p in ([c.recording] if isinstance(c.recording, str) else c.recording)}
        known = self.recordings.known(paths)
        table = rows.flag(rows.inherit(table, known), known)
        table, bad, short = rows.reject(rows.conform(table, Call), self.release.root)
        self.recordings.no_longer_full(short)
        self.resolution += outcomes
        self.unresolved += unresolved
        self.flags += _count_flags(table)
        self._issues(bad)
        self.calls.write(table)

    def _declare_undeclared(self, batch: list[Calls]) -> None:
        """Calls of a recording that the adapter did not declare: known, but not known to be fully annotated."""
        paths = dict.fromkeys(
            p for c in batch for p in ([c.recording] if isinstance(c.recording, str) else c.recording)
        )
        self.recordings.add(Rec(path, Annotated.partial) for path in paths if path not in self.recordings.rows)

    def _issues(self, rows: list[dict[str, Any]]) -> None:
        self.reasons.update(row["reason"] for row in rows)
        self.report.dropped += sum(row["action"] == Action.dropped.value for row in rows)
        self.issues.write_rows(rows)

    def checked_recordings(self) -> list[dict[str, Any]]:
        """Recording rows that keep the schema's rules; the others would be a bug of the adapter and are told."""
        import pyarrow as pa

        from chorus.schemas import Recording, arrow_schema, check_table

        rows = [self.recordings.rows[path] for path in sorted(self.recordings.rows)]
        table = pa.Table.from_pylist(rows, schema=arrow_schema(Recording).remove_metadata())
        for violation in check_table(Recording, table):
            row = rows[violation.mask.to_pylist().index(True)]
            raise ChorusError(f"{self.source}: recording {row['path']}: {violation.rule}")
        states = Counter(row["audio"] for row in rows)
        self.report.recordings_missing = states[AudioState.missing.value]
        self.report.recordings_unreadable = states[AudioState.unreadable.value]
        self.report.hours = round(sum(row.get("duration_s") or 0.0 for row in rows) / 3600, 4)
        return rows


def _count_flags(table: Any) -> Counter[str]:
    import pyarrow.compute as pc

    flat = pc.list_flatten(table["flags"])
    return Counter({row["values"]: row["counts"] for row in pc.value_counts(flat).to_pylist()})


def _issue_row(source: str, problem: Problem) -> dict[str, Any]:
    return {
        "source": source,
        "origin_file": problem.origin_file,
        "origin_line": problem.line,
        "reason": problem.reason,
        "message": problem.message,
        "raw": problem.raw,
        "action": problem.action.value,
    }


def count(adapter: Adapter, folder: Path) -> int:
    """Calls of a generation that the paper's Table 1 counts, by the card's predicate."""
    if adapter.card.counts_as_call == Source.model_fields["counts_as_call"].default:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        presence = pq.ParquetFile(folder / "calls.parquet").read(["presence"])["presence"]
        return int(pc.sum(pc.equal(presence, Presence.present.value)).as_py() or 0)
    import duckdb

    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        calls = f"SELECT * FROM read_parquet('{_quoted(folder / 'calls.parquet')}', hive_partitioning = false)"
        db.execute(f"CREATE VIEW calls AS SELECT *, '{adapter.card.id}' AS source FROM ({calls})")
        found = db.execute(f"SELECT count(*) FROM calls WHERE {adapter.card.counts_as_call}").fetchone()
    return int(found[0]) if found else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


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


def _write_shared(layout: Layout) -> None:
    from chorus.lake.catalogue import write_sources, write_taxa

    write_taxa(layout)
    write_sources(layout)
