"""Front end: waveforms of one sample rate -> normalised log-power spectrograms on a log-frequency axis, on the device.

Nothing is resampled. Time step and frequency axis follow the octave of the rate (see grid.py), so a clip of any rate
gives the same kind of grid: `bins` rows over `octaves` octaves, one column per frame. Bins above the clip's Nyquist
frequency are empty: 0, and masked. Frame t stands for the stretch [t, t + 1) * hop / rate seconds of the clip; the
analysis window is centred on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chorus.train.device import CPU, sent
from chorus.train.grid import FRAME_S, FULL_RATE, Geometry, frame_geometry, octaves_above

DECIBEL = 10.0 / math.log(10.0)
UNIT_DB = 10.0
#: How often the noise floor is taken again, and how far that of a bin may lie from the clip's median; see `normalise`.
FLOOR_PASSES, FLOOR_SPREAD_DB = 3, 40.0
#: Power per bin of what float32 rounding leaves of a constant, full scale being 1.
LEAST_POWER = 1e-15
#: Sample in full scales: more than integers of 24 bits that were written as floats; its power is still a number.
LARGEST = 1e8


@lru_cache(maxsize=128)
def filterbank(geometry: Geometry, bins: int, octaves: float, device: torch.device = CPU) -> Tensor:
    """Weights (n_fft // 2 + 1, filled bins) float32: triangles around the centres, each summing to 1, without DC.

    A triangle reaches to its neighbours' centres, or over one FFT line where the lines are farther apart than that:
    then it interpolates between two lines, so that no bin is empty at low rates.
    """
    rate, n_fft = geometry.rate, geometry.n_fft
    lines = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * rate / n_fft
    filled = geometry.filled_bins(bins, octaves)
    centres = torch.tensor(geometry.bin_centres(bins, octaves)[:filled], dtype=torch.float64)
    ratio = 2.0 ** (octaves / bins)
    below = (centres * (1 - 1 / ratio)).clamp(min=rate / n_fft)
    above = (centres * (ratio - 1)).clamp(min=rate / n_fft)
    offset = lines[:, None] - centres[None, :]
    weights = (1 - torch.where(offset < 0, -offset / below, offset / above)).clamp(min=0)
    weights[0] = 0
    return sent((weights / weights.sum(0)).float(), device)


@lru_cache(maxsize=256)
def hann(n_fft: int, device: torch.device = CPU) -> Tensor:
    """Hann window (n_fft,) float32 whose sum is 1."""
    window = torch.hann_window(n_fft, dtype=torch.float64)
    return sent((window / window.sum()).float(), device)


@dataclass(frozen=True)
class Waves:
    """Clips of one rate on the device: `samples` (B, samples) int16, or float32 with a full scale of 1, 0 from their
    `lengths` (B,) on; `offset` (B, 1): their means in full scales. `whole`: none is shorter than the others."""

    samples: Tensor
    lengths: Tensor
    offset: Tensor
    whole: bool

    @classmethod
    def of(cls, samples: Tensor, lengths: Tensor) -> Waves:
        """Clips, whatever their padding holds; what is no number, or none that a sample could be, becomes 0 or the
        nearest that could. `lengths` lie on the CPU, where a look at them waits for nothing."""
        whole = bool((lengths >= samples.shape[1]).all())
        lengths = sent(lengths, samples.device)
        if samples.dtype != torch.int16:
            samples = torch.nan_to_num(samples, 0.0, 0.0, 0.0).clamp_(-LARGEST, LARGEST)
        samples = samples if whole else samples * within(lengths, samples.shape[1])
        total = samples.sum(1, keepdim=True, dtype=torch.float32) * unit(samples)
        return cls(samples, lengths, total / lengths[:, None].clamp(min=1), whole)

    def rows(self, index: Tensor) -> Waves:
        """Some of the clips."""
        samples, lengths, offset = (t.index_select(0, index) for t in (self.samples, self.lengths, self.offset))
        return Waves(samples, lengths, offset, self.whole)

    def extended(self, left: int, right: int) -> Tensor:
        """(B, left + samples + right) float32 without offsets: the clips are reflected at their own two ends, and 0
        where they are too short for it. Sound is read and written once."""
        count, size = self.samples.shape
        out = self.offset.new_empty(count, left + size + right)
        body = out[:, left : left + size]
        torch.add(-self.offset, self.samples, alpha=unit(self.samples), out=body)
        if not self.whole:
            body.mul_(within(self.lengths, size))
        head = body[:, 1 : left + 1].flip(1)
        out[:, : left - head.shape[1]] = 0
        out[:, left - head.shape[1] : left] = head
        out[:, left + size :] = 0
        ahead = torch.arange(right, device=out.device)
        mirrored = self.lengths[:, None] - 2 - ahead
        tail = torch.gather(body, 1, mirrored.clamp(min=0)) * (mirrored >= 0)
        return out.scatter_(1, left + self.lengths[:, None] + ahead, tail)


def unit(samples: Tensor) -> float:
    """What a step of samples is in full scales."""
    return 1 / 32768 if samples.dtype == torch.int16 else 1.0


def within(lengths: Tensor, size: int) -> Tensor:
    """(B,) lengths -> (B, size) bool."""
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]


def power_spectrogram(waves: Waves, geometry: Geometry) -> Tensor:
    """STFT power (B, n_fft // 2 + 1, samples // hop), Hann window, scaled by its sum.

    Each wave is reflected at its own two ends, so that frame t is centred on (t + 0.5) * hop: the grid depends on the
    hop alone, never on the window.
    """
    n_fft, hop = geometry.n_fft, geometry.hop
    samples = waves.samples.shape[1]
    if samples < hop:
        raise ValueError(f"{samples} samples are shorter than one frame of {hop}")
    left = max(0, n_fft - hop) // 2
    extended = waves.extended(left, max(0, n_fft - hop - left))[:, max(0, hop - n_fft) // 2 :]
    window = hann(n_fft, extended.device)
    spectrum = torch.stft(extended, n_fft, hop, window=window, center=False, return_complex=True)
    spectrum = spectrum[..., : samples // hop]
    return spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)


def frame_mask(lengths: Tensor, hop: int, frames: int) -> Tensor:
    """(B,) samples per clip -> (B, frames) bool: frames that lie wholly inside the clip, not in its padding."""
    return within(lengths // hop, frames)


def band_mask(resolution: Tensor, bins: int, octaves: float) -> Tensor:
    """(B, 3) resolutions -> (B, bins) bool: bins whose centre lies under the clip's own Nyquist frequency."""
    centres = octaves * ((torch.arange(bins, device=resolution.device) + 0.5) / bins - 1)
    return centres[None, :] < resolution[:, :1] + 1e-6


def normalise(log_power: Tensor, valid: Tensor | None) -> Tensor:
    """Take each bin's own noise floor away: (B, bins, frames) in dB -> units of 10 dB above the floor, over the frames
    that are `valid` (B, frames); None: all.

    The floor of a bin is the mean over valid frames, taken again FLOOR_PASSES times with values above it cut down to
    it: stationary noise settles a few dB under its mean, and a call that fills part of the clip hardly lifts it. Floors
    are kept within FLOOR_SPREAD_DB of the clip's median floor, so that a bin that holds nothing at all stays dark. A
    change of level or of a fixed frequency response leaves the result as it is.
    """
    weight = None if valid is None else valid[:, None, :].to(log_power.dtype)
    floor = mean_over_frames(log_power, weight)
    for _ in range(FLOOR_PASSES):
        floor = mean_over_frames(torch.minimum(log_power, floor), weight)
    middle = floor.median(dim=1, keepdim=True).values
    floor = torch.maximum(torch.minimum(floor, middle + FLOOR_SPREAD_DB), middle - FLOOR_SPREAD_DB)
    above = (log_power - floor).mul_(1 / UNIT_DB).clamp_(-2.0, 8.0)
    return above if weight is None else above.mul_(weight)


def mean_over_frames(values: Tensor, weight: Tensor | None) -> Tensor:
    """(B, bins, frames), weights (B, 1, frames), None: all the same -> (B, bins, 1)."""
    if weight is None:
        return values.mean(-1, keepdim=True)
    return (values * weight).sum(-1, keepdim=True) / weight.sum(-1, keepdim=True).clamp(min=1)


class FrontEnd(nn.Module):
    """Waves (B, samples) of one rate -> (spectrogram (B, bins, frames), validity (B, frames)). No parameters."""

    def __init__(
        self, bins: int = 128, octaves: float = 8.0, frame_s: float = FRAME_S, full_rate: int = FULL_RATE
    ) -> None:
        super().__init__()
        self.bins, self.octaves, self.frame_s, self.full_rate = bins, octaves, frame_s, full_rate

    def geometry(self, rate: int, n_fft_scale: float = 1.0, hop_class: int = 0) -> Geometry:
        """The grid this front end lays over clips of `rate` Hz."""
        return frame_geometry(rate, n_fft_scale, self.frame_s, self.full_rate, hop_class)

    def octave(self, rate: int) -> int:
        """How many times the frames of clips of `rate` Hz are halved; below 0: doubled."""
        return octaves_above(rate, self.full_rate)

    def log_power(self, waves: Waves, geometry: Geometry) -> Tensor:
        """(B, filled bins, frames) in dB, at least 90 dB under the clip's mean and above rounding."""
        power = power_spectrogram(waves, geometry)
        bank = filterbank(geometry, self.bins, self.octaves, power.device)
        banded = torch.matmul(bank.T, power)
        inside = frame_mask(waves.lengths, geometry.hop, banded.shape[2])
        mean = (banded.mean(1) * inside).sum(1) / inside.sum(1).clamp(min=1)
        return banded.add_((1e-9 * mean + LEAST_POWER)[:, None, None]).log_().mul_(DECIBEL)

    @torch.no_grad()
    def forward(
        self, waves: Tensor, lengths: Tensor, rate: int, scales: Sequence[float], hop_class: int = 0
    ) -> tuple[Tensor, Tensor]:
        """`waves` int16, or float32 with a full scale of 1; `lengths` (B,): samples of each clip before padding, on
        the CPU; `scales`: its window relative to the base.

        Clips with equal scales share one STFT call; the grid is the same for all of them. Values in padding and in
        bins above the Nyquist frequency (see `band_mask`) are 0.
        """
        clips, hop = Waves.of(waves, lengths), self.geometry(rate, hop_class=hop_class).hop
        valid = frame_mask(clips.lengths, hop, waves.shape[1] // hop)
        shown = normalise(self.grouped(clips, rate, scales, hop_class), None if clips.whole else valid)
        return F.pad(shown, (0, 0, 0, self.bins - shown.shape[1])), valid

    def grouped(self, waves: Waves, rate: int, scales: Sequence[float], hop_class: int) -> Tensor:
        """(B, filled bins, frames) in dB, one STFT call for each scale."""
        kinds = sorted(set(scales))
        if len(kinds) == 1:
            return self.log_power(waves, self.geometry(rate, kinds[0], hop_class))
        rows = [[i for i, s in enumerate(scales) if s == kind] for kind in kinds]
        parts = []
        for kind, row in zip(kinds, rows, strict=True):
            index = sent(torch.tensor(row), waves.lengths.device)
            parts.append(self.log_power(waves.rows(index), self.geometry(rate, kind, hop_class)))
        order = sorted(range(len(scales)), key=[i for r in rows for i in r].__getitem__)
        return torch.cat(parts).index_select(0, sent(torch.tensor(order), waves.lengths.device))

    def resolutions(self, rate: int, scales: Sequence[float], hop_class: int = 0) -> Tensor:
        """(B, 3) numbers that describe each clip's grid, for the model (see `Geometry.resolution`)."""
        return torch.tensor([self.geometry(rate, s, hop_class).resolution() for s in scales])
