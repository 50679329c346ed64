"""Where the frames and bins of a clip lie, from its sample rate alone. Needs the standard library only.

Rates fall into octaves: (24, 48] kHz, (12, 24], (48, 96] and so on. Within an octave the frame length and the frequency
axis are the same for all rates; from one octave to the next the frames are half as long and the axis lies an octave
higher. So a scene played eight times as fast, at eight times the rate, has the same samples, frames and bins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FRAME_S = 0.01
FULL_RATE = 48_000
WINDOW_HOPS = 2.56
MIN_WINDOW = 256


@dataclass(frozen=True)
class Geometry:
    """The grid of a clip. `rate` in Hz, `hop` and `n_fft` in samples; the axis ends at `cycles` periods per frame."""

    rate: int
    hop: int
    n_fft: int
    cycles: float = FULL_RATE * FRAME_S / 2

    @property
    def frame_s(self) -> float:
        """Length of a frame in seconds."""
        return self.hop / self.rate

    @property
    def window_s(self) -> float:
        """Length of the analysis window in seconds."""
        return self.n_fft / self.rate

    @property
    def top_hz(self) -> float:
        """Upper end of the frequency axis: the Nyquist frequency of the fastest rate of the octave."""
        return self.cycles / self.frame_s

    def bin_centres(self, bins: int, octaves: float) -> list[float]:
        """Centre frequencies in Hz: `bins` equal steps of log2 f over the `octaves` below `top_hz`."""
        return [self.top_hz * 2 ** (octaves * ((i + 0.5) / bins - 1)) for i in range(bins)]

    def filled_bins(self, bins: int, octaves: float) -> int:
        """How many bins of the axis, from below, have their centre under the clip's own Nyquist frequency."""
        return sum(centre < self.rate / 2 for centre in self.bin_centres(bins, octaves))

    def resolution(self) -> tuple[float, float, float]:
        """What a model is told of the grid's scale; each 0 or near it for 48 kHz and the base window.

        log2 of (Nyquist / top of the axis), of (window / base window of 2.56 frames), of (frame / 10 ms). Together
        with a token's row and column they fix its rate, window, hop, seconds and Hz.
        """
        gap = math.log2(self.rate / 2 / self.top_hz)
        return gap, math.log2(self.n_fft / self.hop / WINDOW_HOPS), math.log2(self.frame_s / FRAME_S)


def octaves_above(rate: float, full_rate: int = FULL_RATE) -> int:
    """Begun octaves of `rate` above `full_rate`; below 0 for rates of half of it and less."""
    return math.ceil(math.log2(rate / full_rate) - 1e-9)


def frame_geometry(
    rate: int, n_fft_scale: float = 1.0, frame_s: float = FRAME_S, full_rate: int = FULL_RATE, hop_class: int = 0
) -> Geometry:
    """The grid of a clip: frames of `frame_s` seconds at `full_rate` Hz, half as long an octave of rate above.

    The window is 2.56 hops (25.6 ms at 10 ms) but at least 256 samples, times `n_fft_scale`, rounded up to an even
    number without prime factors above 5. `hop_class` lays the grid of so many octaves of rate above over the clip:
    frames are halved for each, and as many octaves at the top of the axis stay empty. Raises ValueError when rate or
    scale is not above 0, or the class below 0.
    """
    if rate <= 0 or n_fft_scale <= 0 or hop_class < 0:
        raise ValueError(
            f"sample rate {rate} and n_fft scale {n_fft_scale} must be above 0, hop class {hop_class} 0 or above"
        )
    hop = max(1, round(rate * frame_s / 2 ** (octaves_above(rate, full_rate) + hop_class)))
    n_fft = smooth_even(max(WINDOW_HOPS * hop, MIN_WINDOW) * n_fft_scale)
    return Geometry(rate, hop, n_fft, full_rate * frame_s / 2)


def smooth_even(size: float) -> int:
    """The smallest even number >= size whose prime factors are 2, 3 and 5 (fast for every FFT library)."""
    n = max(2, 2 * math.ceil(size / 2))
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 2
