"""Masked autoencoder: what is seen, what is predicted, what counts."""

from __future__ import annotations

import torch

from chorus.train.mae import MaskedAutoencoder, draw_mask, patch_validity
from chorus.train.vit import Encoder, patchify


def model(decode_ratio: float = 1.0) -> MaskedAutoencoder:
    torch.manual_seed(0)
    return MaskedAutoencoder(Encoder(16, 2, 2, 32, 8, 8), 16, 1, 2, 32, mask_ratio=0.8, decode_ratio=decode_ratio)


def seed() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_only_visible_patches_enter_the_encoder() -> None:
    net, sizes = model(), []
    net.encoder.stack.register_forward_pre_hook(lambda _, args: sizes.append(args[0].shape[1]))
    result = net(torch.randn(2, 32, 64), None, torch.zeros(2, 3), seed())
    assert sizes == [1 + 6]
    assert result.masked.visible.shape == (2, 6)
    assert result.masked.hidden.shape == (2, 26)
    both = torch.cat([result.masked.visible, result.masked.hidden], dim=1).sort(dim=1).values
    assert torch.equal(both, torch.arange(32).expand(2, -1))


def test_hidden_patches_do_not_leak_into_the_prediction() -> None:
    net, shown = model().eval(), torch.randn(1, 32, 64)
    before = net(shown, None, torch.zeros(1, 3), seed())
    changed = patchify(shown, 8, 8)
    changed[0, before.masked.hidden[0]] = 5.0
    other = changed.reshape(1, 8, 4, 8, 8).permute(0, 2, 3, 1, 4).reshape(1, 32, 64)
    after = net(other, None, torch.zeros(1, 3), seed())
    assert torch.allclose(before.prediction, after.prediction, atol=1e-6)


def test_decode_ratio_predicts_a_share_of_the_hidden_patches() -> None:
    result = model(0.25)(torch.randn(2, 32, 64), None, torch.zeros(2, 3), seed())
    assert result.prediction.shape == (2, round(26 * 0.25), 64)


def test_padding_is_seen_last_and_never_counts() -> None:
    valid = torch.zeros(1, 64, dtype=torch.bool)
    valid[:, :40] = True
    whole = patch_validity(valid, 4, 8)
    assert int(whole.sum()) == 5 * 4
    masked = draw_mask(torch.rand(1, 32, generator=seed()), whole, 0.8, 1.0)
    assert whole[0, masked.visible[0]].all()
    net, shown = model().eval(), torch.randn(1, 32, 64)
    loss = net(shown, valid, torch.zeros(1, 3), seed()).loss
    shown[:, :, 40:] = 50.0
    assert torch.allclose(loss, net(shown, valid, torch.zeros(1, 3), seed()).loss, atol=1e-5)


def test_flat_patches_do_not_count() -> None:
    net, shown = model().eval(), torch.randn(1, 32, 64)
    shown[:, 16:] = 0.5
    result = net(shown, None, torch.zeros(1, 3), seed())
    hidden = result.masked.hidden[0]
    busy = hidden % 4 < 2
    patches = patchify(shown, 8, 8)[0, hidden]
    target = (patches - patches.mean(-1, keepdim=True)) / (patches.var(-1, keepdim=True, unbiased=False) + 1e-6).sqrt()
    expected = (result.prediction[0] - target).square().mean(-1)[busy].mean()
    assert torch.allclose(result.loss, expected, atol=1e-5)
    flat = net(torch.zeros(1, 32, 64), None, torch.zeros(1, 3), seed()).loss
    assert flat == 0


def test_it_learns_a_regular_picture() -> None:
    net = model()
    rows = torch.arange(32)[None, :, None]
    shown = torch.sin(rows * 0.8).expand(4, 32, 64) + 0.01 * torch.randn(4, 32, 64, generator=seed())
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    losses = []
    for step in range(60):
        loss = net(shown, None, torch.zeros(4, 3), torch.Generator().manual_seed(step)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_pictures_show_what_was_seen_and_fill_in_the_rest() -> None:
    net, shown = model(0.25).eval(), torch.randn(1, 32, 64)
    result = net(shown, None, torch.zeros(1, 3), seed(), 1.0)
    seen, filled = net.picture(shown, result)
    kept = ~seen.isnan()
    assert kept.float().mean() == 6 / 32
    assert torch.equal(filled[kept], shown[kept])
    assert filled.isfinite().all()
    part = net(shown, None, torch.zeros(1, 3), seed())
    assert net.picture(shown, part)[1].isnan().any()
