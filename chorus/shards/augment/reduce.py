"""Noise reduction by spectral gating."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from chorus.audio.level import band_sum, decibel
from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip, is_marked
from chorus.shards.augment.measure import event_powers, span
from chorus.shards.augment.step import Share, Step, drawn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Length of the analysis window, seconds (rounded to a power of two of samples).
WINDOW_S = 0.032
#: The sound between events is measured in at most so many blocks, spread evenly, of about this length, seconds.
BLOCKS, SPECTRUM_S = 64, 0.1
#: The gate stands this far above the quieter frames (25th percentile) of each frequency, as a ratio of magnitudes.
GATE = 3.0


class ReduceStep(Step):
    """Noise reduction by spectral gating."""

    strength: tuple[Share, Share] = Field(description="0: nothing, 1: what lies below the gate is removed")


def reduce(clip: Clip, rng: np.random.Generator, params: ReduceStep) -> tuple[Clip, AugmentStep]:
    """The clip with its steady background lowered by a drawn strength.

    The log says what became of the calls: the mean change of their contrast to the sound between them, and which
    lost most of its energy and how much. A known SNR of an event changes by its own change of contrast.
    """
    strength = drawn(rng, params.strength)
    log: dict[str, Any] = {"strength": strength}
    window = 1 << max(4, round(WINDOW_S * clip.rate).bit_length() - 1)
    if clip.frames < 4 * window:
        return clip, AugmentStep(name="reduce", params=log | {"skipped": "the clip is too short"})
    if strength == 0:
        return clip, AugmentStep(name="reduce", params=log)
    samples = gated(clip.samples, window, strength)
    changes = _changes(clip, samples)
    gains = [(gain, event.call_id) for event, (gain, _) in zip(clip.events, changes, strict=True) if gain is not None]
    contrasts = [contrast for _, contrast in changes if contrast is not None]
    if gains:
        gain, log["worst_event"] = min(gains)
        log["event_gain_db"] = round(gain, 2)
    if contrasts:
        log["snr_change_db"] = round(sum(contrasts) / len(contrasts), 2)
    events = tuple(_updated(event, contrast) for event, (_, contrast) in zip(clip.events, changes, strict=True))
    return replace(clip, samples=samples, events=events), AugmentStep(name="reduce", params=log)


def gated(samples: npt.NDArray[np.float32], window: int, strength: float) -> npt.NDArray[np.float32]:
    """Spectral gating: each cell of a short-time Fourier transform is multiplied by 1 - strength (1 - g), where
    g = p / (p + t) for its power p and the gate t of its frequency, smoothed over neighbouring cells.

    Frames of `window` samples overlap by half, under the root of a Hann window before and after, so strength 0 gives
    the samples back. Sounds stay where they are: the gains are real, a filter without delay.
    """
    import numpy as np
    from scipy.fft import irfft, rfft

    hop = window // 2
    count = -(-len(samples) // hop) + 1
    padded = np.zeros((count + 1) * hop, np.float32)
    padded[hop : hop + len(samples)] = samples
    root = np.sin(np.pi * (np.arange(window, dtype=np.float32) + np.float32(0.5)) / window)
    cells = rfft(np.lib.stride_tricks.sliding_window_view(padded, window)[::hop] * root, axis=1)
    power = cells.real**2 + cells.imag**2
    apart = power[::2]
    quiet = np.partition(apart, len(apart) // 4, axis=0)[len(apart) // 4]
    gate = np.float32(GATE**2) * quiet + np.float32(1e-12)
    opened = _smoothed(np.asarray(power / (power + gate), np.float32))
    cells *= 1 - np.float32(strength) * (1 - opened)
    frames = irfft(cells, window, axis=1) * root
    out = np.zeros_like(padded)
    out[: count * hop] += frames[:, :hop].reshape(-1)
    out[hop:] += frames[:, hop:].reshape(-1)
    return out[hop : hop + len(samples)]


def _smoothed(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mean over each cell and its eight neighbours; edge cells count twice."""
    import numpy as np

    wide = np.pad(cells, 1, mode="edge")
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)


def _changes(clip: Clip, after: npt.NDArray[np.float32]) -> list[tuple[float | None, float | None]]:
    """For each event the change in dB of its power, and of its power against the sound between events in its band;
    None where it cannot be measured."""
    quiet = _between_events(clip)
    around = [_steady_spectrum(samples[quiet], clip.rate) for samples in (clip.samples, after)]
    changes: list[tuple[float | None, float | None]] = []
    for event in clip.events:
        if not is_marked(event):
            changes.append((None, None))
            continue
        before, left = event_powers((clip.samples, after), event, clip.rate)
        gain = decibel(_ratio(left, before))
        contrast = None
        if len(around[0]):
            noise, behind = (band_sum(power, clip.rate, event.low_hz, event.high_hz) for power in around)
            contrast = gain - decibel(_ratio(behind, noise))
        changes.append((gain, contrast))
    return changes


def _steady_spectrum(samples: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float64]:
    """Power at evenly spaced frequencies from 0 to half the rate, of steady sound; nothing where there is too little
    of it."""
    import numpy as np
    from scipy.fft import rfft

    size = 1 << max(4, round(SPECTRUM_S * rate).bit_length() - 1)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    if not len(blocks):
        return np.empty(0)
    cells = rfft(blocks[:: -(-len(blocks) // BLOCKS)] * np.hanning(size).astype(np.float32), axis=1)
    return np.mean(cells.real**2 + cells.imag**2, axis=0, dtype=np.float64)


def _between_events(clip: Clip) -> npt.NDArray[np.bool_]:
    """True for the frames outside every event."""
    import numpy as np

    quiet = np.ones(clip.frames, bool)
    for event in clip.events:
        first, last = span(event, clip.rate, clip.frames)
        quiet[first:last] = False
    return quiet


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else 1.0


def _updated(event: Event, change_db: float | None) -> Event:
    if event.snr_db is None or change_db is None:
        return event
    return event.model_copy(update={"snr_db": round(event.snr_db + change_db, 2)})
