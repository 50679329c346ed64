"""Plain interval lists: comma separated, start and end in seconds in the first two columns, with or without a header.

What real lists hold: no header, a trailing comma, quoted numbers with decimal commas, further columns nobody needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chorus.adapters.base import Problem
from chorus.adapters.formats.table import Record, records
from chorus.adapters.formats.text import decode, number
from chorus.schemas.issue import Action


@dataclass
class Intervals:
    """Starts and ends in seconds; `lines` are line numbers counted from 1. All lists are equal in length."""

    lines: list[int] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_intervals(data: bytes, origin: str) -> Intervals:
    """Read an interval list. A first row of two words is a header; later rows whose first two fields are not both
    numbers are left out with a Problem each."""
    found = Intervals()
    rows = records(decode(data, origin, found.problems), origin, found.problems)
    commas = False
    for line, fields in rows[1:] if rows and _is_header(rows[0]) else rows:
        start, end = (number(text) for text in [*fields, "", ""][:2])
        if start is None or end is None:
            message = f"expected start and end in seconds, found {', '.join(fields)[:80]}"
            found.problems.append(Problem(origin, "not_a_number", message, line, ",".join(fields)))
            continue
        commas = commas or "," in fields[0] + fields[1]
        found.lines.append(line)
        found.start_s.append(start)
        found.end_s.append(end)
    if commas:
        found.problems.append(Problem(origin, "decimal_comma", "decimal commas read as points", action=Action.repaired))
    return found


def _is_header(record: Record) -> bool:
    words = [text for text in record[1][:2] if text.strip()]
    return len(words) == 2 and all(number(text) is None for text in words)
