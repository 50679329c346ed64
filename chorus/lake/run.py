"""One ingest under way: takes chunks in, writes batches out, keeps the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Adapter, Calls, Problem, Release
from chorus.errors import ChorusError
from chorus.lake.call_ids import CallIds
from chorus.lake.gather import gather
from chorus.lake.probing import Recordings
from chorus.lake.reading import ENOUGH, Chunk
from chorus.lake.repeats import REPEATED, Repeats
from chorus.lake.report import IngestReport
from chorus.lake.rows import conform, cut_to_begin, flag, inherit, reject, resolve
from chorus.schemas import Action, AudioState, Call, Recording, check_table
from chorus.taxonomy import Resolver

if TYPE_CHECKING:
    import pyarrow as pa

    from chorus.lake.writer import TableWriter


class Run:
    """`take` every chunk in order, then `finish`; `checked_recordings` is the last word."""

    def __init__(
        self,
        adapter: Adapter,
        release: Release,
        report: IngestReport,
        calls: TableWriter,
        issues: TableWriter,
    ) -> None:
        self.source = adapter.card.id
        self.release, self.report = release, report
        self.calls, self.issues = calls, issues
        self.ids = CallIds(self.source)
        self.unnamed = adapter.unnamed
        self.resolver = Resolver(self.source, birds="birds" in adapter.card.taxa)
        self.recordings = Recordings(release, self.source)
        self.pending: list[Calls] = []
        self.waiting = 0
        self.resolution: Counter[str] = Counter()
        self.unresolved: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.unreadable: list[Problem] = []
        self.repeats = Repeats()

    def take(self, chunk: Chunk) -> None:
        """Take in a chunk; what has gathered is written when it is enough."""
        self.recordings.add(chunk.recs)
        self._issues([_issue_row(self.source, problem) for problem in chunk.problems])
        self.unreadable += [problem for problem in chunk.problems if problem.reason == "unreadable_file"]
        self.pending += chunk.calls
        self.waiting += chunk.rows
        if self.waiting >= ENOUGH:
            self._flush()

    def finish(self) -> None:
        """Write what is left and fill the report."""
        self._flush()
        self._issues([_issue_row(self.source, problem) for problem in self.recordings.problems])
        if REPEATED not in self.reasons:  # one's own tables tell it themselves, each for itself
            self._issues(self.repeats.issues(self.source))
        report = self.report
        report.issues = dict(self.reasons.most_common())
        report.resolution = dict(self.resolution.most_common())
        report.flags = dict(self.flags.most_common())
        report.keep_top(self.unresolved)

    def _flush(self) -> None:
        import pyarrow.compute as pc

        calls, self.pending, waiting, self.waiting = self.pending, [], self.waiting, 0
        if not waiting:
            return
        batch = gather(calls, self.ids)
        known = self.recordings
        rows = known.rows(batch.paths)
        batch.table, outcomes, unresolved = resolve(batch.table, batch.keys, self.resolver, self.unnamed)
        self.repeats.add(batch.table, batch.place)
        batch.table, cut = cut_to_begin(inherit(batch, known, rows), self.release.root)
        table, rejected = reject(conform(flag(batch, known, rows), Call), self.release.root)
        known.no_longer_full(recording.removeprefix(f"{self.source}/") for recording in rejected.recordings)
        if rejected.good is not None:
            _, outcomes, unresolved = resolve(table, batch.keys.filter(rejected.good), self.resolver, self.unnamed)
        self.resolution += outcomes
        self.unresolved += unresolved
        self.flags += _times(pc.list_flatten(table["flags"]))
        self._issues(cut + rejected.issues)
        self.calls.write(table)

    def _issues(self, rows: list[dict[str, Any]]) -> None:
        self.reasons.update(row["reason"] for row in rows)
        self.report.dropped += sum(row["action"] == Action.dropped.value for row in rows)
        self.issues.write_rows(rows)

    def checked_recordings(self) -> Iterator[pa.Table]:
        """Recordings that keep the schema's rules; one that does not is a bug of the adapter and is told."""
        import pyarrow.compute as pc

        report, seconds = self.report, 0.0
        for table in self.recordings.tables():
            for violation in check_table(Recording, table):
                path = table["path"].filter(violation.mask)[0].as_py()
                raise ChorusError(f"{self.source}: recording {path}: {violation.rule}")
            states = _times(table["audio"])
            report.recordings_missing += states[AudioState.missing.value]
            report.recordings_unreadable += states[AudioState.unreadable.value]
            seconds += pc.sum(table["duration_s"]).as_py() or 0.0
            yield table
        report.hours = round(seconds / 3600, 4)


def _times(column: Any) -> Counter[str]:
    """How often each value occurs."""
    import pyarrow.compute as pc

    return Counter({row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()})


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
