"""Encoder and decoder: parameter counts, patches, positions, padding."""

from __future__ import annotations

import pytest
import torch

from chorus.train.mae import MaskedAutoencoder
from chorus.train.vit import (
    Encoder,
    Stack,
    decoder_parameters,
    encoder_parameters,
    patchify,
    sincos,
    token_places,
    unpatchify,
)

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
    assert token_places(4, 3)[5].tolist() == [1, 1]


def test_positions_are_relative() -> None:
    torch.manual_seed(0)
    stack = Stack(32, 2, 2, 64).eval()
    x, places = torch.randn(1, 6, 32), token_places(2, 3)[None]
    moved = places + torch.tensor([7.0, 3.0])
    assert torch.allclose(stack(x, places), stack(x, moved), atol=1e-4)
    assert not torch.allclose(stack(x, places), stack(x, places * 3), atol=1e-3)


def test_padding_is_not_attended_to() -> None:
    torch.manual_seed(0)
    encoder = Encoder(32, 2, 2, 64, 4, 4).eval()
    patches, places = torch.randn(1, 6, 16), token_places(2, 3)[None]
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
    patches, places = torch.randn(1, 6, 16), token_places(2, 3)[None]
    a = encoder(patches, places, torch.tensor([[1.0, 2.0, 3.0]]))
    b = encoder(patches, places, torch.tensor([[4.0, 2.0, 3.0]]))
    assert not torch.allclose(a[:, 1:], b[:, 1:], atol=1e-4)


def test_layer_scale_and_drop_path_are_optional() -> None:
    torch.manual_seed(0)
    encoder = Encoder(32, 2, 2, 64, 4, 4, layer_scale=0.0, drop_path=0.5)
    x, places = torch.randn(3, 6, 16), token_places(2, 3)[None]
    bare = encoder.stack.norm(encoder.embed(x) + sincos(places[..., 1], 32, 10.0))
    assert torch.allclose(encoder(x, places, torch.zeros(3, 3))[:, 1:], bare, atol=1e-6)
    plain = sum(p.numel() for p in Encoder(32, 2, 2, 64, 4, 4).parameters())
    assert sum(p.numel() for p in encoder.parameters()) == plain + 2 * 2 * 32


def test_heads_must_fit() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        Encoder(30, 1, 3, 60)
