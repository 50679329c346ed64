"""Masked autoencoder: hide most patches, encode the visible ones only, predict the hidden ones.

He et al. 2022 (arXiv 2111.06377) on spectrograms (Huang et al. 2022, arXiv 2207.06405), with the option to decode only
a share of the hidden patches (`decode_ratio`; Wang et al. 2023, arXiv 2303.16727). The loss looks at whole, non-flat
patches only: padding teaches nothing, and normalising a patch without content would divide by about zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chorus.train.vit import Encoder, Stack, init_weights, patchify, sincos, token_places, unpatchify

VARIANCE_FLOOR = 1e-3


@dataclass
class Masked:
    """Which tokens are seen and which are predicted: indices (B, V) and (B, D). `valid` (B, N) bool marks the tokens
    that are not padding; None: all of them."""

    visible: Tensor
    hidden: Tensor
    valid: Tensor | None

    def kept(self, index: Tensor) -> Tensor | None:
        """(B, K) bool for attention: which of the tokens `index` are not padding."""
        return None if self.valid is None else torch.gather(self.valid, 1, index)


@dataclass
class Reconstruction:
    """Result of a pass: `loss` scalar; `prediction` (B, D, P) in normalised units of the patches `masked.hidden`."""

    loss: Tensor
    prediction: Tensor
    masked: Masked
    mean: Tensor
    std: Tensor


def gather(tokens: Tensor, index: Tensor) -> Tensor:
    """tokens (B or 1, N, d), index (B, K) -> (B, K, d)."""
    tokens = tokens.expand(index.shape[0], -1, -1)
    return torch.gather(tokens, 1, index[..., None].expand(-1, -1, tokens.shape[-1]))


def patch_validity(valid: Tensor, rows: int, patch_frames: int) -> Tensor:
    """Frames (B, frames) bool -> tokens (B, N) bool: patches that lie wholly inside the clip."""
    columns = valid.shape[1] // patch_frames
    whole = valid[:, : columns * patch_frames].reshape(valid.shape[0], columns, patch_frames).all(-1)
    return whole.repeat_interleave(rows, dim=1)


def draw_mask(noise: Tensor, valid: Tensor | None, mask_ratio: float, decode_ratio: float) -> Masked:
    """Choose tokens by uniform `noise` (B, N): a share 1 - mask_ratio is seen, decode_ratio of the rest predicted.

    Padding comes last in the order, so that it is neither seen nor predicted while real patches are left.
    """
    order = (noise if valid is None else noise + 2.0 * ~valid).argsort(dim=1)
    n = noise.shape[1]
    seen = max(1, round(n * (1 - mask_ratio)))
    predicted = max(1, round((n - seen) * decode_ratio))
    return Masked(order[:, :seen], order[:, seen : seen + predicted], valid)


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
        layer_scale: float | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.mask_ratio, self.decode_ratio = mask_ratio, decode_ratio
        self.enter = nn.Linear(encoder.dim, dim)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.decoder = Stack(dim, depth, heads, mlp, layer_scale)
        self.predict = nn.Linear(dim, encoder.patch_bins * encoder.patch_frames)
        for part in (self.enter, self.decoder, self.predict):
            part.apply(init_weights)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(
        self,
        spectrogram: Tensor,
        valid: Tensor | None,
        resolution: Tensor,
        generator: torch.Generator | None = None,
        decode_ratio: float | None = None,
    ) -> Reconstruction:
        """spectrogram (B, bins, frames); valid (B, frames) bool, None when nothing is padding; resolution (B, 3).

        The mask is drawn on the CPU, so that a seeded `generator` gives the same masks on every device. `decode_ratio`
        replaces the model's own (1.0 to see every hidden patch).
        """
        encoder = self.encoder
        patches = patchify(spectrogram, encoder.patch_bins, encoder.patch_frames)
        rows = spectrogram.shape[1] // encoder.patch_bins
        places = token_places(rows, patches.shape[1] // rows, patches.device)[None]
        whole = None if valid is None else patch_validity(valid, rows, encoder.patch_frames)
        noise = torch.rand(patches.shape[:2], generator=generator).to(patches.device)
        masked = draw_mask(noise, whole, self.mask_ratio, decode_ratio or self.decode_ratio)
        tokens = self.encode(patches, places, resolution, masked)
        prediction = self.decode(tokens, places, masked)
        return self.score(patches, prediction, masked)

    def encode(self, patches: Tensor, places: Tensor, resolution: Tensor, masked: Masked) -> Tensor:
        """The visible patches alone go through the encoder: -> (B, 1 + V, dim)."""
        seen, keep = masked.visible, masked.kept(masked.visible)
        out: Tensor = self.encoder(gather(patches, seen), gather(places, seen), resolution, keep)
        return out

    def decode(self, tokens: Tensor, places: Tensor, masked: Masked) -> Tensor:
        """Encoded tokens and mask tokens through the decoder: -> (B, D, P), the predicted patches."""
        x = self.enter(tokens)
        b, predicted = masked.hidden.shape
        x = torch.cat([x, self.mask_token.to(x.dtype).expand(b, predicted, -1)], dim=1)
        index = torch.cat([masked.visible, masked.hidden], dim=1)
        where = torch.cat([torch.zeros_like(places[:, :1]).expand(b, -1, -1), gather(places, index)], dim=1)
        x = x + sincos(where[..., 1], x.shape[-1], 10.0).to(x.dtype)
        keep = masked.kept(index)
        keep = None if keep is None else F.pad(keep, (1, 0), value=True)
        out: Tensor = self.predict(self.decoder(x, where, keep)[:, -predicted:])
        return out

    @staticmethod
    def score(patches: Tensor, prediction: Tensor, masked: Masked) -> Reconstruction:
        """Mean squared error against patches normalised to zero mean and unit variance, over patches that count."""
        target = gather(patches, masked.hidden).float()
        mean, variance = target.mean(-1, keepdim=True), target.var(-1, keepdim=True, unbiased=False)
        std = (variance + 1e-6).sqrt()
        error = (prediction.float() - (target - mean) / std).square().mean(-1)
        counts = variance[..., 0] > VARIANCE_FLOOR
        kept = masked.kept(masked.hidden)
        counts = counts if kept is None else counts & kept
        loss = (error * counts).sum() / counts.sum().clamp(min=1)
        return Reconstruction(loss, prediction, masked, mean, std)

    def picture(self, spectrogram: Tensor, result: Reconstruction) -> tuple[Tensor, Tensor]:
        """(masked, reconstructed) spectrograms of the batch: what was seen, and with the predictions put in.

        Predicted patches get the mean and spread of the true ones back (the model predicts normalised values).
        """
        encoder = self.encoder
        patches = patchify(spectrogram, encoder.patch_bins, encoder.patch_frames)
        rows, index = spectrogram.shape[1] // encoder.patch_bins, result.masked.hidden[..., None]
        filled = torch.full_like(patches, float("nan"))
        values = (result.prediction * result.std + result.mean).to(patches.dtype)
        filled.scatter_(1, index.expand(-1, -1, patches.shape[-1]), values)
        hidden = torch.full_like(patches, float("nan"))
        seen = result.masked.visible[..., None].expand(-1, -1, patches.shape[-1])
        hidden.scatter_(1, seen, torch.gather(patches, 1, seen))
        filled = torch.where(filled.isnan(), hidden, filled)
        shape = (rows, encoder.patch_bins, encoder.patch_frames)
        return unpatchify(hidden, *shape), unpatchify(filled, *shape)
