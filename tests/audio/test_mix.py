"""Several channels as one."""

from __future__ import annotations

import numpy as np

from chorus.audio.mix import mixed

LEFT, RIGHT = np.random.default_rng(0).standard_normal((2, 4_000)).astype(np.float32)


def mix(*channels: np.ndarray[tuple[int], np.dtype[np.float32]]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return mixed(np.stack(channels, axis=1))


def test_the_mean_of_the_channels() -> None:
    assert np.allclose(mix(LEFT, RIGHT), (LEFT + RIGHT) / 2)
    assert np.allclose(mix(LEFT, RIGHT, -LEFT), RIGHT / 3, atol=1e-6), "which of three is upside down nobody knows"
    assert np.array_equal(mix(LEFT), LEFT)
    assert not mix(np.zeros_like(LEFT), np.zeros_like(LEFT)).any()


def test_two_channels_that_cancel_are_heard() -> None:
    assert np.allclose(mix(LEFT, -LEFT), LEFT)
    near = -LEFT + np.float32(0.3) * RIGHT
    assert np.abs(mix(LEFT, near)).std() > 0.5


def test_samples_that_are_no_numbers_stay() -> None:
    broken = LEFT.copy()
    broken[0] = np.nan
    assert np.isnan(mix(broken, -LEFT)[0])
