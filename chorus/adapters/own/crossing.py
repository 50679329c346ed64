"""Selections that run on into the next sound: Raven opens several files as one long sound."""

from __future__ import annotations

from chorus.adapters.base import Problem, Release
from chorus.adapters.own.marks import Marks
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: A rest that is shorter than this is none, and one may pass the end of its sound by this much, seconds.
SLACK_S = 0.01


def crossed(
    release: Release, unit: str, marks: Marks, paths: dict[str, str], offset_s: float
) -> tuple[Marks, list[tuple[str, Problem]]]:
    """The marks with such rows as two, one up to the end of its sound and one from the start of the next; and for each
    that cannot be parted the name of the next sound, with a Problem. `offset_s` is added to times."""
    cuts: dict[int, float | None] = {}
    lost: list[tuple[str, Problem]] = []
    for i, name in enumerate(marks.until):
        if name and paths[name] != paths[marks.sound[i]]:
            here, there = (_duration(release, paths[of]) for of in (marks.sound[i], name))
            cuts[i], why = _cut(marks.start[i], marks.end[i], here, there, offset_s)
            if why:
                message = f"runs on into {name}, its rest is lost: {why}"
                lost.append((name, Problem(unit, "runs_into_next", message, marks.lines[i], action=Action.noted)))
    return _parted(marks, cuts, -offset_s), lost


def _cut(
    start: float | None, end: float | None, here: float | None, there: float | None, offset_s: float
) -> tuple[float | None, str]:
    """Where a row leaves its sound, in the file's time, or None and why it cannot be parted; '' where nothing is
    lost."""
    if start is None or end is None or here is None or there is None:
        return None, "the length of one of the two is not known"
    cut = here - offset_s
    if abs(end - cut) < SLACK_S and start < cut:
        return None, ""
    if start < cut < end and end - cut <= there + SLACK_S:
        return cut, ""
    return None, f"times do not fit their lengths ({here:.2f} s and {there:.2f} s)"


def _parted(marks: Marks, cuts: dict[int, float | None], zero: float) -> Marks:
    """The marks with the rows of `cuts` as two; `zero` is the start of a sound in the file's time."""
    rows = [i for i in range(len(marks.lines)) for _ in range(1 if cuts.get(i) is None else 2)]
    if len(rows) == len(marks.lines):
        return marks
    found = marks.picked(rows)
    start, end, sound = list(found.start), list(found.end), list(found.sound)
    for place, i in enumerate(rows):
        cut, whole = cuts.get(i), marks.end[i]
        if cut is None or whole is None:
            continue
        if place and rows[place - 1] == i:
            start[place], end[place], sound[place] = zero, whole - cut + zero, marks.until[i]
        else:
            end[place] = cut
    found.start, found.end, found.sound = start, end, sound
    return found


def _duration(release: Release, path: str) -> float | None:
    try:
        return release.probe(path).duration_s if path in release.files else None
    except ReadError:
        return None
