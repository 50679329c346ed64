"""Vision transformer over spectrogram patches: pre-norm blocks, fused QKV, QK-norm, LayerScale, axial rotary places.

Sizes follow the closed formula (h = mlp): a block has 12 d^2 + 13 d parameters when h = 4 d; an encoder of L blocks
over patches of P values has L * block + (P d + d) + d + 2 d. QK-norm and places have no parameters. A block's norms
have gains but no shifts (the shift of the product that follows does the same work); LayerScale's gains take their
place in the count.

Long sequences: clips of more than twice `window` patch columns are attended to in windows along time, every other
block's windows lying half a window later; every sixth block and the last one see the whole clip.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Every so manieth block attends to the whole clip, however long it is.
GLOBAL_EVERY = 6
#: So many times slower than the fastest turn the slowest pairs of rotary places.
SLOWEST = 100.0

Turn = tuple[Tensor, Tensor]
#: Windows of a block: (tokens of the first one, tokens of each further one); None: the whole clip is one window.
Windows = tuple[int, int] | None


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


def token_places(rows: int, columns: int, octaves: float, device: torch.device | None = None) -> Tensor:
    """Centre of each token as (tokens, 2): time in patch columns, octaves from the top of the axis (below 0).

    With a clip's resolution these are seconds and log2 Hz: a column lasts patch_frames frames, the axis ends at
    `Geometry.top_hz`. Rotary attention sees differences only, so it works on seconds over the clip's time step, and on
    log2 Hz; where on the absolute scales a token lies is told by `place_code`.
    """
    column = torch.arange(columns, device=device).repeat_interleave(rows) + 0.5
    row = torch.arange(rows, device=device).repeat(columns) + 0.5
    return torch.stack([column, octaves * (row / rows - 1)], dim=-1)


def sincos(values: Tensor, size: int, longest: float) -> Tensor:
    """Fixed sine and cosine code: (...,) -> (..., size) with periods from 2 pi up to 2 pi * longest."""
    steps = torch.arange(size // 2, device=values.device, dtype=torch.float32)
    angles = values.float()[..., None] * longest ** (-steps / max(1, size // 2 - 1))
    return F.pad(torch.cat([angles.sin(), angles.cos()], dim=-1), (0, size - 2 * (size // 2)))


def resolution_code(resolution: Tensor, dim: int) -> Tensor:
    """(B, 3) figures of the grid (see `Geometry.resolution`) -> (B, 1, dim). No parameters."""
    part = dim // 3
    code = torch.cat([sincos(resolution[:, i], part, 10.0) for i in range(3)], dim=-1)
    return F.pad(code, (0, dim - 3 * part))[:, None]


def place_code(octave: Tensor, resolution: Tensor, dim: int) -> Tensor:
    """What each token is told of its place: octaves (B or 1, N) from the axis' top, resolution (B, 3) -> (B, N, dim).

    Half of the channels tell where on the axis it lies, half its log2 frequency (0 at 24 kHz); the clip's time step,
    window and rate are added to all. No parameters.
    """
    absolute = octave - resolution[:, 2:]
    octave = octave.expand(len(resolution), -1)
    code = torch.cat([sincos(octave, dim // 2, 10.0), sincos(absolute, dim - dim // 2, 10.0)], dim=-1)
    return code + resolution_code(resolution, dim)


def rotary(places: Tensor, head_dim: int) -> Turn:
    """Axial rotary tables: places (B or 1, N, 2) -> cos, sin, each (B or 1, N, 1, head_dim // 2) float32.

    Half of the pairs turn with time, half with log2 frequency; the fastest by one radian per patch column or octave,
    the slowest by 1 / SLOWEST of it.
    """
    pairs = head_dim // 4
    steps = torch.arange(pairs, device=places.device, dtype=torch.float32)
    speeds = SLOWEST ** (-steps / max(1, pairs - 1))
    angles = (places[..., None] * speeds).flatten(-2)
    angles = F.pad(angles, (0, head_dim // 2 - 2 * pairs))[:, :, None]
    return angles.cos(), angles.sin()


class Rotation(torch.autograd.Function):
    """Turn pairs (i, i + head_dim / 2) of x (..., head_dim) by the tables cos, sin (..., head_dim / 2).

    The gradient is the gradient of the result, turned back: nothing of x is kept.
    """

    @staticmethod
    def forward(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[1:])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        a, b = grad.chunk(2, dim=-1)
        return torch.cat([a * cos + b * sin, b * cos - a * sin], dim=-1), None, None


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """`Rotation` of x by tables from `rotary`; the same shape."""
    out: Tensor = Rotation.apply(x, cos, sin)
    return out


def attend(q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None, windows: Windows) -> Tensor:
    """Attention of q, k, v (B, N, heads, head_dim) -> (B, N, heads * head_dim), over all tokens or in windows.

    `keep` (B, N) bool marks the tokens to attend to, None = all; without it the flash kernels are used. The last
    window may be shorter: no token is added.
    """
    if windows is None:
        return product(q, k, v, keep)
    first, size = windows
    middle = first + (q.shape[1] - first) // size * size
    out = []
    for start, end in ((0, first), (first, middle), (middle, q.shape[1])):
        if end > start:
            part = None if keep is None else keep[:, start:end]
            out.append(in_blocks(q[:, start:end], k[:, start:end], v[:, start:end], part, min(size, end - start)))
    return torch.cat(out, dim=1)


def in_blocks(q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None, size: int) -> Tensor:
    """`attend` within consecutive blocks of `size` tokens; N is a multiple of it. A block of padding sees itself."""
    clips = q.shape[0]
    q, k, v = (t.unflatten(1, (-1, size)).flatten(0, 1) for t in (q, k, v))
    if keep is not None:
        keep = keep.unflatten(1, (-1, size)).flatten(0, 1)
        keep = keep | ~keep.any(1, keepdim=True)
    return product(q, k, v, keep).unflatten(0, (clips, -1)).flatten(1, 2)


def product(q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None) -> Tensor:
    """Scaled dot-product attention of q, k, v (B, N, heads, head_dim), `keep` (B, N) -> (B, N, heads * head_dim)."""
    mask = None if keep is None else keep[:, None, None]
    mixed = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=mask)
    return mixed.transpose(1, 2).flatten(2)


class ScaledLinear(nn.Linear):
    """A linear layer with a learned gain per output channel (LayerScale), applied to the weights: they are fewer."""

    def __init__(self, inputs: int, outputs: int, start: float) -> None:
        super().__init__(inputs, outputs)
        self.gain = nn.Parameter(torch.full((outputs,), start))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.gain[:, None], self.bias * self.gain)


class Attention(nn.Module):
    """Multi-head self-attention with one QKV product, normalised queries and keys, and rotary places."""

    def __init__(self, dim: int, heads: int, layer_scale: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = ScaledLinear(dim, dim, layer_scale)

    def forward(self, x: Tensor, turn: Turn, keep: Tensor | None, windows: Windows) -> Tensor:
        """x (B, N, dim); `turn` from `rotary`; `keep` (B, N) bool or None -> (B, N, dim)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).unbind(2)
        q, k = (rotate(F.layer_norm(t, t.shape[-1:]), *turn).to(v.dtype) for t in (q, k))
        out: Tensor = self.out(attend(q, k, v, keep, windows))
        return out


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)); both branches end in learned gains per channel (LayerScale)."""

    def __init__(self, dim: int, heads: int, mlp: int, layer_scale: float = 1.0) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, bias=False), nn.LayerNorm(dim, bias=False)
        self.attention = Attention(dim, heads, layer_scale)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp), nn.GELU(), ScaledLinear(mlp, dim, layer_scale))

    def forward(
        self, x: Tensor, turn: Turn, keep: Tensor | None, windows: Windows = None, gate: Tensor | None = None
    ) -> Tensor:
        """x (B, N, dim) -> the same; `gate` (2, B, 1, 1) multiplies the two branches of each clip (drop path)."""
        out = self.attention(self.norm1(x), turn, keep, windows)
        x = x + (out if gate is None else out * gate[0].to(x.dtype))
        out = self.mlp(self.norm2(x))
        return x + (out if gate is None else out * gate[1].to(x.dtype))


class Stack(nn.Module):
    """Blocks and a final norm; used by encoder and decoder."""

    def __init__(
        self, dim: int, depth: int, heads: int, mlp: int, layer_scale: float = 1.0, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        if dim % heads or (dim // heads) % 4:
            raise ValueError(f"dim {dim} must hold {heads} heads whose size is a multiple of 4")
        self.drop_path = [drop_path * i / max(1, depth - 1) for i in range(depth)]
        self.blocks = nn.ModuleList(Block(dim, heads, mlp, layer_scale) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.dim, self.mlp, self.head_dim = dim, mlp, dim // heads

    def windows(self, index: int, tokens: int, parts: int) -> Windows:
        """How block `index` cuts a sequence that is to have `parts` windows of equal length."""
        if parts < 2 or (index + 1) % GLOBAL_EVERY == 0 or index == len(self.blocks) - 1:
            return None
        size = -(-tokens // parts)
        return (size // 2 if index % 2 else 0), size

    def flops(self, tokens: int, parts: int = 1) -> float:
        """Multiplications and additions, counted apart, of a forward pass over one clip; products only."""
        cuts = [self.windows(i, tokens, parts) for i in range(len(self.blocks))]
        seen = sum(tokens if cut is None else cut[1] for cut in cuts)
        return float(
            len(cuts) * 2 * (4 * self.dim**2 + 2 * self.dim * self.mlp) * tokens + 4 * self.dim * tokens * seen
        )

    def gate(self, index: int, x: Tensor) -> Tensor | None:
        """Drop path while training: 0 with the block's chance, else 1 / (1 - chance), per branch and clip."""
        if not self.training or not any(self.drop_path):
            return None
        kept = 1 - self.drop_path[index]
        return (torch.rand(2, x.shape[0], 1, 1, device=x.device) < kept) / kept

    def forward(self, x: Tensor, places: Tensor, keep: Tensor | None = None, parts: int = 1) -> Tensor:
        """x (B, N, dim), places (B or 1, N, 2), keep (B, N) bool or None -> (B, N, dim).

        With `parts` > 1 tokens stand in order of time and most blocks see one of so many windows at a time.
        """
        turn = rotary(places, self.head_dim)
        for index, block in enumerate(self.blocks):
            x = block(x, turn, keep, self.windows(index, x.shape[1], parts), self.gate(index, x))
        out: Tensor = self.norm(x)
        return out


class Encoder(nn.Module):
    """Patches -> tokens. A class token stands first, at place (0, 0). `octaves`: height of the frequency axis."""

    def __init__(
        self,
        dim: int,
        depth: int,
        heads: int,
        mlp: int,
        patch_bins: int = 16,
        patch_frames: int = 16,
        layer_scale: float = 1.0,
        drop_path: float = 0.0,
        window: int = 128,
        octaves: float = 8.0,
    ) -> None:
        super().__init__()
        self.dim, self.patch_bins, self.patch_frames = dim, patch_bins, patch_frames
        self.window, self.octaves = window, octaves
        self.embed = nn.Linear(patch_bins * patch_frames, dim)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.stack = Stack(dim, depth, heads, mlp, layer_scale, drop_path)
        self.apply(init_weights)
        nn.init.normal_(self.cls, std=0.02)

    def flops(self, bins: int, frames: int, visible: int | None = None) -> float:
        """Of a forward pass over one clip, see `Stack.flops`. All patches are embedded and go through the blocks, or
        `visible` of them."""
        columns = frames // self.patch_frames
        tokens = bins // self.patch_bins * columns if visible is None else visible
        return 2 * self.embed.in_features * self.dim * tokens + self.stack.flops(1 + tokens, self.parts(columns))

    def parts(self, columns: int) -> int:
        """Windows that a clip of so many patch columns is cut into; 1 up to twice the window."""
        return 1 if columns <= 2 * self.window else -(-columns // self.window)

    def places(self, bins: int, columns: int, device: torch.device) -> Tensor:
        """Places (1, N, 2) of the patches of a spectrogram, see `token_places`."""
        return token_places(bins // self.patch_bins, columns, self.octaves, device)[None]

    def forward(
        self, patches: Tensor, places: Tensor, resolution: Tensor, keep: Tensor | None = None, parts: int = 1
    ) -> Tensor:
        """patches (B, N, P), places (B or 1, N, 2), resolution (B, 3), keep (B, N) bool -> (B, 1 + N, dim)."""
        x = self.embed(patches)
        resolution = resolution.to(x.device, torch.float32)
        x = x + place_code(places[..., 1], resolution, self.dim).to(x.dtype)
        first = (self.cls + resolution_code(resolution, self.dim)).to(x.dtype)
        x = torch.cat([first, x], dim=1)
        keep = None if keep is None else F.pad(keep, (1, 0), value=True)
        out: Tensor = self.stack(x, F.pad(places, (0, 0, 1, 0)), keep, parts)
        return out


def init_weights(module: nn.Module) -> None:
    """Linear layers: Xavier-uniform weights, zero biases (as MAE and ViT implementations do)."""
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
