"""MobySound tables: tab separated, a header line that starts with '%', times in seconds, frequencies in Hz."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import decode, number
from chorus.errors import ReadError

HEADER = ("start time", "end time", "duration", "low freq", "high freq")


@dataclass
class Boxes:
    """Boxes as columns of equal length; `lines` are line numbers counted from 1."""

    lines: list[int] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    low_hz: list[float] = field(default_factory=list)
    high_hz: list[float] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def is_mobysound(data: bytes) -> bool:
    """Whether the first line is the header of such a table."""
    first = decode(data[:400], "", []).split("\n")[0]
    return first.startswith("%") and HEADER[0] in " ".join(first.split()).casefold()


def read_mobysound(data: bytes, origin: str) -> Boxes:
    """Read a table; the blank field that a trailing tab makes is ignored. Raises ReadError for another header; lines
    that do not hold five numbers are left out with a Problem each."""
    boxes = Boxes()
    lines = decode(data, origin, boxes.problems).split("\n")
    names = tuple(" ".join(name.strip(" %").split()).casefold() for name in lines[0].rstrip().split("\t"))
    if names != HEADER:
        raise ReadError(f"expected the columns {', '.join(HEADER)}, found {', '.join(names)[:80]}", origin, 1)
    for line, raw in enumerate(lines[1:], start=2):
        if not raw.strip():
            continue
        values = [number(text) for text in re.split(r"\s+", raw.strip())]
        if len(values) != len(HEADER) or None in values:
            message = f"expected five numbers, found {raw.strip()[:60]!r}"
            boxes.problems.append(Problem(origin, "not_a_number", message, line, raw))
            continue
        start, end, _, low, high = (float(value or 0.0) for value in values)
        for column, value in zip(
            (boxes.start_s, boxes.end_s, boxes.low_hz, boxes.high_hz), (start, end, low, high), strict=True
        ):
            column.append(value)
        boxes.lines.append(line)
    return boxes
