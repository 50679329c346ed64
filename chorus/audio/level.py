"""Power of sound, whole and inside a frequency band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def rms(samples: npt.NDArray[Any]) -> float:
    """Root of the mean square of `samples` (frames,); 0.0 for none."""
    import numpy as np

    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def band_power(
    samples: npt.NDArray[Any], rate: int, low_hz: float | None, high_hz: float | None, taper: bool = True
) -> float:
    """Mean square of the part of `samples` (frames,) between two frequencies, both inclusive; None: no bound.

    By Parseval's theorem on one FFT of all samples. `taper` weights them with a Hann window (its power divided out),
    so that a strong low tone does not leak into a band far above; leave it off for sounds that fade in and out by
    themselves. A band narrower than the resolution of so few samples takes the bins around its centre.
    """
    if len(samples) == 0:
        return 0.0
    return band_sum(spectrum(samples, taper), len(samples), rate, low_hz, high_hz, 2 if taper else 0)


def spectrum(samples: npt.NDArray[Any], taper: bool = True) -> npt.NDArray[np.float64]:
    """Power at each bin of an rfft of all samples, shape (frames // 2 + 1,); the sum is their mean square (weighted by
    a Hann window with `taper`)."""
    import numpy as np

    n = len(samples)
    window = np.hanning(n + 2)[1:-1] if taper else np.ones(n)
    power = np.abs(np.fft.rfft(np.asarray(samples, np.float64) * window)) ** 2
    power[1 : (n + 1) // 2] *= 2.0
    return power / (n * np.sum(window**2))


def band_sum(
    power: npt.NDArray[np.float64], n: int, rate: int, low_hz: float | None, high_hz: float | None, reach: int = 2
) -> float:
    """Power of a band of a `spectrum` of n samples."""
    first, last = band_bins(n, rate, low_hz, high_hz, reach)
    return float(power[first : last + 1].sum())


def band_bins(n: int, rate: int, low_hz: float | None, high_hz: float | None, reach: int) -> tuple[int, int]:
    """First and last bin (inclusive) of an n-point rfft between two frequencies, at least `reach` bins to each side
    of the band's centre."""
    import numpy as np

    top = n // 2
    step = rate / n
    low = 0.0 if low_hz is None else low_hz / step
    high = float(top) if high_hz is None else high_hz / step
    centre = round((low + high) / 2)
    first = min(int(np.ceil(low)), centre - reach)
    last = max(int(np.floor(high)), centre + reach)
    return min(max(first, 0), top), min(max(last, 0), top)


def decibel(ratio: float, least_db: float = -120.0) -> float:
    """10 log10 of a power ratio, held above `least_db` (for silence)."""
    import math

    return max(10.0 * math.log10(ratio), least_db) if ratio > 0 else least_db
