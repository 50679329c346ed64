"""Praat TextGrids, long and short form: read as Praat does, by their free-standing numbers and quoted texts.

Not praatio: it stumbles over Latin-1, refuses the whole file for one reversed interval, and gives no line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.text import decode
from chorus.adapters.own.marks import COMMON, Format, Marks, call_fields
from chorus.errors import ReadError

#: A comment, a quoted text (a quote in it is doubled), or anything else between blanks.
TOKEN = re.compile(r'(?m:^[ \t]*!.*$)|"((?:[^"]|"")*)"|([^\s"]+)')
#: What `TextGrid` has to say: interval tiers hold stretches, text tiers points.
TIERS = {"IntervalTier": 2, "TextTier": 1}
Value = tuple[int, str | float]


def sniff(data: bytes, path: str) -> bool:
    head = decode(data[:400], path, [])
    return "ooTextFile" in head and '"TextGrid"' in head


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    """Every interval with a text, and every point, as a call; its tier is the type of call unless a mapping says
    otherwise ('tier' and 'text' are the columns)."""
    problems: list[Problem] = []
    grid = _Grid(values(decode(data, path, problems)), path)
    grid.read()
    usual = {"label": ("text",), "call_type": ("tier",)}
    columns = call_fields({"text": grid.text, "tier": grid.tier}, mapping, path, usual)
    return Marks(grid.lines, grid.start, grid.end, columns, problems=problems)


def values(text: str) -> Iterator[Value]:
    """(line, quoted text or free-standing number) of a file; words, brackets and flags are for people."""
    line, at = 1, 0
    for token in TOKEN.finditer(text):
        line += text.count("\n", at, token.start())
        at = token.start()
        if token[1] is not None:
            yield line, token[1].replace('""', '"')
        elif token[2] is not None and re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?%?", token[2]):
            yield line, float(token[2].rstrip("%"))


@dataclass
class _Grid:
    """The marks of a grid as columns, read from its values in order."""

    found: Iterator[Value]
    path: str
    line: int = 1
    lines: list[int] = field(default_factory=list)
    start: list[float | None] = field(default_factory=list)
    end: list[float | None] = field(default_factory=list)
    text: list[str | None] = field(default_factory=list)
    tier: list[str | None] = field(default_factory=list)

    def read(self) -> None:
        """Read header and tiers. Raises ReadError with the line where the file ends or is no TextGrid."""
        for _ in ("file type", "class"):
            self._word("a TextGrid's header")
        for _ in ("start", "end"):
            self._number("start and end of the grid")
        for _ in range(self._count("the number of tiers")):
            self._tier()

    def _tier(self) -> None:
        kind, name = self._word("IntervalTier or TextTier"), self._word("the name of a tier")
        if kind not in TIERS:
            raise ReadError(f"expected IntervalTier or TextTier, found '{kind[:40]}'", self.path, self.line)
        for _ in ("start", "end"):
            self._number(f"start and end of tier '{name}'")
        for _ in range(self._count(f"the number of marks in tier '{name}'")):
            times = [self._number(f"a time in tier '{name}'") for _ in range(TIERS[kind])]
            line, text = self.line, self._word(f"a text in tier '{name}'").strip()
            if text or kind == "TextTier":
                self.lines.append(line)
                self.start.append(times[0])
                self.end.append(times[-1])
                self.text.append(text or None)
                self.tier.append(name or None)

    def _next(self, expected: str) -> str | float:
        try:
            self.line, value = next(self.found)
        except StopIteration:
            raise ReadError(f"the file ends where {expected} was expected", self.path, self.line) from None
        return value

    def _word(self, expected: str) -> str:
        value = self._next(expected)
        if isinstance(value, str):
            return value
        raise ReadError(f"expected {expected}, found the number {value:g}", self.path, self.line)

    def _number(self, expected: str) -> float:
        value = self._next(expected)
        if isinstance(value, float):
            return value
        raise ReadError(f"expected {expected}, found the text '{value[:40]}'", self.path, self.line)

    def _count(self, expected: str) -> int:
        value = self._number(expected)
        if value >= 0 and value == int(value):
            return int(value)
        raise ReadError(f"expected {expected}, found {value:g}", self.path, self.line)


FORMAT = Format(
    "textgrid",
    "Praat TextGrid",
    ("*.textgrid",),
    sniff,
    read,
    (*COMMON, "label", "individual", "call_type"),
)
