"""Raven selection tables: tab separated, one header line, one row per selection (and per view).

What real tables hold: BOMs, Latin-1, Windows line ends, decimal commas, integer Hz, missing frequency columns, blank
labels, labels that look like numbers or NA, blank lines, and every selection twice when two views were shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.channel import read_channels
from chorus.adapters.formats.text import clock_hint, decode, floats, number
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: Columns in which the rows of one selection agree, one row for each view.
SAME = ("Selection", "Begin File", "Begin Path", "Begin Time (s)", "End Time (s)", "Channel")
BEGIN, END, LOW, HIGH = "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"
#: In tables that Chorus writes: which numbers of a row only stand in, as Raven wants one: 'channel 1, low 0.000'.
#: Another number in their place, by more than Raven rounds, is somebody's own.
UNSTATED, ROUNDED = "Unstated", 0.5


@dataclass
class RavenTable:
    """A table's columns. `text` holds every column verbatim by its header; the rest is parsed. All lists are equal
    in length; `lines` are line numbers counted from 1."""

    lines: list[int]
    start_s: list[float | None]
    end_s: list[float | None]
    low_hz: list[float | None]
    high_hz: list[float | None]
    channel: list[int | None]
    text: dict[str, tuple[str, ...]]
    problems: list[Problem] = field(default_factory=list)

    def column(self, *names: str) -> list[str | None]:
        """The first of the named columns that the table has, blank fields as None; all None when it has none."""
        for name in names:
            if name in self.text:
                return [value or None for value in self.text[name]]
        return [None] * len(self.lines)


def read_raven(data: bytes, origin: str) -> RavenTable:
    """Read a selection table. Raises ReadError when it has no begin or end column.

    Rows that do not fit the header or whose times are not numbers are left out with a Problem each.
    """
    problems: list[Problem] = []
    lines = decode(data, origin, problems).split("\n")
    header = tuple(name.strip() for name in lines[0].split("\t"))
    for name in (BEGIN, END):
        if name not in header:
            shown = ", ".join(h for h in header if h)[:120] or "nothing"
            raise ReadError(f"expected a Raven table with a column '{name}', found {shown}", origin, 1)
    numbers, rows = _rows(lines, len(header), origin, problems)
    if "View" in header and "Selection" in header and rows:
        same = [header.index(name) for name in SAME if name in header]
        numbers, rows = _one_view(numbers, rows, header.index("View"), same, origin, problems)
    columns: dict[str, tuple[str, ...]] = dict.fromkeys(header, ())
    if rows:
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    (start, end, low, high), commas = _all_numbers(columns, len(rows))
    low, high = _finite(low), _finite(high)
    channels, odd = read_channels(columns.get("Channel") or ("",) * len(rows), numbers, origin)
    problems += odd
    table = RavenTable(numbers, start, end, low, high, channels, columns, problems)
    for name, values in ((LOW, low), (HIGH, high)):
        problems += _odd_bounds(name, values, columns.get(name, ()), numbers, origin)
    if commas:
        problems.append(Problem(origin, "decimal_comma", "decimal commas read as points", action=Action.repaired))
    _leave_out_unstated(table)
    table = _drop_without_times(table, lines, origin)
    table.problems += _short(table, lines, len(header), origin)
    return table


def _short(table: RavenTable, lines: list[str], width: int, origin: str) -> list[Problem]:
    """One note where some rows, but not all, have fewer fields than the header: something may have been cut off."""
    short = [line for line in table.lines if lines[line - 1].count("\t") < width - 1]
    if not 0 < len(short) < len(table.lines):
        return []
    message = (
        f"{len(short):,} of {len(table.lines):,} rows have fewer than {width} fields, this one first: read as blank"
    )
    return [Problem(origin, "short_row", message, short[0], lines[short[0] - 1], Action.noted)]


def _rows(lines: list[str], width: int, origin: str, problems: list[Problem]) -> tuple[list[int], list[list[str]]]:
    """Split the lines below the header; short rows are filled with blanks, rows that are too wide are dropped."""
    numbers, rows = [], []
    for number_, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        row = line.split("\t")
        if len(row) != width:
            extra = row[width:]
            if any(extra):
                message = f"expected {width} fields, found {len(row)}"
                problems.append(Problem(origin, "wrong_field_count", message, number_, line))
                continue
            row = row[:width] + [""] * (width - len(row))
        numbers.append(number_)
        rows.append(row)
    return numbers, rows


def _one_view(
    numbers: list[int], rows: list[list[str]], view: int, same: list[int], origin: str, problems: list[Problem]
) -> tuple[list[int], list[list[str]]]:
    """Keep one row per selection: the spectrogram's where there is one, since only it carries frequencies. Rows are of
    one selection where they agree in the columns `same`: numbers start again where tables were joined."""
    if len({row[view] for row in rows}) == 1:
        return numbers, rows
    best: dict[tuple[str, ...], int] = {}
    for i, row in enumerate(rows):
        selection = tuple(row[place].strip() for place in same)
        kept = best.get(selection)
        better = kept is not None and _is_spectrogram(row[view]) and not _is_spectrogram(rows[kept][view])
        if kept is None or better:
            best[selection] = i
    keep = sorted(best.values())
    if len(keep) < len(rows):
        message = f"{len(rows) - len(keep)} rows repeat a selection in another view; each selection is read once"
        problems.append(Problem(origin, "repeated_view", message, action=Action.noted))
    return [numbers[i] for i in keep], [rows[i] for i in keep]


def _is_spectrogram(view: str) -> bool:
    return view.strip().casefold().startswith("spectrogram")


def _all_numbers(columns: dict[str, tuple[str, ...]], n: int) -> tuple[list[list[float | None]], bool]:
    """Begin, end, low and high of every row, and whether a decimal comma was met in any."""
    parsed = [_numbers(columns.get(name), n) for name in (BEGIN, END, LOW, HIGH)]
    return [values for values, _ in parsed], any(comma for _, comma in parsed)


def _finite(values: list[float | None]) -> list[float | None]:
    """Frequencies that are no finite number are none."""
    return [value if value is not None and math.isfinite(value) else None for value in values]


def _odd_bounds(
    name: str, values: list[float | None], texts: tuple[str, ...], lines: list[int], origin: str
) -> list[Problem]:
    """One note per frequency that is neither a number nor blank: the call is kept without that bound."""
    if not texts or None not in values:
        return []
    return [
        Problem(origin, "frequency_not_a_number", f"'{name}' is no number, read as absent", line, text, Action.noted)
        for value, text, line in zip(values, texts, lines, strict=True)
        if value is None and text.strip()
    ]


def _leave_out_unstated(table: RavenTable) -> None:
    columns: dict[str, list[Any]] = {"channel": table.channel, "low": table.low_hz, "high": table.high_hz}
    for i, text in enumerate(table.text.get(UNSTATED, ())):
        for word in text.split(","):
            name, _, value = word.strip().partition(" ")
            values, was = columns.get(name), number(value)
            if values and was is not None and values[i] is not None and abs(values[i] - was) < ROUNDED:
                values[i] = None


def _numbers(texts: tuple[str, ...] | None, n: int) -> tuple[list[float | None], bool]:
    """Parse a column; the flag tells that a decimal comma was met. Blank or odd fields become None."""
    if texts is None:
        return [None] * n, False
    try:
        return floats(texts), False
    except ValueError:
        parsed = [number(text) for text in texts]
        return parsed, any(p is not None and "," in text for p, text in zip(parsed, texts, strict=True))


def _drop_without_times(table: RavenTable, lines: list[str], origin: str) -> RavenTable:
    bad = [i for i, (a, b) in enumerate(zip(table.start_s, table.end_s, strict=True)) if a is None or b is None]
    if not bad:
        return table
    for i in bad:
        line, hint = table.lines[i], clock_hint((table.text[BEGIN][i], table.text[END][i]))
        message = f"begin or end is not a number{hint}"
        table.problems.append(Problem(origin, "not_a_number", message, line, lines[line - 1]))
    gone = set(bad)
    keep = [i for i in range(len(table.lines)) if i not in gone]

    def pick(values: list[Any]) -> list[Any]:
        return [values[i] for i in keep]

    text = {name: tuple(values[i] for i in keep) for name, values in table.text.items()}
    return RavenTable(
        pick(table.lines),
        pick(table.start_s),
        pick(table.end_s),
        pick(table.low_hz),
        pick(table.high_hz),
        pick(table.channel),
        text,
        table.problems,
    )
