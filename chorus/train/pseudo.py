"""Labels that a clip gives itself: where its sound stands out of its own noise floor (pseudo-labels).

They stand in where nobody has marked anything, such as a range of sample rates without a single label: a detector that
learns from them marks what stands out, instead of anything. Doubtful stretches teach nothing. (Learning from labels
that were made and not given: Lee 2013, "Pseudo-Label".)
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from chorus.train.losses import Targets

#: Share of the bins whose mean is the level of a frame: calls fill a part of the axis.
TOP_SHARE = 1 / 16
#: Level over the usual one of the clip, in units of 10 dB (see frontend.py): a stretch is an event when it reaches OPEN
#: somewhere and stays over KEEP; what stays over KEEP alone nobody knows.
OPEN, KEEP = 0.6, 0.3
#: Gaps of so many frames are closed; shorter stretches than SHORTEST are doubtful.
GAP, SHORTEST = 2, 2
#: Level that a clip usually has: this quantile of its frames.
USUAL = 0.3


def stands_out(spectrogram: Tensor, inside: Tensor | None = None) -> Tensor:
    """(B, bins, frames) in units of 10 dB above the floor of each bin -> (B, frames): how far frames stand out of what
    is usual `inside` (B, frames) the clip."""
    count = max(2, round(TOP_SHARE * spectrogram.shape[1]))
    smooth = F.avg_pool1d(spectrogram, 3, 1, 1, count_include_pad=False)
    level = smooth.topk(count, dim=1).values.mean(1)
    known = level if inside is None else level.masked_fill(~inside, float("nan"))
    return level - known.nanquantile(USUAL, dim=1, keepdim=True).nan_to_num()


def pseudo_targets(spectrogram: Tensor, valid: Tensor | None, edge_frames: float) -> Targets:
    """Targets (B, frames) of spectrograms (B, bins, frames), `valid` (B, frames) bool, None without padding."""
    over = stands_out(spectrogram, valid)
    inside = torch.ones_like(over, dtype=torch.bool) if valid is None else valid
    loud = closed(over >= KEEP, GAP) & inside
    peak, length = stretches(loud, over)
    active = loud & (peak >= OPEN) & (length >= SHORTEST)
    known = (inside & (active | ~loud)).to(over.dtype)
    before = F.pad(active, (1, 0))[:, :-1]
    after = F.pad(active, (0, 1))[:, 1:]
    onset, offset = active & ~before, active & ~after
    onset[:, 0] = False
    offset &= F.pad(inside, (0, 1))[:, 1:]  # what the clip cuts has no end
    first, last = (bumps(edge.to(over.dtype), edge_frames) * inside for edge in (onset, offset))
    return Targets(active.to(over.dtype), first, last, known, known)


def closed(mask: Tensor, gap: int) -> Tensor:
    """(B, frames) bool with gaps of up to `gap` frames filled."""
    x = F.pad(mask.float(), (gap, gap))
    wide = F.max_pool1d(x[:, None], gap + 1, 1)
    return (-F.max_pool1d(-wide, gap + 1, 1))[:, 0] > 0.5


def stretches(mask: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """For each frame the largest of `values` and the number of frames in its unbroken stretch of `mask`."""
    number = (~mask).cumsum(1)
    shape = (mask.shape[0], mask.shape[1] + 1)
    least = values.masked_fill(~mask, -1e9)
    peaks = values.new_full(shape, -1e9).scatter_reduce(1, number, least, "amax")
    lengths = values.new_zeros(shape).scatter_add(1, number, mask.to(values.dtype))
    return peaks.gather(1, number), lengths.gather(1, number)


def bumps(peaks: Tensor, sigma: float) -> Tensor:
    """(B, frames) of 0 and 1 -> the largest of Gaussians of height 1 around the ones."""
    reach = int(4 * sigma) + 1
    padded = F.pad(peaks, (reach, reach)).unfold(1, 2 * reach + 1, 1)
    distance = torch.arange(-reach, reach + 1, device=peaks.device)
    return (padded * torch.exp(-0.5 * (distance / sigma) ** 2)).amax(-1)
