"""Masked autoencoder: what is seen, what is predicted, what counts."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from chorus.train.mae import (
    Covered,
    MaskedAutoencoder,
    MaskKind,
    Reconstruction,
    draw_mask,
    patch_validity,
    shape_noise,
    token_counts,
)
from chorus.train.vit import Encoder, patchify, unpatchify


def model(decode_ratio: float = 1.0) -> MaskedAutoencoder:
    torch.manual_seed(0)
    return MaskedAutoencoder(Encoder(16, 2, 2, 32, 8, 8), 16, 1, 2, 32, mask_ratio=0.8, decode_ratio=decode_ratio)


def seed() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def rebuild(net: MaskedAutoencoder, *inputs: Any) -> tuple[Covered, Reconstruction]:
    covered = net.cover(*inputs)
    return covered, net(covered)


def test_only_visible_patches_enter_the_encoder() -> None:
    net, sizes = model(), []
    net.encoder.stack.register_forward_pre_hook(lambda _, args: sizes.append(args[0].shape[1]))
    masked = rebuild(net, torch.randn(2, 32, 64), None, torch.zeros(2, 3), seed())[0].masked
    assert sizes == [1 + 6]
    assert masked.visible.shape == (2, 6)
    assert masked.hidden.shape == (2, 26)
    both = torch.cat([masked.visible, masked.hidden], dim=1).sort(dim=1).values
    assert torch.equal(both, torch.arange(32).expand(2, -1))


def test_hidden_patches_do_not_leak_into_the_prediction() -> None:
    net, shown = model().eval(), torch.randn(1, 32, 64)
    covered, before = rebuild(net, shown, None, torch.zeros(1, 3), seed())
    changed = patchify(shown, 8, 8)
    changed[0, covered.masked.hidden[0]] = 5.0
    other = changed.reshape(1, 8, 4, 8, 8).permute(0, 2, 3, 1, 4).reshape(1, 32, 64)
    after = rebuild(net, other, None, torch.zeros(1, 3), seed())[1]
    assert torch.allclose(before.prediction, after.prediction, atol=1e-6)


def test_decode_ratio_predicts_a_share_of_the_hidden_patches() -> None:
    _, result = rebuild(model(0.25), torch.randn(2, 32, 64), None, torch.zeros(2, 3), seed())
    assert result.prediction.shape == (2, round(26 * 0.25), 64)


@pytest.mark.parametrize("kind", ["random", "time", "frequency", "mixed"])
@pytest.mark.parametrize("decode_ratio", [0.25, 1.0])
def test_as_much_is_hidden_of_short_clips_as_of_long_ones(kind: MaskKind, decode_ratio: float) -> None:
    """A step mixes rates, so clips of 10 s fill from a twentieth to all of the longest one's patches."""
    own = torch.tensor([512, 496, 248, 120, 56, 24, 8, 0])
    valid = torch.arange(512)[None] < own[:, None]
    masked = draw_mask(shape_noise(torch.rand(8, 512, generator=seed()), 8, kind), valid, 0.8, decode_ratio)
    visible, hidden = masked.kept(masked.visible), masked.kept(masked.hidden)
    assert visible is not None and hidden is not None
    assert torch.cat([masked.visible, masked.hidden], 1).sort(1).values.diff(dim=1).all(), "none is both"
    assert (visible.sum(1) - 0.2 * own).abs().max() <= 2
    predicted = torch.minimum(own - visible.sum(1), torch.tensor(masked.hidden.shape[1]))
    assert torch.equal(hidden.sum(1), predicted), "its own patches come first"


def test_padding_is_seen_last_and_never_counts() -> None:
    valid = torch.zeros(1, 64, dtype=torch.bool)
    valid[:, :40] = True
    whole = patch_validity(valid, 4, 8)
    assert int(whole.sum()) == 5 * 4
    masked = draw_mask(torch.rand(1, 32, generator=seed()), whole, 0.8, 1.0)
    assert int(whole[0, masked.visible[0]].sum()) == 4
    net, shown = model().eval(), torch.randn(1, 32, 64)
    loss = rebuild(net, shown, valid, torch.zeros(1, 3), seed())[1].loss
    shown[:, :, 40:] = 50.0
    assert torch.allclose(loss, rebuild(net, shown, valid, torch.zeros(1, 3), seed())[1].loss, atol=1e-5)


def test_flat_patches_do_not_count() -> None:
    net, shown = model().eval(), torch.randn(1, 32, 64)
    shown[:, 16:] = 0.5
    covered, result = rebuild(net, shown, None, torch.zeros(1, 3), seed())
    hidden = covered.masked.hidden[0]
    busy = hidden % 4 < 2
    patches = patchify(shown, 8, 8)[0, hidden]
    target = (patches - patches.mean(-1, keepdim=True)) / (patches.var(-1, keepdim=True, unbiased=False) + 1e-6).sqrt()
    expected = (result.prediction[0] - target).square().mean(-1)[busy].mean()
    assert torch.allclose(result.loss, expected, atol=1e-5)
    assert covered.counts == result.counts == busy.sum()
    _, flat = rebuild(net, torch.zeros(1, 32, 64), None, torch.zeros(1, 3), seed())
    assert (flat.loss, flat.counts) == (0, 0)


def test_it_learns_a_regular_picture() -> None:
    net = model()
    rows = torch.arange(32)[None, :, None]
    shown = torch.sin(rows * 0.8).expand(4, 32, 64) + 0.01 * torch.randn(4, 32, 64, generator=seed())
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    losses = []
    for step in range(60):
        loss = rebuild(net, shown, None, torch.zeros(4, 3), torch.Generator().manual_seed(step))[1].loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_pictures_show_what_was_seen_and_fill_in_the_rest() -> None:
    net, shown = model(0.25).eval(), torch.randn(1, 32, 64)
    covered, result = rebuild(net, shown, None, torch.zeros(1, 3), seed(), 1.0)
    seen, filled = net.picture(covered, result.prediction)
    kept = ~seen.isnan()
    assert kept.float().mean() == 6 / 32
    assert torch.equal(filled[kept], shown[kept])
    assert filled.isfinite().all()
    covered, part = rebuild(net, shown, None, torch.zeros(1, 3), seed())
    assert net.picture(covered, part.prediction)[1].isnan().any()


def test_long_sequences_have_lengths_that_matrix_units_like() -> None:
    assert token_counts(32, 0.8, 0.25) == (6, 6)
    for tokens in (512, 1000, 2048):
        seen, hidden = token_counts(tokens, 0.8, 0.25)
        assert (1 + seen) % 8 == (1 + seen + hidden) % 8 == 0
        assert abs(seen - 0.2 * tokens) <= 4
        assert abs(hidden - 0.2 * tokens) <= 8
        assert token_counts(tokens, 0.8, 1.0) == (seen, tokens - seen)


def test_masks_can_hide_whole_times_or_bands() -> None:
    noise = torch.rand(3, 40 * 8, generator=seed())
    shown = {}
    for kind in ("random", "time", "frequency"):
        masked = draw_mask(shape_noise(noise, 8, kind), None, 0.8, 1.0)
        grid = torch.zeros(3, 320).scatter(1, masked.visible, 1.0).unflatten(1, (40, 8))
        shown[kind] = [int((grid.amax(dim) > 0).sum(1).max()) for dim in (2, 1)]
        assert masked.visible.shape == (3, token_counts(320, 0.8, 1.0)[0])
        assert (masked.visible.diff(dim=1) > 0).all()
    assert shown["random"][0] > 25 and shown["random"][1] == 8
    assert shown["time"][0] <= 9 and shown["time"][1] == 8
    assert shown["frequency"] == [40, 2]
    many = torch.rand(200, 320, generator=seed())
    mixed = shape_noise(many, 8, "mixed")
    same = (mixed == many).all(1).sum()
    assert 30 < same < 110
    masked = draw_mask(shape_noise(torch.rand(4000, 320, generator=seed()), 8, "mixed"), None, 0.8, 1.0)
    seen = torch.zeros(4000, 320).scatter(1, masked.visible, 1.0).mean(0)
    assert (seen - 0.2).abs().max() < 0.03  # no patch is seen more often than others


def test_bins_above_the_nyquist_frequency_do_not_count() -> None:
    """At 0.75 octaves under the top of an axis of 8 octaves over 32 bins the upper 3 bins are empty."""
    net, shown, resolution = model().eval(), torch.randn(1, 32, 64), torch.tensor([[-0.75, 0.0, 0.0]])
    before = net.cover(shown, None, resolution, seed())
    louder = shown.clone()
    louder[:, 29:] = 7.0
    after = net.cover(louder, None, resolution, seed())
    ours, theirs = before.weight > 0, after.weight > 0
    assert torch.equal(ours, theirs)
    assert torch.equal(before.target[ours], after.target[ours])
    empty = patchify((torch.arange(32) >= 29).float()[None, :, None].expand(1, 32, 64), 8, 8)
    hidden = before.masked.hidden[..., None].expand(-1, -1, 64)
    assert torch.equal(before.weight == 0, torch.gather(empty, 1, hidden) == 1)
    full = net.cover(louder, None, torch.zeros(1, 3), seed())
    assert not torch.allclose(full.target, after.target, atol=1e-3)


def test_the_plain_error_is_that_of_the_picture() -> None:
    net, shown = model().eval(), 2 * torch.randn(1, 32, 64)
    covered, result = rebuild(net, shown, None, torch.zeros(1, 3), seed())
    filled = net.picture(covered, result.prediction)[1]
    hidden = (filled - shown).square().mean() * 32 / 26
    assert torch.allclose(result.plain_errors / result.counts, hidden, rtol=1e-3)
    assert not result.plain_errors.requires_grad


def test_windows_of_long_clips_work_on_what_is_left_of_them() -> None:
    torch.manual_seed(0)
    encoder = Encoder(16, 3, 2, 32, 8, 8, window=4)
    net = MaskedAutoencoder(encoder, 16, 3, 2, 32).eval()
    shown = torch.randn(2, 32, 8 * 21)
    cuts = []
    for stack in (encoder.stack, net.decoder):
        stack.blocks[0].register_forward_pre_hook(lambda _, args: cuts.append((args[0].shape[1], args[3])))
    covered, result = rebuild(net, shown, None, torch.zeros(2, 3), seed())
    assert cuts == [(18, (0, 3)), (85, (0, 15))]
    assert result.prediction.shape == (2, 67, 64)
    before, changed = result.prediction, patchify(shown, 8, 8)
    changed[:, covered.masked.hidden[0]] = 9.0
    other = unpatchify(changed, 4, 8, 8)
    again = rebuild(net, other, None, torch.zeros(2, 3), seed())[1].prediction
    assert torch.allclose(before[0], again[0], atol=1e-5), "the order of time is undone"


def test_the_order_of_tokens_does_not_matter_without_windows() -> None:
    """Sorting into time and back, as windows ask for, changes nothing where all blocks are global."""
    net = MaskedAutoencoder(Encoder(16, 1, 2, 32, 8, 8, window=4), 16, 1, 2, 32).eval()
    shown, resolution = torch.randn(1, 32, 8 * 9), torch.zeros(1, 3)
    sorted_ = rebuild(net, shown, None, resolution, seed())[1].prediction
    net.encoder.window = 100
    assert torch.allclose(sorted_, rebuild(net, shown, None, resolution, seed())[1].prediction, atol=1e-5)


def test_drop_path_is_off_while_pretraining() -> None:
    net = MaskedAutoencoder(Encoder(16, 2, 2, 32, 8, 8, drop_path=0.9), 16, 1, 2, 32).train()
    shown, resolution = torch.randn(1, 32, 64), torch.zeros(1, 3)
    losses = [rebuild(net, shown, None, resolution, seed())[1].loss for _ in range(2)]
    assert losses[0] == losses[1]
