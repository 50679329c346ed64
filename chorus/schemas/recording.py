"""Recording: one sound file of a release, whether or not the sound is at hand, whether or not anything calls in it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated as Typed
from typing import ClassVar

from pydantic import Field, model_validator

from chorus.schemas.fields import Count, Name, Positive, Row, Seconds
from chorus.schemas.rules import Ordered, check_rules
from chorus.schemas.vocabulary import Annotated, AudioState

Latitude = Typed[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Typed[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Interval(Row):
    """A stretch of a recording."""

    rules: ClassVar[tuple[Ordered, ...]] = (Ordered("start_s", "end_s"),)

    start_s: Seconds = Field(description="Start, seconds")
    end_s: Seconds = Field(description="End, seconds")

    @model_validator(mode="after")
    def _ordered(self) -> Interval:
        check_rules(self, self.rules)
        return self


class Recording(Row):
    """One row of the `recordings` table. Rates and times are REAL ones: `time_expansion` is already undone."""

    rules: ClassVar[tuple[Ordered, ...]] = ()

    recording_id: Name = Field(description="source/relative-path")
    source: Name = Field(description="Id of the source")
    path: Name = Field(description="Path of the sound file relative to the release's root")
    audio: AudioState = Field(description="Whether the sound was at hand at ingest")
    frames: Count | None = Field(None, description="Samples per channel")
    sample_rate: Positive | None = Field(None, description="Samples per second in real time, Hz")
    channels: Positive | None = Field(None, description="Number of channels")
    subtype: str | None = Field(None, description="Sample format as libsndfile names it: PCM_16, FLOAT, VORBIS ...")
    duration_s: Seconds | None = Field(None, description="Length in real seconds")
    time_expansion: Typed[float, Field(gt=0, allow_inf_nan=False)] = Field(
        1.0, description="Factor by which the file plays slower than life (bat recorders: 10)"
    )
    recorded_at: datetime | None = Field(
        None,
        description="Date and time of the first sample as released: local if that is said; midnight if only the day is",
    )
    utc_offset_min: int | None = Field(None, description="Minutes to add to UTC to get local time")
    latitude: Latitude | None = Field(None, description="Decimal degrees, north positive")
    longitude: Longitude | None = Field(None, description="Decimal degrees, east positive")
    site: str | None = Field(None, description="Place, in the release's words")
    session: str | None = Field(None, description="Deployment or continuous bout the file was cut from")
    individual: str | None = Field(None, description="The one individual of the whole recording, if there is one")
    device: str | None = Field(None, description="Recorder")
    licence: str | None = Field(None, description="Licence of this file where it differs from the source's")
    split: str | None = Field(None, description="Split as released")
    annotated: Annotated = Field(description="How much of it was annotated")
    annotated_intervals: list[Interval] | None = Field(
        None, description="The annotated stretches when `annotated` is partial and they are known"
    )
