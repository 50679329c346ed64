"""Rows that name no sound in a file whose other rows do: whose calls they are nobody can tell."""

from __future__ import annotations

from chorus.adapters.base import Problem
from chorus.adapters.own.marks import OWN, Marks


def without_nameless(marks: Marks, unit: str) -> Marks:
    """The marks without such rows, and a Problem for each."""
    lost = [line for line, name in zip(marks.lines, marks.sound, strict=True) if name == OWN]
    if not 0 < len(lost) < len(marks.lines):
        return marks
    marks = marks.picked([i for i, name in enumerate(marks.sound) if name != OWN])
    if marks.sounds is not None:
        marks.sounds = {name: sound for name, sound in marks.sounds.items() if name != OWN}
    message = "names no sound, though other rows do"
    marks.problems += [Problem(unit, "no_sound_named", message, line) for line in lost]
    return marks
