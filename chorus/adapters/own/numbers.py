"""How the numbers of a table are written: decimal commas, and thousands that are parted."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from collections.abc import Sequence

from chorus.adapters.base import Problem
from chorus.adapters.formats.table import Parse, Table
from chorus.adapters.formats.text import number
from chorus.schemas.issue import Action

#: A number with parted thousands; one whose point may part them.
GROUPED, POINTED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"), re.compile(r"\d{1,3}(\.\d{3})+")


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
