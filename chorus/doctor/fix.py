"""Clean copies of annotation files: as they were where they can be, else as Raven tables; originals are not touched."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping as Map
from dataclasses import replace
from pathlib import Path, PurePosixPath

from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.raven import BEGIN, END, HIGH, LOW
from chorus.adapters.formats.table import Parse, records
from chorus.adapters.formats.text import decode, number
from chorus.adapters.own import columns, numbers
from chorus.adapters.own.raven import OFFSET
from chorus.adapters.own.sounds import names_of
from chorus.atomic import write_bytes
from chorus.doctor.examine import Doctor
from chorus.doctor.findings import CallRow, FileReport, Outcome
from chorus.errors import UsageError

#: Values that a repair put into columns; None leaves the cell blank.
Values = dict[str, float | None]
#: Formats of files that are about any number of sounds, each named inside.
PROJECTS = ("aoef", "koumura")


def write_copies(doctor: Doctor, reports: list[FileReport], folder: Path) -> dict[str, Path]:
    """Write a clean copy of every file that was read below `folder`; returns original -> copy. A file whose rows were
    all left out has none, as a table without rows says that a recording is empty; nor has a project of many sounds that
    holds no call: as a table it would speak of a sound that is called like the project.

    Raises UsageError, having written nothing, where a copy would lie among the originals or replace another file.
    """
    root, target = doctor.release.root.resolve(), folder.expanduser()
    if target.resolve() == root or (doctor.deep and target.resolve().is_relative_to(root)):
        raise UsageError(f"--fix {folder}: lies in the folder that is examined; clean copies go elsewhere")
    written: dict[str, Path] = {}
    contents: dict[Path, bytes] = {}
    for report in reports:
        empty = report.format not in PROJECTS and not report.count(Outcome.left_out)
        if report.readable and (report.calls or empty):
            name, content = copy_of(doctor, report)
            place = target / (name if target / name not in contents else f"{report.path}.selections.txt")
            written[report.path] = place
            contents[place] = content.encode()
    for place, data in contents.items():
        if place.exists() and (not place.is_file() or place.read_bytes() != data):
            raise UsageError(f"{place}: is there already and differs; nothing is replaced: give an empty folder")
    for place, data in contents.items():
        write_bytes(place, data)
    return written


def copy_of(doctor: Doctor, report: FileReport) -> tuple[str, str]:
    """Name and content of the clean copy of a file."""
    report = replace(report, calls=[as_written(call, report.mapping) for call in report.calls])
    if report.format == "audacity":
        return report.path, audacity_text(report.calls)
    if report.format == "raven":
        return report.path, raven_copy(doctor.release.bytes(report.path), report)
    if report.format == "csv":
        return report.path, table_copy(doctor.release.bytes(report.path), report, doctor)
    name = PurePosixPath(report.path).with_name(f"{names_of(report.path)[-1]}.selections.txt")
    return str(name), raven_text(report.calls)


def as_written(call: CallRow, mapping: Mapping) -> CallRow:
    """A call as its file has it, in seconds and Hz: without the offset and the expansion of the mapping."""
    slower = mapping.slower
    start_s, end_s = (time * slower - mapping.offset_s for time in (call.start_s, call.end_s))
    low_hz, high_hz = (hz if hz is None else hz / slower for hz in (call.low_hz, call.high_hz))
    return replace(call, start_s=start_s, end_s=end_s, low_hz=low_hz, high_hz=high_hz)


def raven_copy(data: bytes, report: FileReport) -> str:
    """The rows of a Raven table that are calls, with all their columns."""
    lines = decode(data, report.path, []).split("\n")
    header = [name.strip() for name in lines[0].split("\t")]
    at = {name: i for i, name in enumerate(header)}
    rows = []
    for call in whole(report.calls):
        cells = padded(lines[call.line - 1].split("\t"), len(header))
        begin, offset = (number(cells[at[name]]) if name in at else None for name in (BEGIN, OFFSET))
        runs_on = begin - offset if begin is not None and offset is not None else None
        rows.append(mended(cells, at, (BEGIN, END, LOW, HIGH, OFFSET), raven_values(call, runs_on)))
    return "".join("\t".join(row) + "\n" for row in (header, *rows))


def whole(calls: list[CallRow]) -> list[CallRow]:
    """The calls of a table one to a line: one that runs on into the next sound as it was written."""
    found: dict[int, CallRow] = {}
    for call in calls:
        first = found.get(call.line)
        end_s = first.end_s + call.end_s - call.start_s if first else call.end_s
        found[call.line] = replace(first or call, end_s=end_s)
    return list(found.values())


def raven_values(call: CallRow, runs_on: float | None) -> Values:
    """What was repaired, by Raven's columns. `runs_on`: how long the files before this one are that were open too."""
    values = bounds(call, {"low_hz": LOW, "high_hz": HIGH})
    if call.changed & {"start_s", "end_s"}:
        shift = runs_on or 0.0
        values |= {BEGIN: call.start_s + shift, END: call.end_s + shift}
        if runs_on is not None:
            values[OFFSET] = call.start_s
    return values


def table_copy(data: bytes, report: FileReport, doctor: Doctor) -> str:
    """The rows of a table that are calls, with all their columns, in the table's own unit of time."""
    mapping = columns.complete(data, report.path, report.mapping)
    named, separator = mapping.columns, mapping.delimiter or ","
    found = dict(records(decode(columns.unhinted(data), report.path, []), report.path, [], separator))
    header = next(iter(found.values()), []) if mapping.header else [str(i + 1) for i in range(width(found))]
    at = {name.strip(): i for i, name in reversed(list(enumerate(header)))}
    numeric = tuple(named[name] for name in columns.NUMBERS if name in named)
    cells = {name: [row[at[name]] for row in found.values() if len(row) > at[name]] for name in numeric if name in at}
    parse = {name: numbers.parser(texts[mapping.header :], separator) for name, texts in cells.items()}
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([header] if mapping.header else [])
    for call in report.calls:
        per_s = mapping.per_s or doctor.release.probe(call.sound).sample_rate
        times = {"start": call.start_s * per_s, "end": call.end_s * per_s}
        times["duration"] = times["end"] - times["start"]
        if mapping.unit == "samples":
            times = {name: round(value) for name, value in times.items()}
        values = bounds(call, {f"{name}_hz": named[name] for name in ("low", "high") if name in named})
        if call.changed & {"start_s", "end_s"}:
            values |= {named[name]: value for name, value in times.items() if name in named}
        writer.writerow(mended(padded(found[call.line], len(header)), at, numeric, values, parse))
    return out.getvalue()


def width(found: Map[int, list[str]]) -> int:
    """Columns of a table without header: as many as most rows have."""
    widths = [len(fields) for fields in found.values()]
    return max(widths, key=widths.count, default=1)


def bounds(call: CallRow, columns: Map[str, str]) -> Values:
    """Repaired frequencies by the names of their columns."""
    return {column: getattr(call, name) for name, column in columns.items() if name in call.changed}


def padded(cells: list[str], n: int) -> list[str]:
    return (cells + [""] * n)[:n]


def mended(
    cells: list[str],
    at: Map[str, int],
    numeric: tuple[str, ...],
    values: Values,
    parse: Map[str, Parse] | None = None,
) -> list[str]:
    """A row with repaired values put in, decimal points for commas, and blanks for what is no number."""
    for name in numeric:
        if name in at:
            text = cells[at[name]]
            value = values.get(name, (parse or {}).get(name, number)(text))
            if name in values or "," in text or value is None:
                cells[at[name]] = "" if value is None else repr(value)
    return cells


def audacity_text(calls: list[CallRow]) -> str:
    """An Audacity label track; a bound that is not known is -1, as Audacity writes it."""
    lines = []
    for call in calls:
        lines.append(f"{call.start_s!r}\t{call.end_s!r}\t{call.label or ''}")
        low, high = (-1 if bound is None else bound for bound in (call.low_hz, call.high_hz))
        if (low, high) != (-1, -1):
            lines.append(f"\\\t{low!r}\t{high!r}")
    return "".join(line + "\n" for line in lines)


def raven_text(calls: list[CallRow]) -> str:
    """A Raven table of calls in any number of sounds, with what is known of them."""
    extra = {"Begin File": "sound", "Label": "label", "Call Type": "call_type", "Individual": "individual"}
    columns = {"Channel": "channel", BEGIN: "start_s", END: "end_s", LOW: "low_hz", HIGH: "high_hz", OFFSET: "start_s"}
    known = {
        column: name
        for column, name in (columns | extra).items()
        if name in ("start_s", "end_s") or any(getattr(call, name) is not None for call in calls)
    }
    lines = ["\t".join(("Selection", "View", *known))]
    for place, call in enumerate(calls, start=1):
        cells = (getattr(call, name) for name in known.values())
        texts = ("" if cell is None else " ".join(str(cell).split()) for cell in cells)
        lines.append("\t".join((str(place), "Spectrogram 1", *texts)))
    return "".join(line + "\n" for line in lines)
