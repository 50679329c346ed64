"""How much of a recording an annotation file covers, once some of its rows could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chorus.adapters.base import Problem
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated


def coverage(problems: Iterable[Problem]) -> Annotated:
    """`full` where every row was read, `partial` where one was dropped: a call stands there that nobody will see."""
    return Annotated.partial if any(p.action is Action.dropped for p in problems) else Annotated.full


def covered(rows: int, origin: str, problems: list[Problem]) -> Annotated:
    """As `coverage`, for a release in which every file has rows: one without any tells nothing of its recording, which
    is `none` then and no reviewed silence; a Problem is added."""
    if not rows and not problems:
        problems.append(empty(origin))
        return Annotated.none
    return coverage(problems)


def empty(origin: str) -> Problem:
    """A file without a row, where the release has none such."""
    return Problem(origin, "empty_file", "holds no row: whether anything was lost is not known", action=Action.noted)


def coverage_by(problems: Iterable[Problem], name_of: Callable[[str], str | None]) -> Callable[[str], Annotated]:
    """Coverage of each recording of a table that covers many and names them in its first field.

    `name_of` gives the recording's name from that field, None when it is none. A recording is `partial` where a row of
    its own was dropped; all are where a dropped row does not tell whose it was.
    """
    dropped = [p for p in problems if p.action is Action.dropped]
    lost = {name_of((p.raw or "").partition(",")[0].strip(' "')) for p in dropped}
    return lambda name: Annotated.partial if None in lost or name in lost else Annotated.full
