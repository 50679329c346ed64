"""How much of a recording an annotation file covers, once some of its rows could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chorus.adapters.base import Problem
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated


def coverage(problems: Iterable[Problem]) -> Annotated:
    """`full` where every row was read, `partial` where one was dropped: a call stands there that nobody will see."""
    return Annotated.partial if any(p.action is Action.dropped for p in problems) else Annotated.full


def coverage_by(problems: Iterable[Problem], name_of: Callable[[str], str | None]) -> Callable[[str], Annotated]:
    """Coverage of each recording of a table that covers many and names them in its first field.

    `name_of` gives the recording's name from that field, None when it is none. A recording is `partial` where a row of
    its own was dropped; all are where a dropped row does not tell whose it was.
    """
    dropped = [p for p in problems if p.action is Action.dropped]
    lost = {name_of((p.raw or "").partition(",")[0].strip(' "')) for p in dropped}
    return lambda name: Annotated.partial if None in lost or name in lost else Annotated.full
