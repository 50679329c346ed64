"""Front end: waveforms of one sample rate -> normalised log-power spectrograms on a log-frequency axis, on the device.

Nothing is resampled. The axis hangs from the clip's own Nyquist frequency and the time step follows the rate, so a clip
of any rate from 2 kHz to 500 kHz gives the same kind of grid: `bins` rows over `octaves` octaves, one column per frame.
Frame t stands for the stretch [t, t + 1) * hop / rate seconds of the clip; the analysis window is centred on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DECIBEL = 10.0 / math.log(10.0)
UNIT_DB = 10.0
MIN_WINDOW = 256
#: Power per bin of what float32 rounding leaves of a constant, full scale being 1.
LEAST_POWER = 1e-15


@dataclass(frozen=True)
class Geometry:
    """Where the frames and bins of a clip lie. `hop` and `n_fft` in samples, `rate` in Hz."""

    rate: int
    hop: int
    n_fft: int

    @property
    def frame_s(self) -> float:
        """Length of a frame in seconds."""
        return self.hop / self.rate

    def resolution(self) -> tuple[float, float, float]:
        """(log2 Nyquist in kHz, log2 window in ms, log2 frame in ms): what a model is told about the grid's scale."""
        window_ms, frame_ms = 1e3 * self.n_fft / self.rate, 1e3 * self.frame_s
        return math.log2(self.rate / 2000), math.log2(window_ms), math.log2(frame_ms)


def frame_geometry(rate: int, n_fft_scale: float = 1.0, frame_s: float = 0.01, full_rate: int = 64_000) -> Geometry:
    """The grid of a clip: frames of `frame_s` up to `full_rate` Hz, half as long for each (begun) octave above.

    The window is 2.56 hops (25.6 ms at 10 ms) but at least 256 samples, times `n_fft_scale`, rounded up to an even
    number without prime factors above 5. Raises ValueError when rate or scale is not above 0.
    """
    if rate <= 0 or n_fft_scale <= 0:
        raise ValueError(f"sample rate {rate} and n_fft scale {n_fft_scale} must be above 0")
    hop = max(1, round(rate * frame_s / 2 ** octaves_above(rate, full_rate)))
    return Geometry(rate, hop, smooth_even(max(2.56 * hop, MIN_WINDOW) * n_fft_scale))


def octaves_above(rate: int, full_rate: int) -> int:
    """Begun octaves of `rate` above `full_rate`; 0 at and below it."""
    return max(0, math.ceil(math.log2(rate / full_rate) - 1e-9))


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


def bin_centres(rate: int, bins: int, octaves: float) -> Tensor:
    """Centre frequencies in Hz, (bins,): `bins` equal steps of log2 f from Nyquist / 2**octaves up to Nyquist."""
    steps = (torch.arange(bins, dtype=torch.float64) + 0.5) / bins - 1.0
    return rate / 2 * torch.exp2(octaves * steps)


@lru_cache(maxsize=256)
def filterbank(rate: int, n_fft: int, bins: int, octaves: float) -> Tensor:
    """Weights (n_fft // 2 + 1, bins) float32: triangles around the centres, each summing to 1, without the DC line.

    A triangle reaches to its neighbours' centres, or over one FFT line where the lines are farther apart than that:
    then it interpolates between two lines, so that no bin is empty at low rates.
    """
    lines = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * rate / n_fft
    centres = bin_centres(rate, bins, octaves)
    ratio = 2.0 ** (octaves / bins)
    below = (centres * (1 - 1 / ratio)).clamp(min=rate / n_fft)
    above = (centres * (ratio - 1)).clamp(min=rate / n_fft)
    offset = lines[:, None] - centres[None, :]
    weights = (1 - torch.where(offset < 0, -offset / below, offset / above)).clamp(min=0)
    weights[0] = 0
    return (weights / weights.sum(0)).float()


def power_spectrogram(waves: Tensor, geometry: Geometry) -> Tensor:
    """STFT power of waves (B, samples) -> (B, n_fft // 2 + 1, samples // hop), Hann window, scaled by its sum.

    The wave is extended on both sides (reflected where it is long enough) so that frame t is centred on
    (t + 0.5) * hop: the grid depends on the hop alone, never on the window.
    """
    n_fft, hop = geometry.n_fft, geometry.hop
    frames = waves.shape[-1] // hop
    if frames == 0:
        raise ValueError(f"{waves.shape[-1]} samples are shorter than one frame of {hop}")
    left = (n_fft - hop) // 2 if n_fft > hop else 0
    right = max(0, (frames - 1) * hop + n_fft - left - waves.shape[-1])
    mode = "reflect" if max(left, right) < waves.shape[-1] else "constant"
    padded = F.pad(waves[:, None], (left, right), mode=mode)[:, 0]
    window = torch.hann_window(n_fft, device=waves.device, dtype=waves.dtype)
    spectrum = torch.stft(padded, n_fft, hop, window=window, center=False, return_complex=True)[..., :frames]
    return torch.view_as_real(spectrum).square().sum(-1) / window.sum() ** 2


def frame_mask(lengths: Tensor, hop: int, frames: int) -> Tensor:
    """(B,) samples per clip -> (B, frames) bool: frames that lie wholly inside the clip, not in its padding."""
    return torch.arange(frames, device=lengths.device)[None, :] < (lengths // hop)[:, None]


def normalise(log_power: Tensor, valid: Tensor, passes: int = 3, spread_db: float = 40.0) -> Tensor:
    """Take each bin's own noise floor away: (B, bins, frames) in dB -> units of 10 dB above the floor.

    The floor of a bin is the mean over valid frames, taken again `passes` times with values above it cut down to it:
    stationary noise settles a few dB under its mean, and a call that fills part of the clip hardly lifts it. Floors
    are kept within `spread_db` of the clip's median floor, so that a bin that holds nothing at all stays dark. A
    change of level or of a fixed frequency response leaves the result as it is.
    """
    weight = valid[:, None, :].to(log_power.dtype)
    count = weight.sum(-1, keepdim=True).clamp(min=1)
    floor = (log_power * weight).sum(-1, keepdim=True) / count
    for _ in range(passes):
        floor = (torch.minimum(log_power, floor) * weight).sum(-1, keepdim=True) / count
    middle = floor.median(dim=1, keepdim=True).values
    floor = torch.maximum(torch.minimum(floor, middle + spread_db), middle - spread_db)
    return ((log_power - floor) / UNIT_DB).clamp(-2.0, 8.0) * weight


class FrontEnd(nn.Module):
    """Waves (B, samples) of one rate -> (spectrogram (B, bins, frames), validity (B, frames)). No parameters."""

    def __init__(
        self, bins: int = 128, octaves: float = 7.0, frame_s: float = 0.01, full_rate: int = 64_000, floor: str = "band"
    ) -> None:
        super().__init__()
        self.bins, self.octaves, self.frame_s, self.full_rate, self.floor = bins, octaves, frame_s, full_rate, floor

    def geometry(self, rate: int, n_fft_scale: float = 1.0) -> Geometry:
        """The grid this front end lays over clips of `rate` Hz."""
        return frame_geometry(rate, n_fft_scale, self.frame_s, self.full_rate)

    def octave(self, rate: int) -> int:
        """How many times the frames of clips of `rate` Hz are halved."""
        return octaves_above(rate, self.full_rate)

    def log_power(self, waves: Tensor, geometry: Geometry) -> Tensor:
        """(B, samples) -> (B, bins, frames) in dB, held above 90 dB under the clip's mean and above rounding errors."""
        power = power_spectrogram(waves, geometry)
        bank = filterbank(geometry.rate, geometry.n_fft, self.bins, self.octaves).to(power.device)
        banded = torch.einsum("blt,lm->bmt", power, bank.to(power.dtype))
        least = 1e-9 * banded.mean((1, 2), keepdim=True) + LEAST_POWER
        return DECIBEL * torch.log(banded + least)

    @torch.no_grad()
    def forward(self, waves: Tensor, lengths: Tensor, rate: int, scales: Sequence[float]) -> tuple[Tensor, Tensor]:
        """`lengths` (B,): samples of each clip before padding; `scales`: its window relative to the base.

        Clips with equal scales share one STFT call; the grid is the same for all of them.
        """
        hop = self.geometry(rate).hop
        inside = torch.arange(waves.shape[-1], device=waves.device)[None, :] < lengths[:, None]
        waves = torch.nan_to_num(waves) * inside
        waves = (waves - waves.sum(1, keepdim=True) / lengths[:, None].clamp(min=1)) * inside
        frames = waves.shape[-1] // hop
        out = waves.new_empty(waves.shape[0], self.bins, frames)
        for scale in sorted(set(scales)):
            rows = torch.tensor([i for i, s in enumerate(scales) if s == scale], device=waves.device)
            out[rows] = self.log_power(waves[rows], self.geometry(rate, scale))
        valid = frame_mask(lengths, hop, frames)
        return normalise(out, valid), valid

    def resolutions(self, rate: int, scales: Sequence[float]) -> Tensor:
        """(B, 3) numbers that describe each clip's grid, for the model."""
        return torch.tensor([self.geometry(rate, s).resolution() for s in scales])
