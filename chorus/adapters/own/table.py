"""Tables of any kind (CSV, TSV), their columns named by a mapping, or by names that say what they mean.

Not crowsetta's simple-seq: seconds only, no bounds, no names of sounds, and a header is needed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import COLUMNS, EXPECTED, KEYS, Mapping
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.text import decode
from chorus.adapters.own.marks import Format, Marks, call_fields
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: Names that need no mapping, in small letters without blanks and brackets: their unit is beyond doubt.
KNOWN = {
    "start": ("start_s", "onset_s", "begin_time_s", "start_time_s", "start_seconds", "begin_s"),
    "end": ("end_s", "offset_s", "end_time_s", "stop_seconds", "end_seconds", "stop_s"),
    "duration": ("duration_s",),
    "low": ("low_hz", "low_freq_hz", "low_frequency_hz", "min_freq_hz"),
    "high": ("high_hz", "high_freq_hz", "high_frequency_hz", "max_freq_hz"),
    "label": ("label", "species", "annotation", "scientific_name", "common_name"),
    "recording": ("recording", "recording_id", "filename", "file", "source_file", "audio_path", "begin_path"),
    "individual": ("individual",),
    "call_type": ("call_type",),
    "sex": ("sex",),
    "channel": ("channel",),
}


def sniff(data: bytes, path: str) -> bool:
    """Whether it is text whose first line holds a separator; or an empty file that is called a table."""
    if b"\0" in data[:8192] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return False
    first = decode(data[:8192], path, []).lstrip().partition("\n")[0]
    return any(mark in first for mark in ",;\t") or path.lower().endswith((".csv", ".tsv"))


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    mapping = complete(data, path, mapping)
    named = mapping.columns
    needed = ("start", "end" if "end" in named else "duration")
    times = tuple(named[name] for name in needed)
    table = read_table(data, path, tuple(named.values()), times, mapping.delimiter or ",", mapping.header)
    commas = any("," in text for name in needed for text in table.text[named[name]])
    if commas:
        table.problems.append(Problem(path, "decimal_comma", "decimal commas read as points", action=Action.repaired))
    start, end = (table.numbers(named[name]) for name in needed)
    if "end" not in named:
        end = [None if a is None or b is None else a + b for a, b in zip(start, end, strict=True)]
    columns = {f"{name}_hz": table.numbers(named[name]) for name in ("low", "high") if name in named}
    columns |= call_fields(table.text, mapping, path)
    sounds = [name.strip() for name in table.text[named["recording"]]] if "recording" in named else []
    return Marks(
        table.lines,
        start,
        end,
        columns,
        sounds,
        {} if "recording" in named and not table.lines else None,
        mapping.per_s,
        table.problems,
    )


def complete(data: bytes, path: str, mapping: Mapping) -> Mapping:
    """The mapping with delimiter and columns, those that it leaves open as the table has them. Raises ReadError where
    nothing says which columns hold start and end."""
    separator = mapping.delimiter or delimiter(data, path)
    known = mapping if "start" in mapping.columns else guessed(data, path, separator, mapping)
    return replace(known, delimiter=separator)


def delimiter(data: bytes, path: str) -> str:
    """A tab or a semicolon where the first line holds one, else a comma."""
    first = decode(data[:8192], path, []).lstrip("\n").partition("\n")[0]
    return next((mark for mark in "\t;" if mark in first), ",")


def guessed(data: bytes, path: str, separator: str, mapping: Mapping) -> Mapping:
    """The mapping with columns by KNOWN names. Raises ReadError where those of start and end are not among them."""
    first = decode(data[:8192], path, []).lstrip("\n").partition("\n")[0]
    header = {plain(name.strip(' "')): name.strip(' "') for name in reversed(first.split(separator))}
    columns = {
        field: header[name] for field in COLUMNS if (name := next((n for n in KNOWN[field] if n in header), None))
    }
    if "start" not in columns or not {"end", "duration"} & columns.keys():
        shown = ", ".join(header[name] for name in reversed(header))[:120]
        raise ReadError(f"which columns hold start and end? Say so in a mapping file: {EXPECTED}; found {shown}", path)
    return replace(mapping, columns=columns | mapping.columns)


def states_times(data: bytes, path: str) -> bool:
    """Whether it is a table whose columns of start and end need no mapping."""
    try:
        return sniff(data, path) and bool(complete(data, path, Mapping()).columns)
    except ReadError:
        return False


def plain(name: str) -> str:
    """'Begin Time (s)' -> 'begin_time_s'"""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


FORMAT = Format("csv", "table of calls", ("*.csv", "*.tsv"), sniff, read, KEYS)
