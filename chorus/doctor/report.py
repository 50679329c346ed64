"""What the doctor found, as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chorus.doctor.findings import FileReport, Finding, Outcome

#: Findings of one kind that are told one by one; of more, the rest is counted.
TELL = 10


def text(reports: list[FileReport], others: int, written: dict[str, Path]) -> str:
    """A paragraph for each file, then the sum. `others` counts files that hold no annotations; `written` maps files to
    their clean copies."""
    told = [report for report in reports if not report.unnamed]
    lines = [line for report in told for line in (heading(report, written), *details(report))]
    return "\n".join([*lines, *closing(reports, others, written)])


def heading(report: FileReport, written: dict[str, Path]) -> str:
    if not report.readable:
        return f"{report.path}: {report.format or 'file'}, not read"
    counts = ((report.count(outcome), outcome) for outcome in Outcome)
    odd = ", ".join(f"{n} {outcome}" for n, outcome in counts if n) or "nothing odd"
    copy = f" -> {written[report.path]}" if report.path in written else ""
    counts_of = f"{number(report.rows, 'row')}, {number(len(report.calls), 'call')}"
    return f"{report.path}: {report.format}, {counts_of}; {odd}{copy}"


def details(report: FileReport) -> Iterator[str]:
    """A line for each finding; where there are many of a kind, the first ones and their number."""
    told = Counter[tuple[str, Outcome]]()
    for finding in report.findings:
        told[kind(finding)] += 1
        if told[kind(finding)] <= TELL:
            yield f"  {finding}"
    for (what, outcome), n in told.items():
        if n > TELL:
            yield f"  and {n - TELL:,} more of '{what.replace('_', ' ')}', {outcome} (--json lists all)"


def number(n: int, what: str) -> str:
    """'1 call', '2,000 calls'."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def kind(finding: Finding) -> tuple[str, Outcome]:
    return (finding.what, finding.outcome)


def closing(reports: list[FileReport], others: int, written: dict[str, Path]) -> Iterator[str]:
    unnamed = [report.path for report in reports if report.unnamed]
    if unnamed:
        shown = ", ".join(unnamed[:3]) + (" ..." if len(unnamed) > 3 else "")
        yield f"{number(len(unnamed), 'table')} not read, with columns that do not say what they hold ({shown})"
        yield "  if there are calls in them, name the columns with --mapping"
    read = [report for report in reports if report.readable]
    calls = sum(len(report.calls) for report in read)
    counts = ", ".join(f"{sum(r.count(outcome) for r in reports):,} {outcome}" for outcome in Outcome)
    beside = f"; no annotations in {number(others, 'other file')}" if others else ""
    files = number(len(reports) - len(unnamed), "file")
    yield f"{len(read):,} of {files} read, {number(calls, 'call')}; {counts}{beside}"
    if written:
        yield f"clean copies written: {len(written):,}; the originals are as they were"
