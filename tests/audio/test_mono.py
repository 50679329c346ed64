"""Mixing to mono: no channel cancels another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from chorus.audio.level import rms
from chorus.audio.mono import Mixer, mix

Floats = npt.NDArray[np.float32]


def noise(seed: int, frames: int = 4_000) -> Floats:
    return np.random.default_rng(seed).standard_normal(frames).astype(np.float32) * np.float32(0.1)


def test_unrelated_equal_and_single_channels_are_averaged() -> None:
    a, b = noise(1), noise(2)
    assert np.array_equal(mix(a[:, None]), a)
    for channels in ([a, b], [a, a], [a, 0 * a], [a, -0.01 * a], [a, b, noise(3)], [0 * a, 0 * a]):
        samples = np.stack(channels, axis=1)
        assert mix(samples) == pytest.approx(samples.mean(axis=1), abs=1e-7)


@pytest.mark.parametrize(("signs", "turned"), [([1, -1], [1, -1]), ([1, 1, -1], [1, 1, -1]), ([1, -1, -1, 1], None)])
def test_channels_that_cancel_are_turned_over(signs: list[int], turned: list[int] | None) -> None:
    """With a microphone's own noise on each, and an offset and a rumble that they share."""
    sound, rumble = noise(1), 0.5 + np.sin(np.arange(4_000) / 200).astype(np.float32)
    own = [noise(k, 4_000) * np.float32(0.1) for k in range(2, 2 + len(signs))]
    samples = np.stack([sign * sound + rumble + one for sign, one in zip(signs, own, strict=True)], axis=1)
    assert rms(np.diff(mix(samples))) > 0.95 * rms(np.diff(sound))
    wanted = np.array(turned or signs, np.float32)
    assert mix(samples) == pytest.approx((samples * wanted).mean(axis=1), abs=1e-6)


def test_a_channel_stays_turned_over_until_channels_cancel_again() -> None:
    a = noise(1)
    mixer = Mixer()
    assert not mixer.turned
    mixer.mix(np.stack([0 * a, 0 * a], axis=1))
    assert not mixer.turned
    assert mixer.mix(np.stack([a, -a], axis=1)) == pytest.approx(a)
    assert mixer.turned
    unrelated = np.stack([a, noise(2)], axis=1)
    assert mixer.mix(unrelated) == pytest.approx((a - noise(2)) / 2, abs=1e-7)
    assert mixer.mix(np.stack([a, a], axis=1)) == pytest.approx(a)


def test_samples_that_are_no_numbers_or_huge() -> None:
    samples = np.stack([noise(1), -noise(1)], axis=1)
    samples[7, 0] = np.nan
    assert np.isnan(mix(samples)[7])
    assert np.isfinite(np.delete(mix(samples), 7)).all()
    assert np.isinf(mix(np.abs(samples) * np.float32("inf"))).sum() == len(samples) - 1


def test_a_single_frame_and_none() -> None:
    assert mix(np.array([[1, -1]], np.float32)).tolist() == [0]
    assert mix(np.zeros((0, 2), np.float32)).shape == (0,)
