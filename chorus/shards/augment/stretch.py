"""Pitch and time stretch: the clip played faster or slower."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chorus.audio.level import spectrum
from chorus.schemas.sample import AugmentStep, Event
from chorus.schemas.vocabulary import Presence, Strength
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.measure import span
from chorus.shards.augment.step import Step, drawn

if TYPE_CHECKING:
    import numpy as np

Semitones = Annotated[float, Field(ge=-24, le=24, allow_inf_nan=False)]

#: No event is moved above this part of half the sample rate: there the filter of the resampler begins to fall.
PASSED = 0.91
#: The top of an event without one is the frequency below which this part of its power lies.
POWER = 0.95


class StretchStep(Step):
    """A change of the playback rate."""

    semitones: tuple[Semitones, Semitones] = Field(
        description="Change of pitch; 12 double all frequencies and halve all times"
    )


def stretch(clip: Clip, rng: np.random.Generator, params: StretchStep) -> tuple[Clip, AugmentStep]:
    """The clip played at a drawn rate `speed`: times are divided by it, frequencies multiplied, both exactly.

    The clip gets longer or shorter; nothing is cut off. The speed is held where an event would leave the band of the
    sample rate. Signal and noise change alike, so an event's SNR stays.
    """
    import soxr

    semitones = drawn(rng, params.semitones)
    speed = 2 ** (semitones / 12)
    held = min(speed, max(1.0, _fastest(clip)))
    frames = round(clip.frames / held)
    log = {"semitones": semitones, "speed": clip.frames / frames if frames else 1.0}
    if held < speed:
        log["held_from_speed"] = round(speed, 6)
    if frames in (0, clip.frames):
        return clip, AugmentStep(name="stretch", params=log | {"speed": 1.0})
    speed = log["speed"]
    stretched = replace(
        clip,
        samples=soxr.resample(clip.samples, clip.frames, frames, quality="HQ"),
        events=tuple(_played(event, speed, frames / clip.rate) for event in clip.events),
        annotated_s=None if clip.annotated_s is None else tuple(_times(clip.annotated_s, speed)),
        band_limit_hz=_band_limit(clip, speed),
    )
    return stretched, AugmentStep(name="stretch", params=log)


def _fastest(clip: Clip) -> float:
    """The speed at which the highest event reaches the top of the band; below 1 where one lies above it already."""
    tops = [top for top in (_top_hz(clip, event) for event in clip.events) if top]
    return PASSED * clip.rate / 2 / max(tops) if tops else float("inf")


def _top_hz(clip: Clip, event: Event) -> float | None:
    """Upper bound of an event, measured where none is given; None where nothing can be known of it."""
    return event.high_hz if event.high_hz is not None else quantile_hz(clip, event, POWER)


def quantile_hz(clip: Clip, event: Event, part: float) -> float | None:
    """The frequency below which a part of an event's power lies; None for one that nobody marked."""
    import numpy as np

    first, last = span(event, clip.rate, clip.frames)
    if event.presence is not Presence.present or event.strength is not Strength.strong or last <= first:
        return None
    power = np.cumsum(spectrum(clip.samples[first:last]))
    place = int(np.searchsorted(power, part * power[-1]))
    return place / max(len(power) - 1, 1) * clip.rate / 2


def _played(event: Event, speed: float, seconds: float) -> Event:
    """An event at another playback rate, in a clip of the given length."""
    changed = {name: min(round(getattr(event, name) / speed, 9), seconds) for name in ("start_s", "end_s")}
    bounds = {name: getattr(event, name) for name in ("low_hz", "high_hz")}
    moved = {name: round(hz * speed, 6) for name, hz in bounds.items() if hz is not None}
    return event.model_copy(update=changed | moved)


def _times(stretches: tuple[tuple[float, float], ...], speed: float) -> list[tuple[float, float]]:
    return [(round(start / speed, 9), round(end / speed, 9)) for start, end in stretches]


def _band_limit(clip: Clip, speed: float) -> float | None:
    """Where the sound of the clip ends, Hz; None where that is half the sample rate."""
    limit = (clip.band_limit_hz or clip.rate / 2) * speed
    return round(limit, 3) if limit < clip.rate / 2 else None
