"""Power of events in a clip, and what added sound does to their signal-to-noise ratio."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chorus.audio.level import band_power, decibel, rms
from chorus.schemas.sample import Event
from chorus.shards.augment.clip import Clip

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: An event's power is measured over its span, widened to at least this, seconds.
LEAST_S = 0.02


def span(event: Event, rate: int, frames: int) -> tuple[int, int]:
    """Frames first .. last over which an event is measured."""
    start, end = round(event.start_s * rate), round(event.end_s * rate)
    pad = max(0, round(LEAST_S * rate) - (end - start) + 1) // 2
    return max(0, start - pad), min(frames, end + pad)


def event_power(samples: npt.NDArray[np.float32], event: Event, rate: int) -> float:
    """Mean square inside the event's band over its span."""
    first, last = span(event, rate, len(samples))
    return band_power(samples[first:last], rate, event.low_hz, event.high_hz)


def call_power(clip: Clip) -> float:
    """Mean square over the events that were marked; 0.0 when there is none."""
    import numpy as np

    busy = np.zeros(clip.frames, bool)
    for event in clip.marked():
        first, last = span(event, clip.rate, clip.frames)
        busy[first:last] = True
    return rms(clip.samples[busy]) ** 2


def covered(clip: Clip, added: npt.NDArray[np.float32]) -> Clip:
    """The clip with `added` (frames,) on top; what is known of its events' SNR is brought up to date.

    For an event of known SNR the power P in its band is signal plus noise; with the power A of the added sound in the
    same band and span its noise becomes P / (1 + SNR) + A.
    """
    events = tuple(_heard_over(clip, event, added) for event in clip.events)
    return replace(clip, samples=clip.samples + added, events=events)


def _heard_over(clip: Clip, event: Event, added: npt.NDArray[np.float32]) -> Event:
    if event.snr_db is None:
        return event
    power = event_power(clip.samples, event, clip.rate)
    noise = power / (1 + 10 ** (event.snr_db / 10))
    worse = noise + event_power(added, event, clip.rate)
    if worse <= 0:
        return event
    return event.model_copy(update={"snr_db": round(decibel((power - noise) / worse), 2)})
