"""Duplicate: a recording whose sound stands in the lake more than once, in two sources or twice in one."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from chorus.schemas.fields import Fraction, Name, Row, Seconds
from chorus.schemas.rules import Ordered


class How(StrEnum):
    """bytes: the files are equal. sound: their fingerprints agree (another format, rate or level, a cut)."""

    bytes = "bytes"
    sound = "sound"


class Duplicate(Row):
    """One row of the `duplicates` table: a recording, the cluster of copies it is in, and the copy it is most like."""

    rules: ClassVar[tuple[Ordered, ...]] = ()

    recording_id: Name = Field(description="The recording")
    source: Name = Field(description="Its source")
    cluster: Name = Field(description="Name of the cluster: the first of its recordings, by id")
    how: How = Field(description="How it is known")
    match: Name = Field(description="The recording of the cluster that it is most like")
    similarity: Fraction = Field(description="1: the same; 0: as unlike as chance has it")
    offset_s: float = Field(allow_inf_nan=False, description="It starts so many seconds after `match` does")
    shared_s: Seconds | None = Field(None, description="Seconds of sound that were compared; absent: equal files")
    band: str | None = Field(None, description="Where they were compared: low, audible, ultrasound; absent: bytes")
