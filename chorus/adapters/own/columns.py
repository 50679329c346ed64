"""Which column of a table holds what: as a mapping says, or as a name says that leaves no doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from dataclasses import replace

from chorus.adapters.formats.mapping import COLUMNS, EXPECTED, Mapping
from chorus.adapters.formats.table import Table
from chorus.adapters.formats.text import decode
from chorus.errors import ReadError

Text = Map[str, Sequence[str | None]]
#: Names that need no mapping, in small letters without blanks and brackets: their unit is beyond doubt.
KNOWN = {
    "start": ("start_s", "onset_s", "begin_time_s", "start_time_s", "start_seconds", "begin_s"),
    "end": ("end_s", "offset_s", "end_time_s", "stop_seconds", "end_seconds", "stop_s"),
    "duration": ("duration_s",),
    "low": ("low_hz", "low_freq_hz", "low_frequency_hz", "min_freq_hz"),
    "high": ("high_hz", "high_freq_hz", "high_frequency_hz", "max_freq_hz"),
    "label": ("label", "annotation", "tag", "species", "scientific_name", "common_name", "species_code"),
    "taxon": ("scientific_name", "species", "common_name", "species_code"),
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
#: Fields that may have several columns, of which a row may fill another than the next row does.
BY_ROW = ("label", "taxon", "recording")
TIMES = ("start", "end", "duration")
NUMBERS = (*TIMES, "low", "high")
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


def complete(data: bytes, path: str, mapping: Mapping) -> Mapping:
    """The mapping with delimiter and columns, those that it leaves open as the table has them. Raises ReadError where
    nothing says which columns hold start and end."""
    separator, data = mapping.delimiter or delimiter(data, path), unhinted(data)
    header = names(data, path, separator) if mapping.header else {}
    single = [field for field in COLUMNS if field not in BY_ROW]
    columns = {field: header[n] for field in single if (n := next((n for n in KNOWN[field] if n in header), None))}
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


def unhinted(data: bytes) -> bytes:
    """The table with an empty line for 'sep=;', by which a program tells Excel how fields are separated."""
    return HINT.sub(rb"\1", data, count=1)


def telling(table: Table, named: Map[str, str]) -> list[str]:
    """Columns that are not read though their names sound like a field that no column gives."""
    given = {*named, *(field for field in BY_ROW if has(table.text, field))}
    words = {word for field, some in TELLING.items() if field not in given for word in some}
    used = {plain(name) for name in named.values()} | SEEN | {name for field in BY_ROW for name in KNOWN[field]}
    others = (name for name in table.text if name and plain(name) not in used)
    return [name for name in others if any(word in plain(name).split("_") for word in words)]


def has(header: Iterable[str], field: str) -> bool:
    """Whether a table has a column of a field, by its name."""
    return not {*KNOWN[field]}.isdisjoint(map(plain, header))


def plain(name: str) -> str:
    """'Begin Time (s)' -> 'begin_time_s'"""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def by_plain_name(text: Text) -> dict[str, Sequence[str | None]]:
    """Columns by their plain names; of several with one name the first."""
    return {plain(name): values for name, values in reversed(list(text.items()))}


def first_filled(given: Text, names: Sequence[str]) -> list[str | None] | None:
    """Per row what stands in the first of some columns that is not blank there; None where all are."""
    columns = [given[name] for name in names if name in given]
    rows = [next((value for value in row if value and value.strip()), None) for row in zip(*columns, strict=True)]
    return rows if any(rows) else None
