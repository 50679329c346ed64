"""Starts and ends of a table whose rows may state an end or a duration."""

from __future__ import annotations

from chorus.adapters.base import Problem
from chorus.adapters.formats.table import Table
from chorus.adapters.formats.text import number


def spans(table: Table) -> tuple[list[int], list[float | None], list[float | None]]:
    """Rows that have an end (End, else Start + Duration), their starts and ends; the others become Problems."""
    start, blank = table.numbers("Start"), [None] * len(table)
    ends, lengths = (
        [number(text or "") for text in table.column(name)] if name in table.text else blank
        for name in ("End", "Duration")
    )
    found: list[float | None] = []
    for i, (a, b, length) in enumerate(zip(start, ends, lengths, strict=True)):
        found.append(b if b is not None else a + length if a is not None and length is not None else None)
        if found[i] is None:
            message = "neither End nor Duration is a number"
            table.problems.append(Problem(table.origin, "not_a_number", message, table.lines[i]))
    rows = [i for i, value in enumerate(found) if value is not None]
    return rows, [start[i] for i in rows], [found[i] for i in rows]
