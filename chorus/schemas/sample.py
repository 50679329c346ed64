"""Sample: one training clip with the events in it, as written beside its sound in a shard."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from chorus.schemas.fields import Count, Decibel, Hertz, Name, Positive, Row, Seconds
from chorus.schemas.rules import Ordered, check_rules
from chorus.schemas.vocabulary import Annotated, Kind, Presence, Split, Strength


class Event(Row):
    """A call inside a clip, in clip time."""

    rules: ClassVar[tuple[Ordered, ...]] = (Ordered("start_s", "end_s"), Ordered("low_hz", "high_hz"))

    call_id: Name = Field(description="The call it comes from")
    recording_id: str | None = Field(None, description="The recording that its sound comes from")
    start_s: Seconds = Field(description="Start in clip time, seconds; clipped to the clip")
    end_s: Seconds = Field(description="End in clip time, seconds; clipped to the clip")
    low_hz: Hertz | None = Field(None, description="Lower frequency bound, Hz")
    high_hz: Hertz | None = Field(None, description="Upper frequency bound, Hz")
    label: str | None = Field(None, description="Label as released")
    kind: Kind = Field(description="What makes the sound")
    species: str | None = Field(None, description="Canonical species name")
    scientific_name: str | None = Field(None, description="Accepted scientific name")
    call_type: str | None = Field(None, description="Type of call")
    strength: Strength = Field(description="strong: the times were marked by someone")
    presence: Presence = Field(description="absent: ruled out here, a negative")
    snr_db: Decibel | None = Field(None, description="Signal-to-noise ratio in dB, where known")
    mixed_snr_db: Decibel | None = Field(
        None, description="Power of the call above what augmentation laid over it, in its band and span, dB"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        check_rules(self, self.rules)
        return self


def is_strong_call(kind: str, presence: str, strength: str, start_s: float, end_s: float) -> bool:
    """Whether an event with these fields is what a detector learns calls from: an animal or a human, surely there, with
    marked times."""
    voice = kind in (Kind.animal, Kind.human)
    return voice and presence == Presence.present and strength == Strength.strong and end_s > start_s


class AugmentStep(Row):
    """One thing that was done to the clip, with the parameters that were drawn."""

    name: Name = Field(description="Name of the augmentation")
    params: dict[str, Any] = Field(default_factory=dict, description="Drawn parameters, units in the names")


class Sample(Row):
    """The JSON beside each clip. `key` names the pair `key.flac`, `key.json` in the tar."""

    rules: ClassVar[tuple[Ordered, ...]] = ()

    key: Name = Field(description="Unique name of the clip in the shard set")
    split: Split = Field(description="Part it belongs to")
    source: Name = Field(description="Source of the base clip")
    recording_id: Name = Field(description="Recording of the base clip")
    parents: list[str] = Field(description="Every recording whose sound is in the clip, the base first")
    group: Name = Field(description="Split group; no group is in two splits")
    start_s: Seconds = Field(description="Start of the base clip in its recording, seconds")
    duration_s: Seconds = Field(description="Length of the clip, seconds")
    sample_rate: Positive = Field(description="Samples per second, Hz")
    frames: Count = Field(description="Samples in the clip")
    channel: Positive = Field(1, description="Channel taken, counted from 1")
    annotated: Annotated = Field(description="full: everything outside the events is known to be empty")
    annotated_s: list[tuple[float, float]] | None = Field(
        None, description="Stretches of the clip where the labels are complete; absent: as `annotated` says"
    )
    licence: str = Field(description="Licence(s) of the parents, joined by ' AND '")
    n_fft_scale: float | None = Field(None, gt=0, description="FFT window relative to the front end's base, drawn")
    hop_class: int | None = Field(None, ge=0, description="Octaves by which the front end's hop is finer, drawn")
    events: list[Event] = Field(default_factory=list, description="Calls in the clip")
    augment: list[AugmentStep] = Field(default_factory=list, description="What was done to the clip, in order")
