"""A plain masked autoencoder, to measure against: the textbook model (He et al. 2022) of timm-style blocks.

Fused QKV, attention through scaled_dot_product_attention, fixed sine-cosine places, the decoder over all patches, a
patch embedding by convolution. What Chorus adds (rotary places, QK-norm, LayerScale, resolution, validity, a share of
the hidden patches) is absent.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chorus.train.vit import init_weights, patchify, sincos


class PlainBlock(nn.Module):
    """Pre-norm block: x + attention(norm(x)), then x + mlp(norm(x)); x (B, N, dim)."""

    def __init__(self, dim: int, heads: int, mlp: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp), nn.GELU(), nn.Linear(mlp, dim))

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


def fixed_places(rows: int, columns: int, dim: int) -> Tensor:
    """Sine-cosine table (1, 1 + N, dim), half of it for the column and half for the row; zeros for the class token."""
    column = torch.arange(columns).repeat_interleave(rows)
    row = torch.arange(rows).repeat(columns)
    table = torch.cat([sincos(column, dim // 2, 1e4), sincos(row, dim // 2, 1e4)], dim=-1)
    return F.pad(table, (0, 0, 1, 0))[None]


class PlainAutoencoder(nn.Module):
    """The encoder over visible patches, the decoder over all of them, the loss on normalised hidden patches."""

    def __init__(
        self,
        bins: int,
        frames: int,
        dim: int,
        depth: int,
        heads: int,
        mlp: int,
        decoder_dim: int,
        decoder_depth: int,
        decoder_heads: int,
        decoder_mlp: int,
        *,
        patch: int = 16,
        mask_ratio: float = 0.8,
    ) -> None:
        super().__init__()
        self.patch, self.mask_ratio = patch, mask_ratio
        rows, columns = bins // patch, frames // patch
        self.embed = nn.Conv2d(1, dim, patch, patch)
        self.cls, self.mask_token = nn.Parameter(torch.zeros(1, 1, dim)), nn.Parameter(torch.zeros(1, 1, decoder_dim))
        self.places = nn.Buffer(fixed_places(rows, columns, dim))
        self.decoder_places = nn.Buffer(fixed_places(rows, columns, decoder_dim))
        self.blocks = nn.Sequential(*(PlainBlock(dim, heads, mlp) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.enter = nn.Linear(dim, decoder_dim)
        self.decoder = nn.Sequential(
            *(PlainBlock(decoder_dim, decoder_heads, decoder_mlp) for _ in range(decoder_depth))
        )
        self.decoder_norm = nn.LayerNorm(decoder_dim)
        self.predict = nn.Linear(decoder_dim, patch * patch)
        self.apply(init_weights)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """spectrogram (B, bins, frames) -> the loss, a scalar."""
        x = self.embed(spectrogram[:, None]).transpose(2, 3).flatten(2).transpose(1, 2) + self.places[:, 1:]
        b, n, d = x.shape
        seen = int(n * (1 - self.mask_ratio))
        order = torch.rand(b, n, device=x.device).argsort(dim=1)
        restore = order.argsort(dim=1)
        x = torch.gather(x, 1, order[:, :seen, None].expand(-1, -1, d))
        x = torch.cat([(self.cls + self.places[:, :1]).expand(b, -1, -1), x], dim=1)
        x = self.enter(self.norm(self.blocks(x)))
        blank = self.mask_token.expand(b, n - seen, -1).to(x.dtype)
        body = torch.cat([x[:, 1:], blank], dim=1)
        body = torch.gather(body, 1, restore[..., None].expand(-1, -1, body.shape[2]))
        x = torch.cat([x[:, :1], body], dim=1) + self.decoder_places
        prediction = self.predict(self.decoder_norm(self.decoder(x)))[:, 1:]
        target = patchify(spectrogram, self.patch, self.patch)
        mean, variance = target.mean(-1, keepdim=True), target.var(-1, keepdim=True)
        error = (prediction - (target - mean) / (variance + 1e-6).sqrt()).square().mean(-1)
        hidden = (restore >= seen).float()
        return (error * hidden).sum() / hidden.sum()
