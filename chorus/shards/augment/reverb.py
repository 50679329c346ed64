"""Reverberation: the clip in a drawn place that throws sound back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chorus.audio.level import decibel
from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.convolve import convolved
from chorus.shards.augment.measure import event_power
from chorus.shards.augment.step import Step, drawn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Decay = Annotated[float, Field(gt=0, le=10)]
Wet = Annotated[float, Field(ge=0, le=0.9)]


class ReverbStep(Step):
    """A synthetic impulse response: the direct sound, then noise that decays exponentially."""

    rt60_s: tuple[Decay, Decay] = Field(description="Time in which the reverberation falls by 60 dB, seconds")
    wet: tuple[Wet, Wet] = Field(description="Part of the response's energy that is reverberation; 0: none")


def reverb(clip: Clip, rng: np.random.Generator, params: ReverbStep) -> tuple[Clip, AugmentStep]:
    """The clip with reverberation; the response has the energy 1, so the loudness stays about the same.

    The direct sound comes first and without delay. Events keep their times: a label marks the direct sound, as an
    annotator marks a call, and the tail that rings on after its end is not part of it. For a known SNR the
    reverberation counts as noise, that of the event itself too; what was laid over an event reverberates as it does.
    """
    import numpy as np

    rt60_s, wet = drawn(rng, params.rt60_s), drawn(rng, params.wet)
    if wet == 0:
        return clip, AugmentStep(name="reverb", params={"rt60_s": rt60_s, "wet": wet})
    tail = convolved(clip.samples, decay(rng, rt60_s, clip.rate) * np.float32(wet**0.5))
    direct = clip.samples * np.float32((1 - wet) ** 0.5)
    events = tuple(_updated(event, direct, tail, clip.rate) for event in clip.events)
    log = {"rt60_s": rt60_s, "wet": wet, "direct_to_reverberant_db": round(decibel((1 - wet) / wet), 2)}
    return replace(clip, samples=direct + tail, events=events), AugmentStep(name="reverb", params=log)


def decay(rng: np.random.Generator, rt60_s: float, rate: int) -> npt.NDArray[np.float32]:
    """Noise (taps,) of energy 1 that falls by 60 dB over its length; it begins one sample after the direct sound."""
    import numpy as np

    count = max(2, round(rt60_s * rate))
    taps = rng.standard_normal(count, dtype=np.float32)
    taps *= np.exp(np.arange(count, dtype=np.float32) * np.float32(-np.log(1000) / count))
    taps[0] = 0
    return taps / np.float32(np.sqrt(np.sum(taps**2, dtype=np.float64)))


def _updated(event: Event, direct: npt.NDArray[np.float32], tail: npt.NDArray[np.float32], rate: int) -> Event:
    if event.snr_db is None:
        return event
    power = event_power(direct, event, rate)
    before = power / (1 + 10 ** (event.snr_db / 10))
    noise = before + event_power(tail, event, rate)
    return event.model_copy(update={"snr_db": round(decibel((power - before) / noise), 2)}) if noise > 0 else event
