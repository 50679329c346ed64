"""Noise reduction by spectral gating."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chorus.audio.level import band_sum, decibel, spectrum
from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.measure import event_power, span
from chorus.shards.augment.recipe import ReduceStep

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Length of the analysis window, seconds (rounded to a power of two of samples).
WINDOW_S = 0.032
#: The gate stands this far above the quieter frames (25th percentile) of each frequency, as a ratio of magnitudes.
GATE = 3.0


def reduce(clip: Clip, rng: np.random.Generator, params: ReduceStep) -> tuple[Clip, AugmentStep]:
    """The clip with its steady background lowered by a drawn strength.

    The log says what became of the calls: the mean change of their contrast to the sound between them, and the
    greatest loss of energy of any. A known SNR of an event changes by its own change of contrast.
    """
    strength = round(float(rng.uniform(*params.strength)), 3)
    log: dict[str, Any] = {"strength": strength}
    window = 1 << max(4, round(WINDOW_S * clip.rate).bit_length() - 1)
    if clip.frames < 4 * window:
        return clip, AugmentStep(name="reduce", params=log | {"skipped": "the clip is too short"})
    samples = gated(clip.samples, window, strength)
    changes = _changes(clip, samples)
    gains = [gain for gain, _ in changes if gain is not None]
    contrasts = [contrast for _, contrast in changes if contrast is not None]
    if gains:
        log["event_gain_db"] = round(min(gains), 2)
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

    hop = window // 2
    count = -(-len(samples) // hop) + 1
    padded = np.zeros((count + 1) * hop, np.float32)
    padded[hop : hop + len(samples)] = samples
    root = np.sin(np.pi * (np.arange(window, dtype=np.float32) + np.float32(0.5)) / window)
    cells = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, window)[::hop] * root, axis=1)
    power = cells.real**2 + cells.imag**2
    gate = np.float32(GATE**2) * np.percentile(power, 25, axis=0, method="nearest").astype(np.float32) + np.float32(
        1e-12
    )
    opened = _smoothed(np.asarray(power / (power + gate), np.float32))
    cells *= 1 - np.float32(strength) * (1 - opened)
    frames = np.fft.irfft(cells, window, axis=1) * root
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
    enough = quiet.sum() >= clip.rate * 0.1
    around = [spectrum(s[quiet]) for s in (clip.samples, after)] if enough else None
    marked = {id(event) for event in clip.marked()}
    changes: list[tuple[float | None, float | None]] = []
    for event in clip.events:
        if id(event) not in marked:
            changes.append((None, None))
            continue
        gain = decibel(_ratio(event_power(after, event, clip.rate), event_power(clip.samples, event, clip.rate)))
        contrast = None
        if around:
            before, behind = (band_sum(power, clip.rate, event.low_hz, event.high_hz) for power in around)
            contrast = gain - decibel(_ratio(behind, before))
        changes.append((gain, contrast))
    return changes


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
