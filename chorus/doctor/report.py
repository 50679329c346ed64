"""What the doctor found, as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chorus.doctor.findings import COUNTED, NO_SOUND, FileReport, Finding, Outcome
from chorus.telling import counted

#: Findings of one kind, and files with nothing odd, that are told one by one; of more, the rest is counted.
TELL = 10
#: Files without their sound that are told one by one.
SILENT = 3


def text(reports: list[FileReport], others: int, written: dict[str, Path]) -> str:
    """A paragraph for each file with something odd, then the others, then the sum. `others` counts files that hold no
    annotations; `written` maps files to their clean copies."""
    told = [report for report in reports if not report.unnamed]
    silent = [report for report in told if any(finding.what == NO_SOUND for finding in report.findings)]
    hidden = NO_SOUND if len(silent) > SILENT else ""
    odd = [report for report in told if report.odd]
    fine = [report for report in told if not report.odd]
    shown = [*odd, *fine] if len(fine) <= TELL else odd
    lines = [line for report in shown for line in (heading(report, written), *details(report, hidden))]
    if len(shown) < len(told):
        lines.append(f"nothing odd in {in_formats(fine, 'other file' if odd else 'file')}")
    if hidden:
        lines.append(f"no sound found for {names_of(silent)}")
        lines.append("  so their times and frequencies could not be held against the recordings")
    return "\n".join([*lines, *closing(reports, others, written)])


def in_formats(reports: list[FileReport], what: str) -> str:
    """'61 files (raven 37, notmat 24), 7,000 calls'; `what` is the word for one."""
    formats = Counter(str(report.format) for report in reports)
    listed = ", ".join(f"{name} {n:,}" for name, n in formats.most_common())
    calls = sum(len(report.calls) for report in reports)
    return f"{counted(len(reports), what)} ({listed}), {counted(calls, 'call')}"


def names_of(reports: list[FileReport]) -> str:
    """'37 files (a.txt, b.txt ...)'."""
    shown = ", ".join(report.path for report in reports[:2]) + (" ..." if len(reports) > 2 else "")
    return f"{counted(len(reports), 'file')} ({shown})"


def heading(report: FileReport, written: dict[str, Path]) -> str:
    if not report.readable:
        return f"{report.path}: {report.format or 'file'}, not read"
    counts = ((report.count(outcome), outcome) for outcome in Outcome)
    odd = ", ".join(f"{n:,} {outcome}" for n, outcome in counts if n) or "nothing odd"
    copy = f" -> {written[report.path]}" if report.path in written else ""
    counts_of = f"{counted(report.rows, 'row')}, {counted(len(report.calls), 'call')}"
    if report.format == "raven" and not report.rows:
        counts_of = "a header without rows: its recording was reviewed and holds no call"
    return f"{report.path}: {report.format}, {counts_of}; {odd}{copy}"


def details(report: FileReport, hidden: str) -> Iterator[str]:
    """A line for each finding but those called `hidden`; where there are many of a kind, the first and their number."""
    place = "call" if report.format in COUNTED else "line"
    told = Counter[tuple[str, Outcome]]()
    for finding in report.findings:
        if finding.what == hidden:
            continue
        told[kind(finding)] += 1
        if told[kind(finding)] <= TELL:
            yield f"  {finding.told(place)}"
    for (what, outcome), n in told.items():
        if n > TELL:
            yield f"  and {n - TELL:,} more of '{what.replace('_', ' ')}', {outcome} (--json lists all)"


def kind(finding: Finding) -> tuple[str, Outcome]:
    return (finding.what, finding.outcome)


def closing(reports: list[FileReport], others: int, written: dict[str, Path]) -> Iterator[str]:
    unnamed = [report.path for report in reports if report.unnamed]
    if unnamed:
        shown = ", ".join(unnamed[:3]) + (" ..." if len(unnamed) > 3 else "")
        tables = counted(len(unnamed), "table")
        yield f"{tables} not read, for the columns do not say where calls begin and end ({shown})"
        yield "  if there are calls in them, name the columns with --mapping"
    read = [report for report in reports if report.readable]
    calls = sum(len(report.calls) for report in read)
    counts = ", ".join(f"{sum(r.count(outcome) for r in reports):,} {outcome}" for outcome in Outcome)
    beside = f"; no annotations in {counted(others, 'other file')}" if others else ""
    files = counted(len(reports) - len(unnamed), "file")
    yield f"{len(read):,} of {files} read, {counted(calls, 'call')}; {counts}{beside}"
    if written:
        yield f"clean copies written: {len(written):,}; the originals are as they were"
    short = sum(report.path in written and report.count(Outcome.left_out) > 0 for report in reports)
    if short:
        yield f"{short:,} of them lack calls of the originals: ingest them with"
        yield '  annotated = "partial" in a mapping file, or what was left out counts as silence'
