"""What is odd about annotation files, in words that a biologist understands."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping
from chorus.schemas.issue import Action


class Outcome(StrEnum):
    """What becomes of a row or file: it cannot be used, it is used after a repair, or it is used as it is."""

    left_out = "left out"
    repaired = "repaired"
    noted = "noted"


OUTCOMES = {
    Action.dropped: Outcome.left_out,
    Action.repaired: Outcome.repaired,
    Action.noted: Outcome.noted,
}
#: Why a reader says what it says, and what to look for; by the reason of its Problem.
HINTS = {
    "wrong_field_count": "a separator inside a label, or a line that was cut?",
    "not_utf8": "letters with accents, written by an older program",
    "bad_quotes": "a quotation mark that is not closed?",
    "band_without_label": "a label above it was deleted?",
    "repeated_view": "waveform and spectrogram",
    "unreadable_file": "nothing of this file can be used",
}


#: Columns of calls as readers name them -> in words.
COLUMNS = {"start_s": "begin", "end_s": "end", "low_hz": "lower frequency", "high_hz": "upper frequency"}
COLUMN = re.compile(rf"\b({'|'.join(COLUMNS)})\b")
#: Letters of a row that are shown.
LETTERS = 80

#: The finding about a table whose columns nobody has named: it was not checked.
UNNAMED = "unnamed_columns"
#: The finding about a file whose sound is not at hand: what it says was not held against a recording.
NO_SOUND = "no_sound"
#: Formats whose calls are counted, for their files have no lines that people would look at.
COUNTED = ("aoef", "koumura", "svl", "notmat")


@dataclass(frozen=True)
class Finding:
    """One odd thing: on which line (None: the file as a whole), a short fixed name, and what is said of it."""

    line: int | None
    what: str
    words: str
    outcome: Outcome

    def __str__(self) -> str:
        return self.told("line")

    def told(self, place: str) -> str:
        """One line of text; `place`: what the number of the line counts."""
        where = f"{place} {self.line}: " if self.line is not None else ""
        done = "" if self.outcome is Outcome.noted else f" [{self.outcome}]"
        return f"{where}{self.words}{done}"


def from_problem(problem: Problem) -> Finding:
    """What a reader found, in words for people: with a hint where there is one, and the row where a number is none."""
    words = COLUMN.sub(lambda column: COLUMNS[column[0]], problem.message)
    hint = HINTS.get(problem.reason)
    if problem.reason == "not_a_number" and problem.raw:
        row = " | ".join(problem.raw.split("\t"))
        hint = f"in '{row if len(row) <= LETTERS else row[: LETTERS - 1] + '…'}'"
    words = f"{words} ({hint})" if hint else words
    return Finding(problem.line, problem.reason, words, OUTCOMES[problem.action])


@dataclass(frozen=True)
class CallRow:
    """A call of a file: where it stands, its sound, and its bounds in seconds and Hz; `changed` names the bounds that
    a repair changed."""

    line: int
    sound: str
    start_s: float
    end_s: float
    low_hz: float | None = None
    high_hz: float | None = None
    label: str | None = None
    call_type: str | None = None
    individual: str | None = None
    channel: int | None = None
    changed: frozenset[str] = frozenset()


@dataclass
class FileReport:
    """What was found in one file, read with `mapping`. `calls` are those that can be used, after repairs; `format` is
    None for a file of unknown format."""

    path: str
    format: str | None
    mapping: Mapping = field(default_factory=Mapping)
    calls: list[CallRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True

    @property
    def rows(self) -> int:
        """Calls, and rows that could not become one."""
        lines = {finding.line for finding in self.findings if finding.outcome is Outcome.left_out}
        return len(self.calls) + len(lines - {None})

    @property
    def unnamed(self) -> bool:
        """Whether it is a table whose columns nobody has named."""
        return any(finding.what == UNNAMED for finding in self.findings)

    @property
    def odd(self) -> list[Finding]:
        """What was found in the file itself: all but that its sound is not at hand."""
        return [finding for finding in self.findings if finding.what != NO_SOUND]

    def count(self, outcome: Outcome) -> int:
        return sum(finding.outcome is outcome for finding in self.odd)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; the calls as their number."""
        return {
            "path": self.path,
            "format": self.format,
            "rows": self.rows,
            "calls": len(self.calls),
            "findings": [asdict(finding) for finding in self.findings],
        }
