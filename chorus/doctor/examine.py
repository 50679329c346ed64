"""Read the annotation files of a folder as an ingest would, and check every call against its recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chorus.adapters import own
from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.own import table
from chorus.adapters.own.marks import Format
from chorus.adapters.own.source import OwnData, is_table
from chorus.doctor.checks import Limits, check, without_duration, without_label
from chorus.doctor.findings import NO_SOUND, UNNAMED, CallRow, FileReport, Finding, Outcome, from_problem
from chorus.errors import ReadError, UsageError

TABLE = table.FORMAT
#: Formats whose files are called like nothing else: such a file is of the format even where it does not read.
SURE = ("textgrid", "svl", "notmat", "csv")


@dataclass
class Doctor:
    """Examines annotation files: with a `format` all that are called like its files, else whatever is told by its
    content. `mapping` says how tables are read."""

    release: Release
    format: Format | None = None
    mapping: Mapping = field(default_factory=Mapping)
    #: Whether files in folders below are examined too.
    deep: bool = True

    @classmethod
    def at(cls, path: Path, format: str | None = None, mapping: Path | None = None) -> Doctor:
        """For a folder with all below it, or one file. Raises UsageError when there is none, ReadError for a mapping
        that does not read."""
        chosen = own.get(format) if format else None
        keys = (chosen or TABLE).keys
        read = own.own_mapping(mapping, keys) if mapping else Mapping()
        return cls(opened(path), chosen, read, path.expanduser().is_dir())

    def files(self) -> list[str]:
        """Files that may hold annotations."""
        if self.format is None:
            return [path for path in self.release.files if is_table(path)]
        return sorted({path for p in self.format.patterns for path in self.release.glob(p) if is_table(path)})

    def examine(self, path: str) -> FileReport | None:
        """What is in a file; None for one that holds no annotations."""
        try:
            data = self.release.bytes(path)
            format = self.format or recognised(data, path)
        except ReadError as error:
            return _unreadable(path, None, error)
        if format is None:
            return None
        if not format.sniff(data, path):
            return _not_so(path, format, asked=self.format is not None)
        mapping = self.mapping if format is (self.format or TABLE) else Mapping()
        if format is TABLE and not (self.format or mapping.columns or table.states_times(data, path)):
            words = "a table whose columns of start and end are not known: if it holds calls, name them with --mapping"
            finding = Finding(None, UNNAMED, words, Outcome.noted)
            return FileReport(path, None, findings=[finding], readable=False)
        try:
            items = list(OwnData("own", format, mapping).read(self.release, path))
        except ReadError as error:
            return _unreadable(path, format, error)
        return self._report(FileReport(path, format.name, mapping), items)

    def _report(self, report: FileReport, items: list[Item]) -> FileReport:
        report.findings += [from_problem(item) for item in items if isinstance(item, Problem)]
        recs = [item for item in items if isinstance(item, Rec)]
        limits = {rec.path: self._limits(rec, report) for rec in recs}
        report.findings += _missing([rec.path for rec in recs if rec.path not in self.release.files], len(recs))
        for row in call_rows(item for item in items if isinstance(item, Calls)):
            call, found = check(row, limits.get(row.sound, Limits()))
            report.findings += found
            report.calls += [call] if call else []
        report.findings += [*without_duration(report.calls), *without_label(report.calls)]
        report.findings.sort(key=lambda finding: finding.line or 0)
        return report

    def _limits(self, rec: Rec, report: FileReport) -> Limits:
        """What a recording can hold; a sound that cannot be read is told."""
        if rec.path not in self.release.files:
            return Limits()
        try:
            sound = self.release.probe(rec.path)
        except ReadError as error:
            words = f"its sound {rec.path} cannot be read: {error.message}"
            report.findings.append(Finding(None, "unreadable_sound", words, Outcome.noted))
            return Limits()
        if sound.doubt:
            report.findings.append(Finding(None, "more_sound", f"its sound {rec.path}: {sound.doubt}", Outcome.noted))
        expansion = rec.facts.get("time_expansion") or 1.0
        return Limits(sound.duration_s / expansion, sound.sample_rate * expansion / 2, sound.channels)


def opened(path: Path) -> Release:
    """A folder with all below it, or the folder of one file with nothing below it, of whose tables only that file."""
    path = path.expanduser()
    if path.is_dir():
        return Release.scan(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file or folder")
    beside = Release(path.resolve().parent, {})
    for other in beside.root.iterdir():
        if other.is_file() and (other.name == path.name or not is_table(other.name)):
            stat = other.stat()
            beside.files[other.name] = (stat.st_size, stat.st_mtime_ns)
    return beside


def recognised(data: bytes, path: str) -> Format | None:
    """The format of a file by its content; by its name where only that tells; None where nothing does."""
    found = next((f for f in own.FORMATS.values() if f is not TABLE and data.strip() and f.sniff(data, path)), None)
    if found and found.name != "audacity":
        return found
    if table.states_times(data, path):
        return TABLE
    return found or next((f for name in SURE if (f := own.FORMATS[name]) and _called_so(path, f)), None)


def _called_so(path: str, format: Format) -> bool:
    return path.lower().endswith(tuple(pattern.removeprefix("*") for pattern in format.patterns))


def _unreadable(path: str, format: Format | None, error: ReadError) -> FileReport:
    problem = Problem(path, "unreadable_file", error.message, error.line)
    name = format.name if format else None
    return FileReport(path, name, findings=[from_problem(problem)], readable=False)


def _not_so(path: str, format: Format, asked: bool) -> FileReport:
    """A file that is not of the format that was asked for, or that it is called after."""
    outcome = Outcome.noted if asked else Outcome.left_out
    words = f"is no {format.title}" if asked else f"has the name of a file of the kind '{format.title}', but is none"
    return FileReport(path, None, findings=[Finding(None, "other_file", words, outcome)], readable=False)


def _missing(paths: list[str], total: int) -> Iterator[Finding]:
    if paths:
        shown = ", ".join(paths[:3]) + (" ..." if len(paths) > 3 else "")
        which = f" for {len(paths)} of {total} recordings" if total > 1 else ""
        yield Finding(None, NO_SOUND, f"no sound file found{which} (looked for {shown})", Outcome.noted)


def call_rows(found: Iterable[Calls]) -> Iterator[CallRow]:
    """Calls one by one."""
    for calls in found:
        n = len(calls)
        columns: dict[str, Any] = {name: calls.columns.get(name) for name in FIELDS}
        columns |= {"line": calls.origin_line, "sound": calls.recording}
        lists = [v if isinstance(v, list | tuple | range) else [v] * n for v in columns.values()]
        yield from (CallRow(**dict(zip(columns, values, strict=True))) for values in zip(*lists, strict=True))


FIELDS = ("start_s", "end_s", "low_hz", "high_hz", "label", "call_type", "individual", "channel")
