"""Encoder and decoder: parameter counts, patches, positions, padding."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch._dynamo.testing import CompileCounter

from chorus.train.grid import frame_geometry
from chorus.train.mae import MaskedAutoencoder
from chorus.train.vit import (
    Encoder,
    Stack,
    attend,
    patchify,
    place_code,
    rotary,
    rotate,
    token_places,
    unpatchify,
)
from tests.train.helpers import decoder_parameters, encoder_parameters

SIZES = [
    (768, 12, 12, 3072, 85_254_144),
    (1024, 24, 16, 4096, 302_575_616),
    (1536, 36, 24, 6144, 1_020_334_080),
]


@pytest.mark.parametrize(("dim", "depth", "heads", "mlp", "count"), SIZES)
def test_encoder_sizes_follow_the_formula(dim: int, depth: int, heads: int, mlp: int, count: int) -> None:
    with torch.device("meta"):
        encoder = Encoder(dim, depth, heads, mlp)
    assert sum(p.numel() for p in encoder.parameters()) == encoder_parameters(dim, depth, mlp, 256) == count


def test_decoder_size_follows_the_formula() -> None:
    with torch.device("meta"):
        model = MaskedAutoencoder(Encoder(1536, 1, 24, 6144), 1536, 18, 24, 6144)
    count = sum(p.numel() for n, p in model.named_parameters() if not n.startswith("encoder."))
    assert count == decoder_parameters(1536, 1536, 18, 6144, 256) == 512_726_272


def test_patches_come_back() -> None:
    picture = torch.randn(2, 32, 48)
    patches = patchify(picture, 8, 16)
    assert patches.shape == (2, 12, 128)
    assert torch.equal(unpatchify(patches, 4, 8, 16), picture)
    assert torch.equal(patches[0, 5].reshape(8, 16), picture[0, 8:16, 16:32])
    assert token_places(4, 3, 8.0)[5].tolist() == [1.5, -5.0]


def test_positions_are_relative() -> None:
    torch.manual_seed(0)
    stack = Stack(32, 2, 2, 64).eval()
    x, places = torch.randn(1, 6, 32), token_places(2, 3, 8.0)[None]
    moved = places + torch.tensor([7.0, 3.0])
    assert torch.allclose(stack(x, places), stack(x, moved), atol=1e-4)
    assert not torch.allclose(stack(x, places), stack(x, places * 3), atol=1e-3)


def test_padding_is_not_attended_to() -> None:
    torch.manual_seed(0)
    encoder = Encoder(32, 2, 2, 64, 4, 4).eval()
    patches, places = torch.randn(1, 6, 16), token_places(2, 3, 8.0)[None]
    keep = torch.tensor([[True] * 4 + [False] * 2])
    other = patches.clone()
    other[:, 4:] = 99.0
    resolution = torch.zeros(1, 3)
    a, b = encoder(patches, places, resolution, keep), encoder(other, places, resolution, keep)
    assert torch.allclose(a[:, :5], b[:, :5], atol=1e-5)
    short = encoder(patches[:, :4], places[:, :4], resolution)
    assert torch.allclose(a[:, :5], short, atol=1e-5)


def test_the_resolution_is_told() -> None:
    torch.manual_seed(0)
    encoder = Encoder(32, 2, 2, 64, 4, 4).eval()
    patches, places = torch.randn(1, 6, 16), token_places(2, 3, 8.0)[None]
    a = encoder(patches, places, torch.tensor([[1.0, 2.0, 3.0]]))
    b = encoder(patches, places, torch.tensor([[4.0, 2.0, 3.0]]))
    assert not torch.allclose(a[:, 1:], b[:, 1:], atol=1e-4)


def test_layer_scale_starts_where_it_is_told() -> None:
    torch.manual_seed(0)
    encoder = Encoder(32, 2, 2, 64, 4, 4, layer_scale=0.0)
    x, places, resolution = torch.randn(3, 6, 16), token_places(2, 3, 8.0)[None], torch.zeros(3, 3)
    bare = encoder.stack.norm(encoder.embed(x) + place_code(places[..., 1], resolution, 32))
    out = encoder(x, places, resolution)
    assert torch.allclose(out[:, 1:], bare, atol=1e-6)
    out.square().mean().backward()
    gains = [p for n, p in encoder.named_parameters() if n.endswith("gain")]
    assert len(gains) == 4
    assert all(g.grad is not None and g.grad.abs().sum() > 0 for g in gains)


def test_drop_path_leaves_out_branches_of_whole_clips_while_training() -> None:
    torch.manual_seed(0)
    stack, x, places = Stack(32, 2, 2, 64, drop_path=0.5), torch.randn(64, 4, 32), token_places(2, 2, 8.0)[None]
    stack.eval()
    assert torch.equal(stack(x, places), stack(x, places))
    stack.train()
    kept = stack.gate(1, x)
    assert kept is not None
    assert kept.unique().tolist() == [0.0, 2.0]
    assert (stack.gate(0, x) == 1).all()
    same = (stack(x, places) - stack(x, places)).abs().amax((1, 2)) < 1e-6
    assert 0 < same.sum() < 64


def test_rotation_has_the_gradient_of_what_it_computes() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 2, 8, dtype=torch.float64, requires_grad=True)
    cos, sin = (t.double() for t in rotary(torch.rand(2, 3, 2) * 5, 8))
    assert torch.autograd.gradcheck(lambda t: rotate(t, cos, sin), (x,))
    assert torch.allclose(rotate(x, cos, sin).norm(dim=-1), x.norm(dim=-1))


def test_places_and_resolution_tell_seconds_and_hertz() -> None:
    """The same band at two octaves of rates has the same absolute code, and rows lie an octave apart."""
    fast, slow = frame_geometry(48_000), frame_geometry(16_000)
    places = token_places(8, 2, 8.0)
    centre = places[:8, 1]
    hertz = {g.rate: g.top_hz * 2**centre for g in (fast, slow)}
    assert torch.allclose(hertz[48_000][:7], hertz[16_000][1:])
    absolute = {g.rate: centre - g.resolution()[2] for g in (fast, slow)}
    for rate in (48_000, 16_000):
        assert torch.allclose(24_000 * 2 ** absolute[rate], hertz[rate].float())
    assert places[8, 0] * 16 * slow.frame_s == pytest.approx(0.48)
    codes = [place_code(centre[None], torch.tensor([g.resolution()]), 32) for g in (fast, slow)]
    assert not torch.allclose(codes[0], codes[1], atol=0.01)


def windowed(columns: int, window: int, depth: int = 4) -> tuple[Encoder, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    encoder = Encoder(32, depth, 2, 64, 4, 4, window=window).eval()
    return encoder, torch.randn(1, 2 * columns, 16), encoder.places(8, columns, torch.device("cpu"))


def test_long_clips_are_seen_in_windows() -> None:
    encoder, _, _ = windowed(20, 4)
    assert [encoder.parts(c) for c in (1, 8, 9, 20)] == [1, 1, 3, 5]
    stack = Stack(32, 13, 2, 64)
    cuts = [stack.windows(i, 101, 5) for i in range(13)]
    assert cuts[0] == (0, 21)
    assert cuts[1] == (10, 21)
    assert [i for i, cut in enumerate(cuts) if cut is None] == [5, 11, 12]
    assert stack.windows(0, 101, 1) is None


@pytest.mark.parametrize("tokens", [20, 23])
@pytest.mark.parametrize("first", [0, 3])
def test_windows_are_full_attention_with_a_block_mask(tokens: int, first: int) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, tokens, 2, 8) for _ in range(3))
    keep = torch.rand(2, tokens) > 0.3
    keep[:, ::6] = True
    place = torch.arange(tokens)
    window = torch.where(place < first, -1, (place - first) // 6)
    for kept in (None, keep):
        mask = (window[:, None] == window[None])[None, None]
        mask = mask if kept is None else mask & kept[:, None, None]
        full = F.scaled_dot_product_attention(*(t.transpose(1, 2) for t in (q, k, v)), attn_mask=mask)
        full = full.transpose(1, 2).flatten(2)
        seen = (window[:, None] == window[None]) & (True if kept is None else kept[:, None])
        judged = seen.any(-1).expand(2, -1)
        assert torch.allclose(attend(q, k, v, kept, (first, 6))[judged], full[judged], atol=1e-5)


def test_news_travels_in_windows_as_far_as_blocks_allow() -> None:
    encoder, patches, places = windowed(20, 4)
    changed = patches.clone()
    changed[:, -1] += 3
    a, b = (encoder(p, places, torch.zeros(1, 3), None, 5) for p in (patches, changed))
    assert (a != b).any(-1).all(), "the last block sees the whole clip"
    out = [encoder.stack.blocks[0](encoder.embed(p), rotary(places, 16), None, (0, 8)) for p in (patches, changed)]
    assert torch.equal(out[0][:, :32], out[1][:, :32])
    assert not torch.equal(out[0][:, 32:], out[1][:, 32:])


def test_windows_of_padding_alone_do_no_harm() -> None:
    encoder, patches, places = windowed(20, 4)
    keep = torch.arange(40)[None] < 17
    other = patches.clone()
    other[:, 17:] = 50.0
    a, b = (encoder(p, places, torch.zeros(1, 3), keep, 5) for p in (patches, other))
    assert a.isfinite().all()
    assert torch.allclose(a[:, :18], b[:, :18], atol=1e-5)


def kept_bytes(columns: int) -> int:
    """Bytes that the forward pass of a clip of so many patch columns keeps for the backward pass."""
    encoder = Encoder(32, 6, 2, 64, 4, 4, window=16)
    weights, kept = {p.data_ptr() for p in encoder.parameters()}, {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    places = encoder.places(8, columns, torch.device("cpu"))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = encoder(torch.randn(1, 2 * columns, 16), places, torch.zeros(1, 3), None, encoder.parts(columns))
        assert out.requires_grad
    return sum(kept.values())


def test_memory_grows_in_proportion_to_the_length() -> None:
    short, long = kept_bytes(128), kept_bytes(1024)
    assert 0.9 * 8 < long / short < 1.1 * 8


def test_ten_minutes_pass_at_once() -> None:
    torch.manual_seed(0)
    columns = round(600 / 0.16)
    encoder = Encoder(8, 2, 1, 8, window=128).eval()
    with torch.no_grad():
        patches = torch.randn(1, 8 * columns, 256)
        places = encoder.places(128, columns, patches.device)
        out = encoder(patches, places, torch.zeros(1, 3), None, encoder.parts(columns))
    assert out.shape == (1, 1 + 30_000, 8)
    assert out.isfinite().all()


def test_heads_must_fit() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        Encoder(30, 1, 3, 60)


def test_blocks_are_compiled_once_for_all_and_once_for_each_length() -> None:
    """No graph breaks; after a first round over three lengths, one of them in windows, nothing is compiled again."""
    torch._dynamo.reset()
    torch.manual_seed(0)
    encoder = Encoder(16, 3, 2, 32, 4, 4, window=8, drop_path=0.2).train()
    counter = CompileCounter()
    for block in encoder.stack.blocks:
        block.compile(backend=counter, fullgraph=True, dynamic=False)
    made = []
    for columns in (4, 12, 24) * 2:
        places = encoder.places(8, columns, torch.device("cpu"))
        patches = torch.randn(2, 2 * columns, 16)
        out = encoder(patches, places, torch.zeros(2, 3), None, encoder.parts(columns))
        out.square().mean().backward()
        made.append(counter.frame_count)
    assert made == [1, 2, 5, 5, 5, 5]
    torch._dynamo.reset()
