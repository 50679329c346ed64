"""Changes of spectrograms while training."""

from __future__ import annotations

import torch

from chorus.train.augment import augment, blank, mix, raise_noise, shift, tilt
from chorus.train.losses import Targets


def seed(number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def picture() -> torch.Tensor:
    shown = 0.3 * torch.randn(4, 16, 40, generator=seed(9))
    shown[:, 6, 10:20] = 4.0
    return shown


def truth() -> Targets:
    activity = torch.zeros(4, 40)
    for clip in range(4):
        activity[clip, 5 * clip : 5 * clip + 5] = 1
    known = torch.ones(4, 40)
    known[1, 30:] = 0
    return Targets(activity, activity.clone(), activity.clone(), known, known.clone())


def test_nothing_asked_nothing_changed() -> None:
    shown = picture()
    assert augment(shown, seed()) is shown


def test_a_seed_gives_the_same_change() -> None:
    options = {"noise_db": 6.0, "tilt_db": 6.0, "shift_bins": 3, "time_mask_frames": 5, "freq_mask_bins": 3}
    a, b = (augment(picture(), seed(1), **options) for _ in range(2))
    assert torch.equal(a, b)
    assert not torch.equal(a, augment(picture(), seed(2), **options))
    assert a.isfinite().all()


def test_raised_noise_takes_the_call_nearer_to_the_floor() -> None:
    noisy = raise_noise(picture(), 20.0, seed())
    assert (noisy[:, 6, 10:20].mean() < 4.0).all()
    assert noisy[:, :5].mean().abs() < 0.6


def test_shift_moves_whole_rows_and_keeps_them_all() -> None:
    shown = picture()
    moved = shift(shown, 3, seed())
    assert torch.equal(moved.sort(dim=1).values, shown.sort(dim=1).values)
    rows = moved[:, :, 10:20].mean(-1).argmax(dim=1)
    assert ((rows - 6).abs() <= 3).all()
    assert rows.unique().numel() > 1


def test_tilt_leaves_the_floor() -> None:
    shown = picture().clamp(max=4)
    tilted = tilt(shown, 10.0, seed())
    assert torch.equal(tilted[shown <= 0], shown[shown <= 0])
    assert not torch.equal(tilted, shown)


def test_blank_hides_one_stretch_per_clip() -> None:
    ones = torch.ones(4, 16, 40)
    for axis, widest in ((1, 4), (2, 10)):
        holes = (blank(ones, widest, axis, seed()) == 0).any(dim=3 - axis)
        assert (holes.sum(1) <= widest).all()
        assert (holes.int().diff(dim=1).abs().sum(1) <= 2).all()
        assert holes.any()


def test_mixed_clips_carry_the_labels_of_both() -> None:
    shown, before = picture(), truth()
    both, after = mix(shown, before, 1.0, 0.0, seed(4))
    partner = torch.randperm(4, generator=seed(4))
    assert torch.equal(after.activity, torch.maximum(before.activity, before.activity[partner]))
    assert torch.equal(after.activity_known, torch.minimum(before.activity_known, before.activity_known[partner]))
    expected = torch.log10(10**shown + 10 ** shown[partner]) - torch.log10(torch.tensor(2.0))
    assert torch.allclose(both, expected, atol=1e-5)
    same, kept = mix(shown, before, 0.0, 10.0, seed())
    assert torch.equal(same, shown)
    assert torch.equal(kept.activity, before.activity)


def test_what_is_empty_stays_empty() -> None:
    shown = picture()
    shown[:, 13:] = 0
    shown[:, :, 36:] = 0
    options = {"noise_db": 6.0, "tilt_db": 6.0, "shift_bins": 3, "time_mask_frames": 5, "freq_mask_bins": 3}
    mixed, _ = mix(shown, truth(), 1.0, 10.0, seed())
    for changed in (augment(shown, seed(1), **options), mixed):
        assert (changed[:, 13:] == 0).all()
        assert (changed[:, :, 36:] == 0).all()
        assert not torch.equal(changed, shown)
    moved = shift(shown, 3, seed())
    assert torch.equal(moved[:, :13].sort(dim=1).values, shown[:, :13].sort(dim=1).values)


def test_mixing_with_a_shorter_clip_keeps_what_is_known() -> None:
    shown = 1.0 + torch.rand(2, 8, 40, generator=torch.Generator().manual_seed(0))
    shown[1, :, 10:] = 0.0
    known = torch.ones(2, 40)
    known[1, 10:] = 0.0
    targets = Targets(*torch.zeros(3, 2, 40), known, known)
    for seed in range(4):
        _, mixed = mix(shown, targets, 1.0, 6.0, torch.Generator().manual_seed(seed))
        assert mixed.activity_known[0].all()
        assert mixed.activity_known[1].tolist() == known[1].tolist()


def test_a_clip_of_a_higher_rate_or_over_silence_is_not_mixed_in() -> None:
    """Its calls may lie above the axis of the other; what cannot be heard is not labelled."""
    shown = 1.0 + torch.rand(2, 8, 40, generator=seed())
    shown[0, 6:] = 0.0
    targets = Targets(*torch.tensor([[0.0], [1.0]]).expand(3, 2, 40), *torch.ones(2, 2, 40))
    silent = shown.clone()
    silent[0] = 0.0
    mixed = 0
    for number in range(4):
        for clips in (shown, silent):
            both, after = mix(clips, targets, 1.0, 6.0, seed(number))
            assert torch.allclose(both[0], clips[0], atol=1e-5)
            assert not after.activity[0].any()
        mixed += not torch.allclose(mix(shown, targets, 1.0, 6.0, seed(number))[0][1], shown[1], atol=1e-5)
    assert mixed
