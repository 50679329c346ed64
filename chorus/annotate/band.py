"""The frequency band of a call, measured in the sound: the model marks times only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chorus.audio import probe, read

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: The longest stretch of a call, and of the sound before and after it, that is looked at, seconds.
LONGEST_S = 10.0
#: Share of the call's energy above the background that the band holds.
SHARE = 0.95
FFT = 512


def measure_band(path: str | Path, start_s: float, end_s: float, channel: int | None) -> tuple[float, float]:
    """(low, high) in Hz: the band that holds 95 % of the power by which a stretch exceeds the sound around it.

    The background is the sound as long as the call on either side of it. Lines that do not exceed it by 3 dB do not
    count. Where none does, the band is the whole spectrum.
    """
    found = probe(path)
    least = 2 * FFT / found.sample_rate
    length = min(max(end_s - start_s, least), LONGEST_S)
    middle = (start_s + end_s) / 2
    call = power(path, middle - length / 2, middle + length / 2, channel)
    before, after = power(path, start_s - length, start_s, channel), power(path, end_s, end_s + length, channel)
    return band_of(call, quieter(before, after), found.sample_rate)


def power(path: str | Path, start_s: float, end_s: float, channel: int | None) -> npt.NDArray[np.float64] | None:
    """Mean power per FFT line of a stretch; None where the file holds less than one window of it."""
    import numpy as np

    samples, _ = read(path, max(0.0, start_s), max(0.0, end_s))
    mono = samples.mean(axis=1) if channel is None else samples[:, channel - 1]
    if len(mono) < FFT:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(mono, FFT)[:: FFT // 2] * np.hanning(FFT)
    spectrum: npt.NDArray[np.float64] = (np.abs(np.fft.rfft(windows, axis=1)) ** 2).mean(axis=0)
    return spectrum


def quieter(a: npt.NDArray[np.float64] | None, b: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    """The lower of two spectra per line: a neighbouring call on one side does not count as background."""
    import numpy as np

    if a is None or b is None:
        return b if a is None else a
    return np.minimum(a, b)


def band_of(
    call: npt.NDArray[np.float64] | None, background: npt.NDArray[np.float64] | None, rate: int
) -> tuple[float, float]:
    """The band of a call's spectrum (lines from 0 Hz to Nyquist) over a background; see `measure_band`."""
    import numpy as np

    if call is None:
        return 0.0, rate / 2
    excess = call.copy() if background is None else np.where(call > 2 * background, call - background, 0.0)
    excess[0] = 0.0
    if excess.sum() <= 0:
        return 0.0, rate / 2
    cumulative = np.cumsum(excess) / excess.sum()
    low = int(np.searchsorted(cumulative, (1 - SHARE) / 2))
    high = int(np.searchsorted(cumulative, (1 + SHARE) / 2))
    step = rate / FFT
    return max(0.0, (low - 0.5) * step), min(rate / 2, (min(high, len(call) - 1) + 0.5) * step)
