"""Call: one annotated sound event. A bird's song, a whale's moan, a spoken sentence, a stretch marked 'no call'."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from chorus.schemas.fields import Decibel, Fraction, Hertz, Name, Positive, Row, Seconds
from chorus.schemas.rules import Ordered, check_rules
from chorus.schemas.vocabulary import Flag, Kind, Presence, Rank, Sex, Strength


class Call(Row):
    """One row of the `calls` table. Times are in seconds from the start of the recording, in real time."""

    rules: ClassVar[tuple[Ordered, ...]] = (Ordered("start_s", "end_s"), Ordered("low_hz", "high_hz"))

    call_id: Name = Field(
        description="Stable over re-ingests: source, hash of the origin file, line, place in the line"
    )
    recording_id: Name = Field(description="The recording it was heard in: source/relative-path")
    source: Name = Field(description="Id of the source")
    channel: Positive | None = Field(None, description="Channel counted from 1, as Raven does; absent: not stated")
    start_s: Seconds = Field(description="Start, seconds from the start of the recording")
    end_s: Seconds = Field(description="End, seconds from the start of the recording")
    low_hz: Hertz | None = Field(None, description="Lower frequency bound in Hz (ac:freqLow); may be absent alone")
    high_hz: Hertz | None = Field(None, description="Upper frequency bound in Hz (ac:freqHigh); may be absent alone")
    label: str | None = Field(None, description="The label as released, never changed; absent when the field was empty")
    kind: Kind = Field(Kind.unknown, description="What makes the sound")
    species: str | None = Field(
        None, description="Lower-case English name, else the scientific name; species rank only"
    )
    scientific_name: str | None = Field(None, description="Accepted name of the taxon at the rank that was resolved")
    taxon_rank: Rank | None = Field(None, description="Rank of scientific_name")
    genus: str | None = Field(None, description="Genus")
    family: str | None = Field(None, description="Family")
    taxon_order: str | None = Field(None, description="Order ('order' is an SQL keyword)")
    taxon_class: str | None = Field(None, description="Class")
    call_type: str | None = Field(None, description="Type of call, song or syllable in the release's words")
    individual: str | None = Field(None, description="The individual animal or speaker, in the release's words")
    sex: Sex | None = Field(None, description="Sex of the caller")
    life_stage: str | None = Field(None, description="Life stage: adult, juvenile, pup ...")
    behavior: str | None = Field(None, description="What the animal was doing")
    strength: Strength = Field(Strength.strong, description="Whether start and end were marked")
    presence: Presence = Field(Presence.present, description="Whether the labelled taxon is there, or was ruled out")
    confidence: Fraction | None = Field(None, description="Annotator's or detector's confidence, 0 to 1")
    snr_db: Decibel | None = Field(None, description="Signal-to-noise ratio in dB, where the release states it")
    quality: str | None = Field(None, description="Quality mark as released")
    split: str | None = Field(None, description="Split as released (train, test, fold 1 ...)")
    flags: list[Flag] = Field(default_factory=list, description="What is odd about a call that is kept")
    origin_file: Name = Field(description="Annotation file it came from, relative to the release")
    origin_line: Positive | None = Field(None, description="Line (or record) in that file, counted from 1")

    @model_validator(mode="after")
    def _ordered(self) -> Call:
        check_rules(self, self.rules)
        return self
