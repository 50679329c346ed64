"""Tables of any kind (CSV, TSV), their columns named by a mapping, or by names that say what they mean.

Not crowsetta's simple-seq: seconds only, no bounds, no names of sounds, and a header is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import replace

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import COLUMNS, EXPECTED, KEYS, Mapping
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.text import decode, number
from chorus.adapters.own.marks import Format, Marks, call_fields
from chorus.errors import ReadError
from chorus.schemas.issue import Action

Parse = Callable[[str], float | None]
#: Names that need no mapping, in small letters without blanks and brackets: their unit is beyond doubt.
KNOWN = {
    "start": ("start_s", "onset_s", "begin_time_s", "start_time_s", "start_seconds", "begin_s"),
    "end": ("end_s", "offset_s", "end_time_s", "stop_seconds", "end_seconds", "stop_s"),
    "duration": ("duration_s",),
    "low": ("low_hz", "low_freq_hz", "low_frequency_hz", "min_freq_hz"),
    "high": ("high_hz", "high_freq_hz", "high_frequency_hz", "max_freq_hz"),
    "label": ("label", "species", "annotation", "scientific_name", "common_name", "species_code", "class", "tag"),
    "recording": (
        *("recording", "recording_id", "filename", "file_name", "file", "source_file", "audio_path", "begin_path"),
        *("begin_file", "file_path", "filepath", "sound_file", "soundfile", "audio_file", "audio_filename", "wav_file"),
    ),
    "individual": ("individual",),
    "call_type": ("call_type",),
    "sex": ("sex",),
    "channel": ("channel",),
}
HINT = re.compile(rb"^(\xef\xbb\xbf)?sep=([,;\t|])(?=\r|\n)")
TIMES = ("start", "end", "duration")
NUMBERS = (*TIMES, "low", "high")
#: A number with parted thousands; one whose point may part them.
GROUPED, POINTED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"), re.compile(r"\d{1,3}(\.\d{3})+")
#: Columns that many tables have and that say nothing.
SEEN = {"selection", "view", "id", "index"}
#: What a column that is not read may hold, by a part of its name.
TELLING = {
    "recording": ("file", "wav", "audio", "sound", "path"),
    "low": ("freq", "low", "min", "hz"),
    "high": ("freq", "high", "max", "hz"),
    "label": ("label", "species", "name", "call", "type", "code", "id"),
}
#: Names of times that do not tell their unit; those of ends with what a mapping calls them.
PLAIN_STARTS = ("start", "begin", "onset", "start_time", "begin_time", "starttime")
PLAIN_ENDS = {
    **dict.fromkeys(("end", "stop", "offset", "end_time", "stop_time", "endtime"), "end"),
    **dict.fromkeys(("duration", "length"), "duration"),
}


def sniff(data: bytes, path: str) -> bool:
    """Whether it is text whose first line holds a separator; or an empty file that is called a table."""
    if b"\0" in data[:8192] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return False
    first = decode(data[:8192], path, []).lstrip().partition("\n")[0]
    return any(mark in first for mark in ",;\t") or path.lower().endswith((".csv", ".tsv"))


def unhinted(data: bytes) -> bytes:
    """The table with an empty line for 'sep=;', by which a program tells Excel how fields are separated."""
    return HINT.sub(rb"\1", data, count=1)


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    told, data, mapping = mapping.columns, unhinted(data), complete(data, path, mapping)
    named = mapping.columns
    needed = ("start", "end" if "end" in named else "duration")
    times = tuple(named[name] for name in needed)
    separator = mapping.delimiter or ","
    table = read_table(data, path, tuple(named.values()), times, separator, mapping.header, parse=ungrouped)
    parse = {name: parser(table.text[named[name]], separator) for name in NUMBERS if name in named}
    table.problems += odd_numbers(table, {named[name]: how for name, how in parse.items()})
    if not told and (unread := telling(table, named)):
        message = f"columns that are not read: {', '.join(unread)[:200]}; a mapping file can say what they are"
        table.problems.append(Problem(path, "unread_columns", message, action=Action.noted))
    start, end = (table.numbers(named[name], parse[name]) for name in needed)
    if "end" not in named:
        end = [None if a is None or b is None else a + b for a, b in zip(start, end, strict=True)]
    columns = {f"{name}_hz": table.numbers(named[name], parse[name]) for name in ("low", "high") if name in named}
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
    separator, data = mapping.delimiter or delimiter(data, path), unhinted(data)
    header = names(data, path, separator) if mapping.header else {}
    columns = {field: header[n] for field in COLUMNS if (n := next((n for n in KNOWN[field] if n in header), None))}
    if "start" in mapping.columns:
        columns = {field: name for field, name in columns.items() if field not in TIMES}
    elif "start" not in columns or not {"end", "duration"} & columns.keys():
        raise ReadError(unnamed(header), path)
    return replace(mapping, delimiter=separator, columns=columns | mapping.columns)


def names(data: bytes, path: str, separator: str) -> dict[str, str]:
    """The columns that the first line names, by their plain names."""
    first = decode(data[:8192], path, []).lstrip("\n").partition("\n")[0]
    return {plain(name.strip(' "')): name.strip(' "') for name in reversed(first.split(separator))}


def unnamed(header: dict[str, str]) -> str:
    """What to say of a table whose columns of start and end are not known: where they can be told but for their unit,
    the mapping to write."""
    start, end = (next((name for name in among if name in header), None) for among in (PLAIN_STARTS, PLAIN_ENDS))
    if start and end:
        lines = [f"start = {header[start]!r}", f"{PLAIN_ENDS[end]} = {header[end]!r}"]
        lines += ["unit = 's' (or 'ms', 'samples')"]
        words = f"{header[start]} and {header[end]} are in which unit? Say so in a mapping file, one to a line"
        return f"{words}: {', '.join(lines)}"
    shown = ", ".join(header[name] for name in reversed(header))[:120]
    if not shown:
        return "the file is empty, expected a table"
    return f"which columns hold start and end? Say so in a mapping file: {EXPECTED}; found {shown}"


def delimiter(data: bytes, path: str) -> str:
    """What the first line says after 'sep='; a tab or a semicolon where it holds one, else a comma."""
    if hint := HINT.match(data):
        return hint[2].decode("latin-1")
    first = decode(data[:8192], path, []).lstrip("\n").partition("\n")[0]
    return next((mark for mark in "\t;" if mark in first), ",")


def ungrouped(text: str) -> float | None:
    """A number whose thousands may be parted by commas ('1,200.5'), else as `number` reads it."""
    return float(text.replace(",", "")) if GROUPED.fullmatch(text.strip()) else number(text)


def parser(texts: Sequence[str], separator: str) -> Parse:
    """How the numbers of a column are read. Between commas a comma in a number parts thousands, as no program writes a
    decimal comma there; unless another number of the column shows that it is one."""
    commas = [text for text in texts if "," in text]
    grouped = separator == "," and commas and all(GROUPED.fullmatch(text.strip()) for text in commas)
    return ungrouped if grouped else number


def odd_numbers(table: Table, columns: Map[str, Parse]) -> list[Problem]:
    """What is to be told of how numbers are written: commas in them, and points that may part thousands."""
    commas = {name: next((t for t in table.text[name] if "," in t), None) for name in columns}
    found = []
    for name, text in commas.items():
        if text and columns[name] is ungrouped:
            message = f"{name}: commas part thousands, {text.strip()} is read as {ungrouped(text):.10g}"
            found.append(Problem(table.origin, "thousands", message, action=Action.repaired))
    if any(text and columns[name] is number for name, text in commas.items()):
        message = "decimal commas read as points"
        found.append(Problem(table.origin, "decimal_comma", message, action=Action.repaired))
        for name in columns:
            for line, text in zip(table.lines, table.text[name], strict=True):
                if POINTED.fullmatch(text.strip()):
                    message = f"{name}: {text.strip()} is read as {float(text):.10g}; do points part thousands here?"
                    found.append(Problem(table.origin, "thousands", message, line, text, Action.noted))
                    break
    return found


def telling(table: Table, named: Map[str, str]) -> list[str]:
    """Columns that are not read though their names sound like a field that no column gives."""
    words = {word for field, some in TELLING.items() if field not in named for word in some}
    used = {plain(name) for name in named.values()} | SEEN
    others = (name for name in table.text if name and plain(name) not in used)
    return [name for name in others if any(word in plain(name).split("_") for word in words)]


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
