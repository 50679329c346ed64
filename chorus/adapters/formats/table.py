"""Comma-separated tables with a header line, checked against the columns that a release promises.

What real tables hold: BOMs, Windows line ends, blank rows at the end, rows cut short by a broken download, a stray
quote that would swallow the rest of the file, numbers with decimal commas.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import clock_hint, decode, floats, number
from chorus.errors import ReadError
from chorus.schemas.issue import Action

Record = tuple[int, list[str]]
Parse = Callable[[str], float | None]


@dataclass
class Table:
    """A table's columns. `text` holds every column verbatim by its header; `lines` are the line numbers the rows start
    on, counted from 1; all lists are equal in length."""

    origin: str
    lines: list[int]
    text: dict[str, tuple[str, ...]]
    problems: list[Problem] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str | None]:
        """A column as text, blank fields as None; all None when the table does not have it."""
        return [value or None for value in self.text[name]] if name in self.text else [None] * len(self)

    def numbers(self, name: str, parse: Parse = number) -> list[float | None]:
        """A column as numbers, each read by `parse`. A field that is neither blank nor a number becomes None and is
        noted as a Problem."""
        try:
            return floats(self.text[name])
        except ValueError:
            pass  # a blank, a comma, or no number at all: one by one
        values: list[float | None] = []
        for line, text in zip(self.lines, self.text[name], strict=True):
            value = parse(text) if text.strip() else None
            if value is None and text.strip():
                message = f"{name} is not a number, read as absent"
                self.problems.append(Problem(self.origin, "not_a_number", message, line, text, Action.noted))
            values.append(value)
        return values

    def filled(self, *names: str) -> Table:
        """The table without the rows in which one of these columns is blank: they tell nothing of any recording, and
        are a Problem each."""
        if not any("" in map(str.strip, self.text[name]) for name in names):
            return self
        blank = {i: name for name in names for i, text in enumerate(self.text[name]) if not text.strip()}
        for i, name in sorted(blank.items()):
            raw = ",".join(values[i] for values in self.text.values())
            self.problems.append(Problem(self.origin, "blank_field", f"{name} is blank", self.lines[i], raw))
        keep = [i for i in range(len(self)) if i not in blank]
        text = {name: tuple(values[i] for i in keep) for name, values in self.text.items()}
        return Table(self.origin, [self.lines[i] for i in keep], text, self.problems)

    def given(self, name: str) -> list[float]:
        """One of the `numeric` columns that the table was read with, whose fields are all numbers."""
        return [value for value in self.numbers(name) if value is not None]


def read_table(
    data: bytes,
    origin: str,
    required: Sequence[str],
    numeric: Sequence[str] = (),
    delimiter: str = ",",
    header_line: bool = True,
    parse: Parse = number,
) -> Table:
    """Read a table. Raises ReadError naming the first of the `required` columns that its header lacks.

    Rows that do not fit the header, or whose `numeric` columns (those without which a row means nothing: its times)
    are no numbers to `parse`, are left out with a Problem each. Without a `header_line` the columns are called '1',
    '2' ..., as many as most rows have, and an empty file is a table without rows.
    """
    problems: list[Problem] = []
    found = records(decode(data, origin, problems), origin, problems, delimiter)
    if not header_line:
        widths = Counter(len(fields) for _, fields in found) or Counter([max(map(int, required), default=1)])
        found.insert(0, (1, [str(i + 1) for i in range(widths.most_common(1)[0][0])]))
    if not found:
        raise ReadError(f"the file is empty, expected the columns {', '.join(required)}", origin, 1)
    header = [name.strip() for name in found[0][1]]
    for name in required:
        if name not in header:
            shown = ", ".join(h for h in header if h)[:120] or "nothing"
            raise ReadError(f"expected a table with a column '{name}', found {shown}", origin, found[0][0])
    rows = _fitting(found[1:], len(header), origin, problems)
    rows = _numeric(rows, [(name, header.index(name)) for name in numeric], origin, problems, parse)
    columns = zip(*map(itemgetter(1), rows), strict=True) if rows else ((),) * len(header)
    text: dict[str, tuple[str, ...]] = {}
    for name, values in zip(header, columns, strict=True):
        text.setdefault(name, tuple(values))
    return Table(origin, [line for line, _ in rows], text, problems)


#: A field may be as long as its file; Python's own limit ends the reading of the whole file.
csv.field_size_limit(1 << 30)


def records(text: str, origin: str, problems: list[Problem], delimiter: str = ",") -> list[Record]:
    """Records of a delimited text as (line it starts on, fields), blank ones left out.

    Quoted fields may hold line ends; where the quotes of the file do not close, it is read line by line and the lines
    that do not parse are dropped with a Problem each.
    """
    found: list[Record] = []
    if '"' not in text:  # then a line is a record
        rows = csv.reader(text.split("\n"), delimiter=delimiter)
        return [(line, fields) for line, fields in enumerate(rows, 1) if fields and (fields[0].strip() or _any(fields))]
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    line = 1
    try:
        for fields in reader:
            found.append((line, fields))
            line = reader.line_num + 1
    except csv.Error:
        found = _line_by_line(text, origin, problems, delimiter)
    return [(line, fields) for line, fields in found if _any(fields)]


def _any(fields: list[str]) -> bool:
    """Whether a record holds anything."""
    return any(field.strip() for field in fields)


def _line_by_line(text: str, origin: str, problems: list[Problem], delimiter: str) -> list[Record]:
    found: list[Record] = []
    for line, raw in enumerate(text.split("\n"), start=1):
        try:
            found += [(line, fields) for fields in csv.reader([raw], delimiter=delimiter, strict=True)]
        except csv.Error as error:
            problems.append(Problem(origin, "bad_quotes", f"quotes do not parse: {error}", line, raw[:500]))
    return found


def _fitting(found: list[Record], width: int, origin: str, problems: list[Problem]) -> list[Record]:
    """The records with as many fields as the header; blank fields beyond it are cut off."""
    if {len(fields) for _, fields in found} <= {width}:
        return found
    rows: list[Record] = []
    for line, fields in found:
        if len(fields) < width or any(f.strip() for f in fields[width:]):
            message = f"expected {width} fields, found {len(fields)}"
            problems.append(Problem(origin, "wrong_field_count", message, line, ",".join(fields)))
        else:
            rows.append((line, fields if len(fields) == width else fields[:width]))
    return rows


def _numeric(
    rows: list[Record], columns: list[tuple[str, int]], origin: str, problems: list[Problem], parse: Parse
) -> list[Record]:
    try:
        for _, i in columns:
            floats(fields[i] for _, fields in rows)
        return rows
    except ValueError:
        pass  # one at least is none as it stands: look at each
    kept: list[Record] = []
    for line, fields in rows:
        bad = [name for name, i in columns if parse(fields[i]) is None]
        if bad:
            hint = clock_hint(fields[i] for name, i in columns if name in bad)
            message = f"{' and '.join(bad)} not a number{hint}"
            problems.append(Problem(origin, "not_a_number", message, line, ",".join(fields)))
        else:
            kept.append((line, fields))
    return kept
