"""Random filter: the response of another microphone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chorus.audio.level import band_bins, decibel
from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.convolve import convolved
from chorus.shards.augment.measure import event_power
from chorus.shards.augment.step import Step, drawn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

Depth = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]

#: A filter reaches this far to both sides of a sample, seconds.
REACH_S = 0.01
#: No frequency is lowered by more than this, dB.
LOWEST_DB = -120.0


class FilterStep(Step):
    """A smooth random frequency response."""

    depth_db: tuple[Depth, Depth] = Field(description="Greatest gain or loss at any frequency, dB")
    octaves: int = Field(8, ge=1, le=16, description="Octaves below half the sample rate over which it changes")


def equalise(clip: Clip, rng: np.random.Generator, params: FilterStep) -> tuple[Clip, AugmentStep]:
    """The clip through a drawn frequency response: a gain within the drawn depth for each octave from half the sample
    rate down, and a smooth curve through them. Without delay or phase, so events stay where they are."""
    import numpy as np

    depth_db = drawn(rng, params.depth_db, 2)
    gains = np.asarray(np.round(rng.uniform(-depth_db, depth_db, params.octaves + 1), 2), np.float64)
    edges = [round(clip.rate / 2 / 2.0**k, 3) for k in range(params.octaves + 1)]
    log = {"depth_db": depth_db, "at_hz": edges, "gains_db": gains.tolist()}
    if not gains.any():
        return clip, AugmentStep(name="filter", params=log)
    return filtered(clip, lambda hz: curve(hz, edges, gains)), AugmentStep(name="filter", params=log)


def curve(hz: Array, edges: list[float], gains: Array) -> Array:
    """Gains in dB at frequencies, from those at `edges` (falling): eased between two by half a cosine of the octave,
    constant beyond the last."""
    import numpy as np

    place = np.clip(np.log2(edges[0] / np.maximum(hz, 1e-9)), 0, len(edges) - 1)
    left = np.minimum(place.astype(int), len(edges) - 2)
    ease = 0.5 - 0.5 * np.cos(np.pi * (place - left))
    return np.asarray(gains[left] * (1 - ease) + gains[left + 1] * ease, np.float64)


def filtered(clip: Clip, gain_db: Callable[[Array], Array]) -> Clip:
    """The clip through a filter without phase, whose gain in dB at frequencies in Hz is given.

    Known SNRs are brought up to date: the noise under an event is taken to be even over its band, the rest of what is
    there after the filter is the event. One of which nothing is left has no known SNR.
    """
    import numpy as np

    taps = zero_phase(gain_db, clip.rate)
    samples = convolved(clip.samples, taps, len(taps) // 2)
    response = np.abs(np.fft.rfft(taps, 2 * len(taps))) ** 2
    events = tuple(_updated(event, clip, samples, response) for event in clip.events)
    return replace(clip, samples=samples, events=events)


def zero_phase(gain_db: Callable[[Array], Array], rate: int) -> npt.NDArray[np.float32]:
    """Symmetric taps (odd count,) of a filter of given gain, windowed to REACH_S on both sides."""
    import numpy as np

    half = max(1, round(REACH_S * rate))
    size = 1 << (4 * half - 1).bit_length()
    hz = np.arange(size // 2 + 1, dtype=np.float64) * (rate / size)
    gains = 10 ** (np.maximum(gain_db(hz), LOWEST_DB) / 20)
    response = np.fft.irfft(gains, size)
    taps = np.concatenate([response[-half:], response[: half + 1]])
    return np.asarray(taps * np.hanning(2 * half + 3)[1:-1], np.float32)


def _updated(event: Event, clip: Clip, after: npt.NDArray[np.float32], response: Array) -> Event:
    known = {name: getattr(event, name) for name in ("snr_db", "mixed_snr_db") if getattr(event, name) is not None}
    if not known:
        return event
    first, last = band_bins(len(response) - 1, clip.rate / 2, event.low_hz, event.high_hz, 0)
    gain = float(response[first : last + 1].mean())
    power, left = event_power(clip.samples, event, clip.rate), event_power(after, event, clip.rate)
    return event.model_copy(update={name: _snr_db(power, snr_db, gain, left) for name, snr_db in known.items()})


def _snr_db(power: float, snr_db: float, gain: float, left: float) -> float | None:
    """SNR of an event of this power, noise and all, once the noise has got a gain and `left` power is left of both;
    None where that is no more than the noise."""
    noise = gain * power / (1 + 10 ** (snr_db / 10))
    return round(decibel((left - noise) / noise), 2) if 0 < noise < left else None
