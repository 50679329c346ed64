"""TIMIT transcriptions (.PHN, .WRD, .TXT): `begin end text` between blanks, sample numbers, no header."""

from __future__ import annotations

from dataclasses import dataclass, field

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import decode

#: Samples per second of every TIMIT recording, whatever the copy's container.
RATE_HZ = 16_000


@dataclass
class Segments:
    """Segments as columns of equal length, times in seconds; `lines` are line numbers counted from 1."""

    lines: list[int] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_timit(data: bytes, origin: str) -> Segments:
    """Read a transcription; the text may hold blanks. Lines that do not start with two whole numbers are left out
    with a Problem each."""
    found = Segments()
    for line, raw in enumerate(decode(data, origin, found.problems).split("\n"), start=1):
        if not raw.strip():
            continue
        parts = raw.split(None, 2)
        if len(parts) < 3:
            message = f"expected begin, end and text, found {len(parts)} field(s)"
            found.problems.append(Problem(origin, "wrong_field_count", message, line, raw))
        elif not (parts[0].isdecimal() and parts[1].isdecimal()):
            message = "begin or end is not a sample number"
            found.problems.append(Problem(origin, "not_a_number", message, line, raw))
        else:
            found.lines.append(line)
            found.start_s.append(int(parts[0]) / RATE_HZ)
            found.end_s.append(int(parts[1]) / RATE_HZ)
            found.label.append(parts[2].rstrip())
    return found
