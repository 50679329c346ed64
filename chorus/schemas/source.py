"""Source: one released dataset, declared by its adapter."""

from __future__ import annotations

from typing import Annotated as Typed
from typing import ClassVar

from pydantic import Field

from chorus.schemas.fields import Count, Name, Row
from chorus.schemas.rules import Ordered
from chorus.schemas.vocabulary import Environment, Layout, Role, SourceStrength


class ReleaseFile(Row):
    """One downloadable file of a release. Facts that nobody has read are absent, never guessed."""

    name: Name = Field(description="File name as released")
    url: str | None = Field(None, description="Where it is served")
    size: Count | None = Field(None, description="Size in bytes")
    md5: str | None = Field(None, description="MD5 in hex")
    sha256: str | None = Field(None, description="SHA-256 in hex")


class SetAside(Row):
    """Rows of a release that Table 1 does not count, and why."""

    where: Name = Field(description="SQL predicate over the source's calls: which rows")
    why: Name = Field(description="Reason, in one line that a curator understands")
    rows: Count | None = Field(None, description="How many the whole release holds, where that is known")


class Source(Row):
    """A card: what a release is, who made it, under which licence, and how its calls are counted."""

    rules: ClassVar[tuple[Ordered, ...]] = ()

    id: Name = Field(description="Short name used in commands")
    title: Name = Field(description="Title of the dataset")
    citation: Name = Field(description="How to cite it")
    doi: str | None = Field(None, description="DOI of the data, else of the paper that describes them")
    version: str | None = Field(None, description="Version or record of the release this adapter reads")
    licence: Name = Field(description="SPDX id, or LicenseRef-... when there is none or it is unknown")
    environment: Environment = Field(description="Where the recordings were made")
    taxa: list[str] = Field(description="Groups of animals in it, in plain English")
    role: Role = Field(description="training, or held_out for evaluation")
    strength: SourceStrength = Field(description="Strength of the labels")
    files: list[ReleaseFile] = Field(default_factory=list, description="Files of the release")
    get: str | None = Field(None, description="How to obtain it where a program cannot")
    paper_calls: Count | None = Field(None, description="Calls in Table 1 of the paper; absent: not in the paper")
    paper_hours: Typed[float, Field(ge=0, allow_inf_nan=False)] | None = Field(None, description="Hours in Table 1")
    counts_as_call: str = Field("presence = 'present'", description="SQL predicate: the rows that Table 1 counts")
    counted_calls: Count | None = Field(
        None, description="Rows the rule gives on the whole release, where known; not paper_calls: see `explanation`"
    )
    release_calls: Count | None = Field(None, description="Rows of the whole release, counted or not, where known")
    release_hours: Typed[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, description="Hours of sound of the whole release, where known"
    )
    set_aside: list[SetAside] = Field(default_factory=list, description="Rows that do not count, group by group")
    explanation: str | None = Field(
        None, description="How the counted number comes to be what it is, and why it differs from Table 1 if it does"
    )
    layout: Layout = Field(description="How the file layout is known")
    notes: list[str] = Field(default_factory=list, description="Known differences, traps and choices, one line each")
