"""Selections that run on into the next sound, and the one after it: Raven opens several files as one long sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chorus.adapters.base import Problem, Release
from chorus.adapters.own.marks import Marks
from chorus.adapters.own.sounds import is_sound
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: A rest that is shorter than this is none, and one may pass the end of its sound by this much, seconds.
SLACK_S = 0.01


@dataclass(frozen=True)
class Part:
    """A part of a row: its sound, and its times in the file's time."""

    sound: str
    start: float | None
    end: float | None


def crossed(
    release: Release, unit: str, marks: Marks, paths: dict[str, str], offset_s: float
) -> tuple[Marks, list[tuple[str, Problem]]]:
    """The marks with such rows in parts, each within its sound; and for each that cannot be parted the names of the
    sounds that lack some of it, with a Problem. `offset_s` is added to times; `paths` gets the sounds that lie between
    those that a row names."""
    parts: dict[int, list[Part]] = {}
    lost: list[tuple[str, Problem]] = []
    told = {paths[name] for name in (*marks.sound, *marks.until) if name}
    for i, last in enumerate(marks.until):
        first, start, end = marks.sound[i], marks.start[i], marks.end[i]
        if not last or paths[last] == paths[first] or start is None or end is None:
            continue
        between = sounds_between(release, paths[first], paths[last])
        paths |= {path: path for path in between}
        names = [first, *between, last]
        lengths = [duration(release, paths[name]) for name in names]
        places, why = way(lengths, start + offset_s, end + offset_s, between_told=not told.isdisjoint(between))
        spans = cut(places, lengths, start + offset_s, end + offset_s)
        parts[i] = [Part(names[place], a - offset_s, b - offset_s) for place, a, b in spans]
        if why:
            message = f"runs on into {last}, its rest is lost: {why}"
            problem = Problem(unit, "runs_into_next", message, marks.lines[i], action=Action.noted)
            lost += [(name, problem) for name in (*between, last)]
    return parted(marks, parts), lost


def sounds_between(release: Release, first: str, last: str) -> list[str]:
    """The sounds between two of one folder, by their names: those that Raven opens between them."""
    folder = first.rpartition("/")[0]
    if last.rpartition("/")[0] != folder:
        return []
    return sorted(p for p in release.files if is_sound(p) and p.rpartition("/")[0] == folder and first < p < last)


def way(lengths: Sequence[float | None], start: float, end: float, between_told: bool) -> tuple[list[int], str]:
    """Through which sounds a row leads, by their places in `lengths`: through all, or from the first to the last; and
    why its rest has no place ('': it has). Where both may be, through all if others are told to lie between."""
    here, there = lengths[0], lengths[-1]
    if here is None or there is None:
        return [0], "the length of one of the two is not known"
    rest, inner = end - here, lengths[1:-1]
    if abs(rest) < SLACK_S and start < here:
        return [0], ""
    ways = {sum(length or 0.0 for length in inner): list(range(len(lengths)))} if None not in inner else {}
    ways.setdefault(0.0, [0, len(lengths) - 1])
    fit = [places for passed, places in ways.items() if start < here and 0 < rest - passed <= there + SLACK_S]
    if len(fit) > 1 and not between_told:
        return [0], "sounds lie between that it may or may not run through"
    if not fit:
        return [0], f"times do not fit their lengths ({here:.2f} s and {there:.2f} s)"
    return fit[0], ""


def cut(
    places: Sequence[int], lengths: Sequence[float | None], start: float, end: float
) -> list[tuple[int, float, float]]:
    """A row as (place, start, end) in each of its sounds; none passes the end of its sound, if it begins before."""
    found = []
    for place in places:
        length = lengths[place]
        found.append((place, start, end if length is None or start >= length else min(end, length)))
        start, end = 0.0, end - (length or 0.0)
    return found


def parted(marks: Marks, parts: dict[int, list[Part]]) -> Marks:
    """The marks with some rows in parts."""
    if not parts:
        return marks
    rows = [(i, part) for i in range(len(marks.lines)) for part in parts.get(i, [None])]
    found = marks.picked([i for i, _ in rows])
    found.sound = [part.sound if part else marks.sound[i] for i, part in rows]
    found.start = [part.start if part else marks.start[i] for i, part in rows]
    found.end = [part.end if part else marks.end[i] for i, part in rows]
    return found


def duration(release: Release, path: str) -> float | None:
    """Seconds of a sound; None where that is not known."""
    try:
        return release.probe(path).duration_s if path in release.files else None
    except ReadError:
        return None
