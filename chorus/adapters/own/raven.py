"""Raven selection tables. Not crowsetta's reader: it passes 6 of the gauntlet's 14 tables, ours all."""

from __future__ import annotations

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.raven import BEGIN, END, HIGH, LOW, RavenTable, read_raven
from chorus.adapters.formats.text import decode, number
from chorus.adapters.own.marks import COMMON, Format, Marks, call_fields
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: Columns that hold a field where no mapping names one, the best first.
USUAL = {
    "label": ("Annotation", "Species", "Label", "Tag", "Species Code", "Common Name", "Scientific Name", "Code",
              "Class", "Call Type", "Call", "Type"),
    "call_type": ("Call Type", "Song Type"),
    "individual": ("Individual", "Individual ID", "Animal ID"),
}  # fmt: skip
SOUNDS = ("Begin Path", "Begin File")
#: Seconds from the start of the file, where BEGIN counts from the start of all files that were open in Raven.
OFFSET = "File Offset (s)"
COLUMNS = {"Selection", "View", "Channel", BEGIN, END, LOW, HIGH}


def sniff(data: bytes, path: str) -> bool:
    """Whether the first line names at least two columns of a selection table."""
    header = decode(data[:8192], path, []).partition("\n")[0]
    return len(COLUMNS & {name.strip() for name in header.split("\t")}) > 1


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    table = read_raven(data, path)
    names = sounds(table, mapping, path)
    start, end = times(table, names, path)
    columns = {"low_hz": table.low_hz, "high_hz": table.high_hz, "channel": table.channel}
    return Marks(
        table.lines,
        start,
        end,
        columns | call_fields(table.text, mapping, path, USUAL),
        names,
        problems=table.problems,
    )


def sounds(table: RavenTable, mapping: Mapping, path: str) -> list[str]:
    """The sound of each row as written; blank where the row does not say."""
    named = mapping.columns.get("recording")
    if named and named not in table.text:
        raise ReadError(f"no column '{named}', which the mapping names; found {', '.join(table.text)[:120]}", path)
    column = next((name for name in ((named,) if named else SOUNDS) if name in table.text), None)
    return [name.strip() for name in table.text[column]] if column else []


def times(table: RavenTable, names: list[str], path: str) -> tuple[list[float | None], list[float | None]]:
    """Starts and ends within the file: with several files open, Raven's begin time runs on from file to file."""
    if OFFSET not in table.text or not names:
        if len(set(names)) > 1:
            message = f"names several sounds but has no column '{OFFSET}': times are taken from the start of each"
            table.problems.append(Problem(path, "no_file_offset", message, action=Action.noted))
        return table.start_s, table.end_s
    starts = [number(text) for text in table.text[OFFSET]]
    for line, start in zip(table.lines, starts, strict=True):
        if start is None:
            message = f"'{OFFSET}' is no number: the begin time is taken as from the start of the file"
            table.problems.append(Problem(path, "no_file_offset", message, line, action=Action.noted))
    starts = [begin if start is None else start for start, begin in zip(starts, table.start_s, strict=True)]
    spans = zip(starts, table.start_s, table.end_s, strict=True)
    return starts, [
        None if start is None or begin is None or end is None else start + end - begin for start, begin, end in spans
    ]


FORMAT = Format(
    "raven",
    "Raven selection table",
    ("*.txt", "*.tsv", "*.selections"),
    sniff,
    read,
    (*COMMON, "label", "individual", "call_type", "sex", "recording"),
)
