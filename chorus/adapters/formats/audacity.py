"""Audacity label tracks: tab separated `start end label` in seconds, no header.

With spectral selection on, a label is followed by a line `\\ low high` in Hz that belongs to it. A point label has
equal start and end; very old files give it as `start label`. Nothing in the file says how many labels there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import decode, number
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: After so many bad lines and not a good one the file is no label track.
GIVE_UP = 20


@dataclass
class LabelTrack:
    """Labels as columns of equal length; `lines` are line numbers counted from 1. `low_hz` and `high_hz` are None
    where there is no spectral line or it says undefined (-1)."""

    lines: list[int] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    low_hz: list[float | None] = field(default_factory=list)
    high_hz: list[float | None] = field(default_factory=list)
    label: list[str | None] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _BadLine(Exception):
    """A line that is no label: the Problem's reason and message."""


def read_audacity(data: bytes, origin: str) -> LabelTrack:
    """Read a label track; an empty file has no labels.

    Lines that do not parse are left out with a Problem each. Raises ReadError when the first 20 lines hold no label.
    """
    track = LabelTrack()
    lines = decode(data, origin, track.problems).split("\n")
    above = False  # whether the line above is a label that a spectral line may belong to
    for line, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        row = raw.split("\t")
        below_label, above = above, False
        try:
            if row[0].strip() == "\\":
                _band(track, row, below_label)
            else:
                _label(track, row, line)
                above = True
        except _BadLine as bad:
            reason, message = bad.args
            track.problems.append(Problem(origin, reason, message, line, raw))
            if not track.lines and len(track.problems) >= GIVE_UP:
                message = f"expected lines of start, end, label between tabs, found {raw.strip()[:60]!r}"
                raise ReadError(message, origin, line) from None
    if any("," in "".join(lines[line - 1].split("\t")[:2]) for line in track.lines):
        track.problems.append(Problem(origin, "decimal_comma", "decimal commas read as points", action=Action.repaired))
    return track


def _label(track: LabelTrack, row: list[str], line: int) -> None:
    if len(row) < 2 or any(text.strip() for text in row[3:]):
        raise _BadLine("wrong_field_count", f"expected start, end and label, found {len(row)} field(s)")
    start, end, text = number(row[0]), number(row[1]), row[2] if len(row) > 2 else ""
    if end is None and len(row) == 2:
        end, text = start, row[1]
    if start is None or end is None:
        raise _BadLine("not_a_number", "start or end is not a number")
    track.lines.append(line)
    track.start_s.append(start)
    track.end_s.append(end)
    track.low_hz.append(None)
    track.high_hz.append(None)
    track.label.append(text if text.strip() else None)


def _band(track: LabelTrack, row: list[str], above: bool) -> None:
    """Give the label above its bounds; Audacity writes a negative number for a bound that is not defined."""
    if not above:
        raise _BadLine("band_without_label", "a line of frequencies that no label stands above")
    bounds = [number(text) for text in [*row[1:3], "", ""][:2]]
    if None in bounds:
        raise _BadLine("not_a_number", "a frequency of the label above is not a number")
    low, high = (None if b is None or b < 0 else b for b in bounds)
    track.low_hz[-1], track.high_hz[-1] = low, high
