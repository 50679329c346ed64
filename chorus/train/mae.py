"""Masked autoencoder: hide most patches, encode the visible ones only, predict the hidden ones.

He et al. 2022 (arXiv 2111.06377) on spectrograms (Huang et al. 2022, arXiv 2207.06405), with the option to decode only
a share of the hidden patches (`decode_ratio`; Wang et al. 2023, arXiv 2303.16727). The loss looks at non-flat patches
inside the clip only, and in them at the bins under its Nyquist frequency: padding and empty bands teach nothing, and
normalising a patch without content would divide by about zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chorus.train.device import sent
from chorus.train.frontend import band_mask
from chorus.train.vit import Encoder, Stack, init_weights, patchify, place_code, unpatchify

MaskKind = Literal["random", "time", "frequency", "mixed"]

VARIANCE_FLOOR = 1e-3
#: Sequences of at least so many tokens get lengths that are multiples of 8: matrix units like them.
ALIGNED_FROM = 128


@dataclass
class Masked:
    """Which tokens are seen and which are predicted: indices (B, V) and (B, D), each in order of time. `valid` (B, N)
    bool marks the tokens that are not padding; None: all of them."""

    visible: Tensor
    hidden: Tensor
    valid: Tensor | None

    def kept(self, index: Tensor) -> Tensor | None:
        """(B, K) bool for attention: which of the tokens `index` are not padding."""
        return None if self.valid is None else torch.gather(self.valid, 1, index)


@dataclass
class Covered:
    """A batch with patches hidden. `patches` (B, N, P), `rows` of them to a column; `resolution` (B, 3). Of the patches
    `masked.hidden`: the `target` (B, D, P), normalised by their own `mean` and `std` (B, D, 1), over the share `weight`
    (B, D, P) of their bins; `judged` (B, D) bool are those that count."""

    patches: Tensor
    rows: int
    resolution: Tensor
    masked: Masked
    target: Tensor
    mean: Tensor
    std: Tensor
    weight: Tensor
    judged: Tensor

    @property
    def counts(self) -> Tensor:
        """(1,): how many patches are judged."""
        return self.judged.sum()[None].float()


@dataclass
class Reconstruction:
    """Result of a pass. `prediction` (B, D, P) in normalised units; `errors` and `plain_errors` (1,): sums over the
    patches that count of their mean squared error, normalised, and in the spectrogram's own units, (10 dB)^2, without
    gradient."""

    prediction: Tensor
    errors: Tensor
    plain_errors: Tensor
    counts: Tensor

    @property
    def loss(self) -> Tensor:
        """Scalar: the mean error of a patch."""
        return (self.errors / self.counts.clamp(min=1))[0]


def gather(tokens: Tensor, index: Tensor) -> Tensor:
    """tokens (B or 1, N, d), index (B, K) -> (B, K, d)."""
    tokens = tokens.expand(index.shape[0], -1, -1)
    return torch.gather(tokens, 1, index[..., None].expand(-1, -1, tokens.shape[-1]))


def patch_validity(valid: Tensor, rows: int, patch_frames: int) -> Tensor:
    """Frames (B, frames) bool -> tokens (B, N) bool: patches that lie wholly inside the clip."""
    columns = valid.shape[1] // patch_frames
    whole = valid[:, : columns * patch_frames].reshape(valid.shape[0], columns, patch_frames).all(-1)
    return whole.repeat_interleave(rows, dim=1)


def token_counts(tokens: int, mask_ratio: float, decode_ratio: float) -> tuple[int, int]:
    """(seen, predicted) of a clip's `tokens`; in long sequences the class token with them fills multiples of 8."""

    def near(count: float, before: int) -> int:
        return 8 * round((count + before) / 8) - before if tokens >= ALIGNED_FROM else round(count)

    seen = max(1, near(tokens * (1 - mask_ratio), 1))
    hidden = tokens - seen
    return seen, hidden if decode_ratio >= 1 else min(hidden, max(1, near(hidden * decode_ratio, 1 + seen)))


def shape_noise(noise: Tensor, rows: int, kind: MaskKind) -> Tensor:
    """Uniform noise (B, N) -> noise whose order hides single patches, whole columns ("time") or rows ("frequency").

    "mixed": each clip is hidden in one of the three ways.
    """
    if kind == "random":
        return noise
    grid = noise.unflatten(1, (-1, rows))
    fine = 1e-4 * grid
    time, frequency = grid[:, :, :1] + fine, grid[:, :1] + fine
    if kind == "mixed":
        way = 3 * (1e3 * noise.double().sum(1) % 1)[:, None, None]  # of all, so it says nothing of any
        return torch.where(way < 1, grid, torch.where(way < 2, time, frequency)).flatten(1)
    return (time if kind == "time" else frequency).flatten(1)


def draw_mask(noise: Tensor, valid: Tensor | None, mask_ratio: float, decode_ratio: float) -> Masked:
    """Choose tokens by `noise` (B, N): a share 1 - mask_ratio is seen, decode_ratio of the rest predicted.

    Of a clip with padding the same share of its own patches is seen; padding fills the other places, where it counts
    for nothing. It is predicted only where no patch of the clip is left.
    """
    count = noise.shape[1]
    seen, predicted = token_counts(count, mask_ratio, decode_ratio)
    if valid is None:
        order = noise.argsort(dim=1)
        visible, hidden = order[:, :seen], order[:, seen : seen + predicted]
    else:
        own = (valid.sum(1, keepdim=True) * (seen / count)).round().clamp(min=1)
        rank = (noise + 2.0 * ~valid).argsort(dim=1).argsort(dim=1)
        visible = (rank + count * (valid & (rank >= own))).argsort(dim=1)[:, :seen]
        taken = torch.zeros_like(valid).scatter(1, visible, True)
        hidden = (rank + count * ~valid + 2 * count * taken).argsort(dim=1)[:, :predicted]
    return Masked(visible.sort(dim=1).values, hidden.sort(dim=1).values, valid)


class MaskedAutoencoder(nn.Module):
    """Encoder and decoder. The decoder sees the encoded visible tokens and one mask token per predicted patch."""

    def __init__(
        self,
        encoder: Encoder,
        dim: int,
        depth: int,
        heads: int,
        mlp: int,
        mask_ratio: float = 0.8,
        decode_ratio: float = 1.0,
        layer_scale: float = 1.0,
        mask: MaskKind = "random",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        encoder.stack.drop_path = []  # for fine-tuning only: here four fifths of the input are dropped already
        self.mask_ratio, self.decode_ratio, self.mask = mask_ratio, decode_ratio, mask
        self.enter = nn.Linear(encoder.dim, dim)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.decoder = Stack(dim, depth, heads, mlp, layer_scale)
        self.predict = nn.Linear(dim, encoder.patch_bins * encoder.patch_frames)
        for part in (self.enter, self.decoder, self.predict):
            part.apply(init_weights)
        nn.init.normal_(self.mask_token, std=0.02)

    @torch.no_grad()
    def cover(
        self,
        spectrogram: Tensor,
        valid: Tensor | None,
        resolution: Tensor,
        generator: torch.Generator | None = None,
        decode_ratio: float | None = None,
    ) -> Covered:
        """Hide patches of spectrogram (B, bins, frames); valid (B, frames) bool, None when nothing is padding;
        resolution (B, 3).

        The mask is drawn on the CPU, so that a seeded `generator` gives the same masks on every device. `decode_ratio`
        replaces the model's own (1.0 to see every hidden patch). Only the bins under the clip's Nyquist frequency are
        normalised, to zero mean and unit variance, and judged.
        """
        encoder = self.encoder
        patches = patchify(spectrogram, encoder.patch_bins, encoder.patch_frames)
        rows = spectrogram.shape[1] // encoder.patch_bins
        whole = None if valid is None else patch_validity(valid, rows, encoder.patch_frames)
        noise = sent(shape_noise(torch.rand(patches.shape[:2], generator=generator), rows, self.mask), patches.device)
        masked = draw_mask(noise, whole, self.mask_ratio, decode_ratio or self.decode_ratio)
        resolution = resolution.to(patches.device, torch.float32)
        bands = band_mask(resolution, spectrogram.shape[1], encoder.octaves).unflatten(1, (rows, encoder.patch_bins))
        weight = gather(bands.float(), masked.hidden % rows).repeat_interleave(encoder.patch_frames, -1)
        weight = weight / weight.sum(-1, keepdim=True).clamp(min=1)
        target = gather(patches, masked.hidden).float()
        mean = (target * weight).sum(-1, keepdim=True)
        variance = ((target - mean).square() * weight).sum(-1, keepdim=True)
        std = (variance + 1e-6).sqrt()
        judged, kept = variance[..., 0] > VARIANCE_FLOOR, masked.kept(masked.hidden)
        judged = judged if kept is None else judged & kept
        return Covered(patches, rows, resolution, masked, (target - mean) / std, mean, std, weight, judged)

    def forward(self, covered: Covered) -> Reconstruction:
        """Predict what is hidden, and compare."""
        prediction = self.decode(self.encode(covered), covered)
        error = ((prediction.float() - covered.target).square() * covered.weight).sum(-1) * covered.judged
        plain = (error.detach() * covered.std[..., 0].square()).sum()[None]
        return Reconstruction(prediction, error.sum()[None], plain, covered.counts)

    def flops(self, bins: int, frames: int) -> float:
        """Of a training step on one clip: three times the products of a forward pass (see `Stack.flops`)."""
        encoder = self.encoder
        columns = frames // encoder.patch_frames
        seen, hidden = token_counts(bins // encoder.patch_bins * columns, self.mask_ratio, self.decode_ratio)
        enter = 2 * self.enter.in_features * self.enter.out_features * (1 + seen)
        predict = 2 * self.predict.in_features * self.predict.out_features * hidden
        decode = self.decoder.flops(1 + seen + hidden, encoder.parts(columns))
        return 3 * (encoder.flops(bins, frames, seen) + enter + decode + predict)

    def encode(self, covered: Covered) -> Tensor:
        """The visible patches alone go through the encoder: -> (B, 1 + V, dim)."""
        encoder, seen, columns = self.encoder, covered.masked.visible, covered.patches.shape[1] // covered.rows
        places = encoder.places(covered.rows * encoder.patch_bins, columns, seen.device)
        keep, parts = covered.masked.kept(seen), encoder.parts(columns)
        out: Tensor = encoder(gather(covered.patches, seen), gather(places, seen), covered.resolution, keep, parts)
        return out

    def decode(self, tokens: Tensor, covered: Covered) -> Tensor:
        """Encoded tokens and mask tokens through the decoder: -> (B, D, P), the predicted patches.

        Mask tokens follow the visible ones; for windows along time all are put into order of time.
        """
        masked, rows, columns = covered.masked, covered.rows, covered.patches.shape[1] // covered.rows
        index = torch.cat([masked.visible, masked.hidden], dim=1)
        x = self.enter(tokens)
        blank = self.mask_token.to(x.dtype).expand(len(x), masked.hidden.shape[1], -1)
        first, x = x[:, :1], torch.cat([x[:, 1:], blank], dim=1)
        parts = self.encoder.parts(columns)
        if parts > 1:
            order = index.argsort(dim=1)
            index, x = torch.gather(index, 1, order), gather(x, order)
        places = gather(self.encoder.places(rows * self.encoder.patch_bins, columns, x.device), index)
        x = x + place_code(places[..., 1], covered.resolution, x.shape[-1]).to(x.dtype)
        keep = masked.kept(index)
        keep = None if keep is None else F.pad(keep, (1, 0), value=True)
        x = self.decoder(torch.cat([first, x], dim=1), F.pad(places, (0, 0, 1, 0)), keep, parts)[:, 1:]
        x = x[:, -masked.hidden.shape[1] :] if parts == 1 else gather(x, order.argsort(1)[:, masked.visible.shape[1] :])
        out: Tensor = self.predict(x)
        return out

    def picture(self, covered: Covered, prediction: Tensor) -> tuple[Tensor, Tensor]:
        """(masked, reconstructed) spectrograms of the batch: what was seen, and with the predictions put in.

        Predicted patches get the mean and spread of the true ones back (the model predicts normalised values).
        """
        encoder, patches = self.encoder, covered.patches
        both = covered.masked.visible, covered.masked.hidden
        seen, hidden = (index[..., None].expand(-1, -1, patches.shape[-1]) for index in both)
        shown = torch.full_like(patches, float("nan")).scatter(1, seen, torch.gather(patches, 1, seen))
        filled = shown.scatter(1, hidden, (prediction * covered.std + covered.mean).to(patches.dtype))
        shape = (covered.rows, encoder.patch_bins, encoder.patch_frames)
        return unpatchify(shown, *shape), unpatchify(filled, *shape)
