"""Plain text tables: aligned, cut to the terminal's width, the same on a screen, in a pipe and in the README."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

GAP = "  "


def text(value: Any) -> str:
    """A value as a person would write it; None is blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.1f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def render(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table with a header and a rule. Numbers are right-aligned; the widest columns give way to fit the terminal."""
    cells = [[text(v).replace("\n", " ") for v in row] for row in rows]
    right = [any(isinstance(row[i], int | float) for row in rows) for i in range(len(names))]
    sizes = (
        [max(len(name), *(len(row[i]) for row in cells), 1) for i, name in enumerate(names)]
        if cells
        else [len(n) for n in names]
    )
    _shrink(sizes, terminal_width())
    lines = [_line(names, sizes, right), GAP.join("-" * size for size in sizes)]
    lines += [_line(row, sizes, right) for row in cells]
    return "\n".join(lines)


def terminal_width() -> int:
    """Columns of the terminal; 160 in a pipe."""
    return shutil.get_terminal_size((160, 24)).columns if sys.stdout.isatty() else 160


def wrapped(line: str) -> str:
    """A line of prose, broken to the terminal's width; what follows the first line is indented."""
    return textwrap.fill(line, terminal_width(), subsequent_indent=GAP, break_long_words=False, break_on_hyphens=False)


def _shrink(sizes: list[int], width: int) -> None:
    while sum(sizes) + len(GAP) * (len(sizes) - 1) > width and max(sizes) > 8:
        sizes[sizes.index(max(sizes))] -= 1


def _line(cells: Sequence[str], sizes: list[int], right: list[bool]) -> str:
    parts = []
    for cell, size, to_right in zip(cells, sizes, right, strict=True):
        cell = cell if len(cell) <= size else cell[: size - 1] + "…"
        parts.append(cell.rjust(size) if to_right else cell.ljust(size))
    return GAP.join(parts).rstrip()
