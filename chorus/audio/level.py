"""Power of sound, whole and inside a frequency band."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Long stretches are measured in blocks of this many samples.
BLOCK = 4096
#: No power ratio is told as less than this, dB.
LEAST_DB = -120.0


def rms(samples: npt.NDArray[Any]) -> float:
    """Root of the mean square of `samples` (frames,); 0.0 for none."""
    import numpy as np

    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def band_power(
    samples: npt.NDArray[Any], rate: int, low_hz: float | None, high_hz: float | None, taper: bool = True
) -> float:
    """Mean square of the part of `samples` (frames,) between two frequencies, both inclusive; None: no bound.

    `taper` weights the samples with a Hann window (its power divided out), so that a strong low tone does not leak into
    a band far above; leave it off for sounds that fade in and out by themselves. A band narrower than the resolution
    takes the bins around its centre.
    """
    if len(samples) == 0:
        return 0.0
    power = spectrum(samples, taper)
    return band_sum(power, rate, low_hz, high_hz, 2 if taper else 0)


def spectrum(samples: npt.NDArray[Any], taper: bool = True) -> npt.NDArray[np.float64]:
    """Power at the frequencies of an rfft, from 0 to half the sample rate; their sum is the mean square of `samples`
    (Parseval's theorem).

    One FFT of all samples, or with `taper`, where there are many, the mean over blocks of BLOCK samples (Welch's method
    without overlap; the last block is moved back into the samples).
    """
    import numpy as np

    n = len(samples)
    if taper and n > 2 * BLOCK:
        whole = samples[: n // BLOCK * BLOCK].reshape(-1, BLOCK)
        blocks = np.concatenate([whole, samples[None, n - BLOCK :]]) if n % BLOCK else whole
    else:
        blocks = samples[None, :]
    length = blocks.shape[1]
    window = _hann(length) if taper else np.ones(length, np.float32)
    cells = np.fft.rfft(blocks * window.astype(blocks.dtype), axis=1)
    power = np.mean(cells.real.astype(np.float64) ** 2 + cells.imag.astype(np.float64) ** 2, axis=0)
    power[1 : (length + 1) // 2] *= 2.0
    return power / (length * float(np.sum(window**2)))


@lru_cache(maxsize=4)
def _hann(n: int) -> npt.NDArray[np.float64]:
    import numpy as np

    return np.hanning(n + 2)[1:-1]


def band_sum(
    power: npt.NDArray[np.float64], rate: int, low_hz: float | None, high_hz: float | None, reach: int = 2
) -> float:
    """Power of a band of a `spectrum`, at least `reach` bins to each side of the band's centre."""
    first, last = band_bins(len(power) - 1, rate / 2, low_hz, high_hz, reach)
    return float(power[first : last + 1].sum())


def band_bins(top: int, top_hz: float, low_hz: float | None, high_hz: float | None, reach: int) -> tuple[int, int]:
    """First and last (inclusive) of bins 0 .. top, evenly spaced from 0 to `top_hz`, that lie in a band."""
    import numpy as np

    step = top_hz / max(top, 1)
    low = 0.0 if low_hz is None else low_hz / step
    high = float(top) if high_hz is None else high_hz / step
    centre = round((low + high) / 2)
    first = min(int(np.ceil(low)), centre - reach)
    last = max(int(np.floor(high)), centre + reach)
    return min(max(first, 0), top), min(max(last, 0), top)


def decibel(ratio: float) -> float:
    """10 log10 of a power ratio, held above LEAST_DB (for silence)."""
    import math

    return max(10.0 * math.log10(ratio), LEAST_DB) if ratio > 0 else LEAST_DB
