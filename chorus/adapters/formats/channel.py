"""Channels as tables write them: '2', '2.0' (what programs write beside blank fields), a side, or counted from 0."""

from __future__ import annotations

from collections.abc import Sequence

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import number
from chorus.schemas.issue import Action

SIDES = {"l": 1, "left": 1, "r": 2, "right": 2}


def read_channels(
    texts: Sequence[str | None], lines: Sequence[int], origin: str, from_0: bool = False
) -> tuple[list[int | None], list[Problem]]:
    """Channels counted from 1, None where none is stated. With `from_0` a column that holds a 0 counts from there, as
    Kaleidoscope does. What is no channel is told once."""
    counted = {text: _counted(text) for text in {*texts}}
    shift = int(from_0 and 0 in counted.values())
    known = {text: SIDES.get(_word(text)) or _from_1(count, shift) for text, count in counted.items()}
    problems = []
    if shift:
        message = "channels count from 0: 0 is read as the first, 1 as the second"
        problems.append(Problem(origin, "channels_from_0", message, action=Action.noted))
    odd = [(line, text) for line, text in zip(lines, texts, strict=True) if known[text] is None and _word(text)]
    if odd:
        line, text = odd[0]
        message = f"no channel in {len(odd):,} rows, this one first: read as absent"
        problems.append(Problem(origin, "no_channel", message, line, text, Action.noted))
    return [known[text] for text in texts], problems


def _word(text: str | None) -> str:
    return (text or "").strip().casefold()


def _counted(text: str | None) -> int | None:
    value = number(_word(text))
    return int(value) if value is not None and value.is_integer() else None


def _from_1(count: int | None, shift: int) -> int | None:
    return count + shift if count is not None and count + shift > 0 and count >= 0 else None
