"""How much of a recording an annotation file covers, once some of its rows could not be read."""

from __future__ import annotations

from collections.abc import Iterable

from chorus.adapters.base import Problem
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated


def coverage(problems: Iterable[Problem]) -> Annotated:
    """`full` where every row was read, `partial` where one was dropped: a call stands there that nobody will see."""
    return Annotated.partial if any(p.action is Action.dropped for p in problems) else Annotated.full
