"""Tables of any kind (CSV, TSV), their columns named by a mapping, or by names that say what they mean.

Not crowsetta's simple-seq: seconds only, no bounds, no names of sounds, and a header is needed.
"""

from __future__ import annotations

from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.channel import read_channels
from chorus.adapters.formats.mapping import KEYS, Mapping
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.text import decode
from chorus.adapters.own.columns import (
    KNOWN,
    NUMBERS,
    by_plain_name,
    complete,
    first_filled,
    has,
    telling,
    unhinted,
)
from chorus.adapters.own.labels import label_fields, passed_over, word_fields
from chorus.adapters.own.marks import Format, Marks, Sound, call_fields
from chorus.adapters.own.numbers import odd_numbers, parser, ungrouped
from chorus.errors import ReadError
from chorus.schemas.issue import Action

LABELS = (KNOWN["label"], ("class",))


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
    columns |= texts(table, mapping)
    names = recordings(table, mapping)
    about: dict[str, Sound] | None = {} if names is not None and not table.lines else None
    return Marks(table.lines, start, end, columns, names or (), about, mapping.per_s, table.problems)


def texts(table: Table, mapping: Mapping) -> dict[str, list[Any]]:
    """Call fields out of columns of words."""
    text, path = table.text, table.origin
    fields = call_fields(text, mapping, path) | label_fields(text, mapping, path, LABELS) | word_fields(text)
    table.problems += passed_over(text, mapping, path)
    if channel := mapping.columns.get("channel"):
        fields["channel"], odd = read_channels(text[channel], table.lines, path, from_0=True)
        table.problems += odd
    return fields


def recordings(table: Table, mapping: Mapping) -> list[str] | None:
    """The sound of each row as written, blank where the row does not say; None for a table that has no such column."""
    named = mapping.columns.get("recording")
    if named is None and not has(table.text, "recording"):
        return None
    texts = table.text[named] if named else first_filled(by_plain_name(table.text), KNOWN["recording"])
    return [(text or "").strip() for text in texts or ()]


def states_times(data: bytes, path: str) -> bool:
    """Whether it is a table whose columns of start and end need no mapping."""
    try:
        return sniff(data, path) and bool(complete(data, path, Mapping()).columns)
    except ReadError:
        return False


FORMAT = Format("csv", "table of calls", ("*.csv", "*.tsv"), sniff, read, KEYS)
