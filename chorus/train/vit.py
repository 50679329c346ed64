"""Vision transformer over spectrogram patches: pre-norm blocks, fused QKV, QK-norm, axial rotary positions, SDPA.

Sizes follow the closed formula (h = mlp): a block has 12 d^2 + 13 d parameters when h = 4 d; an encoder of L blocks
over patches of P values has L * block + (P d + d) + d + 2 d. QK-norm and positions have no parameters.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def patchify(spectrogram: Tensor, patch_bins: int, patch_frames: int) -> Tensor:
    """(B, bins, frames) -> (B, columns * rows, patch_bins * patch_frames); token = column * rows + row."""
    b, bins, frames = spectrogram.shape
    rows, columns = bins // patch_bins, frames // patch_frames
    cut = spectrogram[:, : rows * patch_bins, : columns * patch_frames]
    grid = cut.reshape(b, rows, patch_bins, columns, patch_frames)
    return grid.permute(0, 3, 1, 2, 4).reshape(b, columns * rows, patch_bins * patch_frames)


def unpatchify(patches: Tensor, rows: int, patch_bins: int, patch_frames: int) -> Tensor:
    """The inverse of `patchify`: (B, columns * rows, P) -> (B, bins, frames)."""
    b, n, _ = patches.shape
    grid = patches.reshape(b, n // rows, rows, patch_bins, patch_frames)
    return grid.permute(0, 2, 3, 1, 4).reshape(b, rows * patch_bins, n // rows * patch_frames)


def token_places(rows: int, columns: int, device: torch.device | None = None) -> Tensor:
    """Place of each token as (tokens, 2): time in patch columns, log-frequency in patch rows.

    Rotary attention sees differences of places only, so the clip's absolute scale (its Nyquist, its frame length) is
    given to the model apart, by `resolution_code`.
    """
    column = torch.arange(columns, device=device).repeat_interleave(rows)
    row = torch.arange(rows, device=device).repeat(columns)
    return torch.stack([column, row], dim=-1).float()


def sincos(values: Tensor, size: int, longest: float) -> Tensor:
    """Fixed sine and cosine code: (...,) -> (..., size) with periods from 2 pi up to 2 pi * longest."""
    steps = torch.arange(size // 2, device=values.device, dtype=torch.float32)
    angles = values.float()[..., None] * longest ** (-steps / max(1, size // 2 - 1))
    return F.pad(torch.cat([angles.sin(), angles.cos()], dim=-1), (0, size - 2 * (size // 2)))


def resolution_code(resolution: Tensor, dim: int) -> Tensor:
    """(B, 3) log2 figures of the grid -> (B, 1, dim), the fixed part of the class token. No parameters."""
    part = dim // 3
    code = torch.cat([sincos(resolution[:, i], part, 10.0) for i in range(3)], dim=-1)
    return F.pad(code, (0, dim - 3 * part))[:, None]


def rotary(places: Tensor, head_dim: int, longest: float = 100.0) -> tuple[Tensor, Tensor]:
    """Axial rotary tables: places (..., N, 2) -> cos, sin, each (..., N, head_dim // 2).

    Half of the pairs turn with time, half with frequency; the slowest turns by 1 / `longest` radian per patch.
    """
    pairs = head_dim // 4
    steps = torch.arange(pairs, device=places.device, dtype=torch.float32)
    speeds = longest ** (-steps / max(1, pairs - 1))
    angles = (places[..., None] * speeds).flatten(-2)
    angles = F.pad(angles, (0, head_dim // 2 - 2 * pairs))
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs (i, i + head_dim / 2) of x (B, heads, N, head_dim) by the tables (B or 1, N, head_dim / 2)."""
    cos, sin = cos[:, None].to(x.dtype), sin[:, None].to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Attention(nn.Module):
    """Multi-head self-attention with one QKV product, normalised queries and keys, and rotary places."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], keep: Tensor | None) -> Tensor:
        """x (B, N, dim); `turn` from `rotary`; `keep` (B, N) bool marks the tokens to attend to, None = all."""
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k = (rotate(F.layer_norm(t, t.shape[-1:]), *turn).to(v.dtype) for t in (q, k))
        mask = None if keep is None else keep[:, None, None, :]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(b, n, d))
        return out


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)); each branch may have a learned scale per channel (LayerScale)."""

    def __init__(
        self, dim: int, heads: int, mlp: int, layer_scale: float | None = None, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = Attention(dim, heads)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp), nn.GELU(), nn.Linear(mlp, dim))
        self.drop_path = drop_path
        self.scales = None
        if layer_scale is not None:
            self.scales = nn.ParameterList([nn.Parameter(torch.full((dim,), layer_scale)) for _ in range(2)])

    def branch(self, out: Tensor, index: int) -> Tensor:
        """A branch's contribution: scaled, and left out for whole clips at random while training (drop path)."""
        if self.scales is not None:
            out = out * self.scales[index]
        if self.training and self.drop_path > 0:
            kept = torch.rand(out.shape[0], 1, 1, device=out.device) >= self.drop_path
            out = out * kept / (1 - self.drop_path)
        return out

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], keep: Tensor | None) -> Tensor:
        x = x + self.branch(self.attention(self.norm1(x), turn, keep), 0)
        return x + self.branch(self.mlp(self.norm2(x)), 1)


class Stack(nn.Module):
    """Blocks and a final norm; used by encoder and decoder."""

    def __init__(
        self, dim: int, depth: int, heads: int, mlp: int, layer_scale: float | None = None, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        if dim % heads or (dim // heads) % 4:
            raise ValueError(f"dim {dim} must hold {heads} heads whose size is a multiple of 4")
        rates = [drop_path * i / max(1, depth - 1) for i in range(depth)]
        self.blocks = nn.ModuleList(Block(dim, heads, mlp, layer_scale, rate) for rate in rates)
        self.norm = nn.LayerNorm(dim)
        self.head_dim = dim // heads

    def forward(self, x: Tensor, places: Tensor, keep: Tensor | None = None) -> Tensor:
        """x (B, N, dim), places (B or 1, N, 2), keep (B, N) bool or None -> (B, N, dim)."""
        turn = rotary(places, self.head_dim)
        for block in self.blocks:
            x = block(x, turn, keep)
        out: Tensor = self.norm(x)
        return out


class Encoder(nn.Module):
    """Patches -> tokens. A class token that carries the clip's resolution stands first, at place (0, 0)."""

    def __init__(
        self,
        dim: int,
        depth: int,
        heads: int,
        mlp: int,
        patch_bins: int = 16,
        patch_frames: int = 16,
        layer_scale: float | None = None,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.dim, self.patch_bins, self.patch_frames = dim, patch_bins, patch_frames
        self.embed = nn.Linear(patch_bins * patch_frames, dim)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.stack = Stack(dim, depth, heads, mlp, layer_scale, drop_path)
        self.apply(init_weights)
        nn.init.normal_(self.cls, std=0.02)

    def forward(self, patches: Tensor, places: Tensor, resolution: Tensor, keep: Tensor | None = None) -> Tensor:
        """patches (B, N, P), places (B or 1, N, 2), resolution (B, 3), keep (B, N) bool -> (B, 1 + N, dim)."""
        x = self.embed(patches)
        x = x + sincos(places[..., 1], self.dim, 10.0).to(x.dtype)
        first = (self.cls + resolution_code(resolution.to(x.device), self.dim)).to(x.dtype)
        x = torch.cat([first, x], dim=1)
        places = F.pad(places, (0, 0, 1, 0))
        return self.stack(x, places, None if keep is None else F.pad(keep, (1, 0), value=True))


def init_weights(module: nn.Module) -> None:
    """Linear layers: Xavier-uniform weights, zero biases (as MAE and ViT implementations do)."""
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def block_parameters(dim: int, mlp: int) -> int:
    """Parameters of a block without LayerScale: QKV, output, two MLP layers, two norms."""
    return (3 * dim**2 + 3 * dim) + (dim**2 + dim) + (2 * dim * mlp + mlp + dim) + 4 * dim


def encoder_parameters(dim: int, depth: int, mlp: int, patch: int) -> int:
    """Closed formula for an encoder over patches of `patch` values."""
    return depth * block_parameters(dim, mlp) + (patch * dim + dim) + dim + 2 * dim


def decoder_parameters(encoder_dim: int, dim: int, depth: int, mlp: int, patch: int) -> int:
    """Closed formula for a masked autoencoder's decoder: projection, mask token, blocks, norm, prediction."""
    return (encoder_dim * dim + dim) + dim + depth * block_parameters(dim, mlp) + 2 * dim + (dim * patch + patch)


def patch_grid(bins: int, frames: int, patch_bins: int, patch_frames: int) -> tuple[int, int]:
    """(rows, columns) of whole patches."""
    return bins // patch_bins, math.floor(frames / patch_frames)
