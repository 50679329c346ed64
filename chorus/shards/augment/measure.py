"""Power of events in a clip, and what added sound does to their signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from chorus.audio.level import BLOCK, band_bins, decibel
from chorus.schemas.sample import Event
from chorus.shards.augment.clip import Clip, is_marked

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: What `powers` measures, by event.
Powers = list[Sequence[float] | None]
#: An event's power is measured over its span, widened to at least this, seconds.
LEAST_S = 0.02


def span(event: Event, rate: int, frames: int) -> tuple[int, int]:
    """Frames first .. last over which an event is measured."""
    start, end = round(event.start_s * rate), round(event.end_s * rate)
    pad = max(0, round(LEAST_S * rate) - (end - start) + 1) // 2
    return max(0, start - pad), min(frames, end + pad)


def event_power(samples: npt.NDArray[np.float32], event: Event, rate: int) -> float:
    """Mean square inside the event's band over its span."""
    return event_powers((samples,), event, rate)[0]


def event_powers(sounds: Sequence[npt.NDArray[np.float32]], event: Event, rate: int) -> list[float]:
    """Mean square inside the event's band over its span, of several sounds (frames,) of one length.

    As `chorus.audio.level.band_power` has it, under Hann windows, in blocks where the event is long; but only the band
    is summed, in single precision, with FFTs of quick lengths.
    """
    import numpy as np
    from scipy.fft import next_fast_len, rfft

    first, last = span(event, rate, len(sounds[0]))
    count = BLOCK if last - first > 2 * BLOCK else last - first
    if count <= 0:
        return [0.0] * len(sounds)
    window = _hann(count)
    size = next_fast_len(count, real=True)
    cells = rfft(np.stack([_blocks(samples[first:last], count) for samples in sounds]) * window, size)
    low, high = band_bins(size // 2, rate / 2, event.low_hz, event.high_hz, 2)
    inside = cells[..., low : high + 1].reshape(len(sounds), -1)
    power = 2 * np.einsum("ij,ij->i", inside, inside.conj()).real
    for once in (0, size // 2) if size % 2 == 0 else (0,):
        if low <= once <= high:
            power -= np.sum(np.abs(cells[..., once]) ** 2, axis=1)
    scale = cells.shape[1] * size * float(np.dot(window, window))
    return [max(float(value) / scale, 0.0) for value in power]


def _blocks(samples: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """`samples` in rows of `count`; the last is moved back into the samples."""
    import numpy as np

    whole = samples[: len(samples) // count * count].reshape(-1, count)
    return np.concatenate([whole, samples[None, len(samples) - count :]]) if len(samples) % count else whole


@lru_cache(maxsize=64)
def _hann(count: int) -> npt.NDArray[np.float32]:
    import numpy as np

    angle = np.arange(1, count + 1, dtype=np.float32) * np.float32(2 * np.pi / (count + 1))
    return np.float32(0.5) - np.float32(0.5) * np.cos(angle)


def call_power(clip: Clip) -> float:
    """Mean square over the events that were marked; 0.0 when there is none."""
    import numpy as np

    busy = np.zeros(clip.frames, bool)
    for event in clip.marked():
        first, last = span(event, clip.rate, clip.frames)
        busy[first:last] = True
    return float(np.mean(np.square(clip.samples[busy]), dtype=np.float64)) if busy.any() else 0.0


def powers(clip: Clip, added: npt.NDArray[np.float32]) -> Powers:
    """For each event its power in the clip, and that of the added sound over the same band and span; None for those
    of which nothing is known and nothing can be measured."""
    return [
        event_powers((clip.samples, added), event, clip.rate) if event.snr_db is not None or is_marked(event) else None
        for event in clip.events
    ]


def covered(clip: Clip, added: npt.NDArray[np.float32], measured: Powers | None = None) -> Clip:
    """The clip with `added` (frames,) on top; what is known of its events' SNR is brought up to date, and each marked
    event tells how far it stands above all that was laid over it. `measured` is what `powers` gives, where that is
    known already.

    The power P of an event in its band is signal plus noise; with the power A of the added sound in the same band and
    span its noise becomes P / (1 + SNR) + A. The SNR to what was added is infinite at first.
    """
    both = zip(clip.events, measured or powers(clip, added), strict=True)
    events = tuple(_heard_over(event, pair[0], pair[1]) if pair else event for event, pair in both)
    return replace(clip, samples=clip.samples + added, events=events)


def _heard_over(event: Event, power: float, more: float) -> Event:
    if more <= 0:
        return event
    changed = {}
    if event.snr_db is not None:
        changed["snr_db"] = _lowered(power, event.snr_db, more)
    if is_marked(event):
        changed["mixed_snr_db"] = _lowered(power, event.mixed_snr_db, more)
    return event.model_copy(update=changed)


def _lowered(power: float, snr_db: float | None, more: float) -> float:
    """SNR of an event of this power (signal and noise) once its noise has got `more` power; None: it had no noise."""
    noise = 0.0 if snr_db is None else power / (1 + 10 ** (snr_db / 10))
    return round(decibel((power - noise) / (noise + more)), 2)
