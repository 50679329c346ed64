"""Tables of any kind (CSV, TSV), their columns named by a mapping, or by names that say what they mean.

Not crowsetta's simple-seq: seconds only, no bounds, no names of sounds, and a header is needed.
"""

from __future__ import annotations

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import KEYS, Mapping
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.text import decode
from chorus.adapters.own.columns import NUMBERS, complete, telling, unhinted
from chorus.adapters.own.marks import Format, Marks, call_fields
from chorus.adapters.own.numbers import odd_numbers, parser, ungrouped
from chorus.errors import ReadError
from chorus.schemas.issue import Action


def sniff(data: bytes, path: str) -> bool:
    """Whether it is text whose first line holds a separator; or an empty file that is called a table."""
    if b"\0" in data[:8192] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return False
    first = decode(data[:8192], path, []).lstrip().partition("\n")[0]
    return any(mark in first for mark in ",;\t") or path.lower().endswith((".csv", ".tsv"))


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


def states_times(data: bytes, path: str) -> bool:
    """Whether it is a table whose columns of start and end need no mapping."""
    try:
        return sniff(data, path) and bool(complete(data, path, Mapping()).columns)
    except ReadError:
        return False


FORMAT = Format("csv", "table of calls", ("*.csv", "*.tsv"), sniff, read, KEYS)
