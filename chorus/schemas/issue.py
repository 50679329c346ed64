"""Issue: a row or file that was dropped, repaired or found odd. Nothing is lost without one."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from chorus.schemas.fields import Name, Positive, Row
from chorus.schemas.rules import Ordered


class Action(StrEnum):
    """dropped: no call came of it. repaired: read after a mend. noted: read as it is, but odd."""

    dropped = "dropped"
    repaired = "repaired"
    noted = "noted"


class Issue(Row):
    """One row of the `issues` table."""

    rules: ClassVar[tuple[Ordered, ...]] = ()

    source: Name = Field(description="Id of the source")
    origin_file: Name = Field(description="File, relative to the release")
    origin_line: Positive | None = Field(None, description="Line, counted from 1; absent: the whole file")
    reason: Name = Field(description="Short fixed name of the rule, for counting: end_before_start, not_a_number ...")
    message: str = Field(description="What was found and what was expected, in one line")
    raw: str | None = Field(None, description="The text as it stood")
    action: Action = Field(description="What became of it")
