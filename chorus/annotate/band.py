"""The frequency band of a call, measured in the sound: the model marks times only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chorus.audio import Opened
from chorus.audio.mono import mix

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FFT = 512
HOP = FFT // 4
#: The longest stretch of a call, and of the sound before and after it, that is looked at, seconds and samples.
LONGEST_S = 10.0
MOST_SAMPLES = 1 << 20
#: Least length of the sound on either side that the background is taken from, seconds.
CONTEXT_S = 0.5
#: Share of the call's power over the background, in dB summed over cells, that the band holds.
SHARE = 0.95
#: A cell of the spectrogram is the call's where it exceeds the background by this, dB; the first that finds any. The
#: power of noise in one cell exceeds its mean by 10 dB once in 22,000 cells.
EXCESS_DB = (10.0, 6.0)
#: Lines with less than this part of the strongest line's excess (mean of 5 lines) are not the call's: drops of rain.
FAINT, SMOOTH = 0.15, 5


def measure_band(sound: Opened, start_s: float, end_s: float, channel: int | None) -> tuple[float, float]:
    """(low, high) in Hz of the call between two times.

    Every FFT line is measured against its own background, the median of the sound on either side of the call, so that
    loud low noise (ships, wind) does not outweigh a faint high call. The band holds 95 % of the excess, in dB, of the
    cells that stand out by 10 dB (by 6 dB where none does). Where nothing stands out it is the whole spectrum.
    """
    found = sound.found
    least = 2 * FFT / found.sample_rate
    length = min(max(end_s - start_s, least), LONGEST_S, MOST_SAMPLES / found.sample_rate)
    around = min(max(length, CONTEXT_S), MOST_SAMPLES / found.sample_rate)
    middle = (start_s + end_s) / 2
    call = spectrogram(sound, middle - length / 2, middle + length / 2, channel)
    sides = [spectrogram(sound, start_s - around, start_s, channel), spectrogram(sound, end_s, end_s + around, channel)]
    return band_of(call, background(sides), found.sample_rate)


def spectrogram(sound: Opened, start_s: float, end_s: float, channel: int | None) -> npt.NDArray[np.float64]:
    """Power (frames, lines) of a stretch; no frames where the file holds less than one window of it."""
    import numpy as np

    samples = sound.read(max(0.0, start_s), max(0.0, end_s))
    mono = np.nan_to_num(mix(samples) if channel is None else samples[:, channel - 1])
    if len(mono) < FFT:
        return np.empty((0, FFT // 2 + 1))
    windows = np.lib.stride_tricks.sliding_window_view(mono, FFT)[::HOP] * np.hanning(FFT)
    power: npt.NDArray[np.float64] = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    return power


def background(sides: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64] | None:
    """Mean noise power per line from the frames on both sides: their median, over ln 2 as for noise; None without any.

    The median passes over calls that fill less than half of the frames.
    """
    import numpy as np

    frames = np.concatenate(sides)
    return np.median(frames, axis=0) / np.log(2) if len(frames) else None


def band_of(call: npt.NDArray[np.float64], noise: npt.NDArray[np.float64] | None, rate: int) -> tuple[float, float]:
    """The band of a call's spectrogram (frames, lines from 0 Hz to Nyquist) over a background; see `measure_band`."""
    import numpy as np

    if not len(call):
        return 0.0, rate / 2
    if noise is None:
        noise = np.full(call.shape[1], np.median(call) / np.log(2))
    floor = max(float(noise.max()) * 1e-6, 1e-20)
    level_db = 10 * np.log10(np.maximum(call, floor) / np.maximum(noise, floor))
    level_db[:, 0] = 0.0
    for least_db in EXCESS_DB:
        excess = np.where(level_db >= least_db, level_db, 0.0).sum(axis=0)
        if excess.any():
            near = np.convolve(excess, np.ones(SMOOTH) / SMOOTH, mode="same")
            excess[near < FAINT * near.max()] = 0.0
            cumulative = np.cumsum(excess) / excess.sum()
            low, high = (int(np.searchsorted(cumulative, 0.5 + side * SHARE / 2)) for side in (-1, 1))
            step = rate / FFT
            return max(0.0, (low - 0.5) * step), min(rate / 2, (min(high, len(excess) - 1) + 0.5) * step)
    return 0.0, rate / 2
