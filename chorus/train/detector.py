"""Call detector: the encoder with a head that gives activity, onset and offset for every frame.

A token lasts many frames, so tokens alone cannot mark a boundary. The head spreads each token over its frames and adds
a light convolution over the spectrogram's own frames: context from the encoder, sharpness from the frames. Rows of the
log-frequency axis stay apart until the last step, so that a box head can be added beside it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chorus.train.vit import Encoder, patchify

ACTIVITY, ONSET, OFFSET = 0, 1, 2


class FrameBranch(nn.Module):
    """Spectrogram (B, bins, frames) -> (B, channels, rows, frames): small kernels, strides over frequency only."""

    def __init__(self, channels: int, patch_bins: int) -> None:
        super().__init__()
        first = 2 ** (int(math.log2(patch_bins)) // 2)
        second = patch_bins // first
        self.enter = nn.Conv2d(1, channels // 2, (2 * first + 1, 5), stride=(first, 1), padding=(first, 2))
        self.deepen = nn.Conv2d(channels // 2, channels, (2 * second + 1, 3), stride=(second, 1), padding=(second, 1))

    def forward(self, spectrogram: Tensor) -> Tensor:
        out: Tensor = self.deepen(F.gelu(self.enter(spectrogram[:, None])))
        return out


class TimeBlock(nn.Module):
    """A residual step along time: x + conv(gelu(conv(x))), the first convolution dilated. (B, channels, frames)."""

    def __init__(self, channels: int, reach: int, dilation: int) -> None:
        super().__init__()
        self.look = nn.Conv1d(channels, channels, reach, padding=reach // 2 * dilation, dilation=dilation)
        self.point = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.point(F.gelu(self.look(F.gelu(x))))
        return out


class Head(nn.Module):
    """Tokens and spectrogram -> logits (B, 3, frames): activity, onset, offset."""

    def __init__(self, dim: int, channels: int, patch_bins: int, reach: int, blocks: int) -> None:
        super().__init__()
        self.patch_bins = patch_bins
        self.context = nn.Linear(dim, channels)
        self.frames = FrameBranch(channels, patch_bins)
        self.mix = nn.Conv2d(channels, channels, (3, reach), padding=(1, reach // 2), groups=channels)
        self.point = nn.Conv2d(channels, channels, 1)
        self.pool = nn.Conv1d(2 * channels, 2 * channels, 1)
        self.time = nn.Sequential(*(TimeBlock(2 * channels, reach, 2**i) for i in range(blocks)))
        self.out = nn.Conv1d(2 * channels, 3, 1)
        nn.init.constant_(self.out.bias, -2.0)  # type: ignore[arg-type]

    def spread(self, tokens: Tensor, rows: int, frames: int) -> Tensor:
        """(B, N, dim) -> (B, channels, rows, frames): linear in between the centres of the patch columns."""
        x = self.context(tokens)
        x = x.unflatten(1, (-1, rows)).permute(0, 3, 2, 1)
        return F.interpolate(x, size=(rows, frames), mode="bilinear", align_corners=False)

    def flops(self, bins: int, columns: int, frames: int) -> float:
        """Of a forward pass over one clip, see `Stack.flops`: each weight is used at so many places."""
        rows, strips = bins // self.patch_bins, bins // self.frames.enter.stride[0]
        along_time = [self.pool, self.out, *(part for part in self.time.modules() if isinstance(part, nn.Conv1d))]
        places: list[tuple[nn.Module, int]] = [
            (self.context, rows * columns),
            (self.frames.enter, strips * frames),
            *((part, rows * frames) for part in (self.frames.deepen, self.mix, self.point)),
            *((part, frames) for part in along_time),
        ]
        return float(sum(2 * part.get_parameter("weight").numel() * count for part, count in places))

    def forward(self, tokens: Tensor, spectrogram: Tensor) -> Tensor:
        """tokens (B, N, dim) without the class token; spectrogram (B, bins, frames), whole patches only."""
        rows = spectrogram.shape[1] // self.patch_bins
        x = F.gelu(self.frames(spectrogram) + self.spread(tokens, rows, spectrogram.shape[2]))
        x = x + self.point(F.gelu(self.mix(x)))
        x = self.pool(torch.cat([x.amax(dim=2), x.mean(dim=2)], dim=1))
        out: Tensor = self.out(F.gelu(self.time(x)))
        return out


class Detector(nn.Module):
    """Encoder and head, both trained. Works on any number of frames that is a multiple of the patch length."""

    def __init__(self, encoder: Encoder, channels: int = 32, reach: int = 9, blocks: int = 3) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = Head(encoder.dim, channels, encoder.patch_bins, reach, blocks)

    def flops(self, bins: int, frames: int) -> float:
        """Of a training step on one clip: three times the products of a forward pass (see `Stack.flops`)."""
        columns = frames // self.encoder.patch_frames
        return 3 * (self.encoder.flops(bins, frames) + self.head.flops(bins, columns, frames))

    def forward(self, spectrogram: Tensor, valid: Tensor | None, resolution: Tensor) -> Tensor:
        """spectrogram (B, bins, frames); valid (B, frames) bool, None when nothing is padding -> (B, 3, frames)."""
        encoder = self.encoder
        frames = spectrogram.shape[2]
        if frames % encoder.patch_frames:
            raise ValueError(f"{frames} frames are no whole number of patches of {encoder.patch_frames}")
        patches = patchify(spectrogram, encoder.patch_bins, encoder.patch_frames)
        rows, columns = spectrogram.shape[1] // encoder.patch_bins, frames // encoder.patch_frames
        places = encoder.places(spectrogram.shape[1], columns, patches.device)
        keep = None
        if valid is not None:
            keep = valid.unflatten(1, (-1, encoder.patch_frames)).any(-1).repeat_interleave(rows, dim=1)
        tokens = encoder(patches, places, resolution, keep, encoder.parts(columns))[:, 1:]
        logits: Tensor = self.head(tokens, spectrogram)
        return logits
