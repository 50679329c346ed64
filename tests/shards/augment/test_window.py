"""The drawn FFT window travels with the clip; the sound stays."""

from __future__ import annotations

import numpy as np

from chorus.shards.augment.window import WindowStep, window
from tests.shards.augment.clicks import clicks


def test_every_hop_class_is_drawn_and_kept_with_the_clip() -> None:
    clip, params = clicks("a", 1), WindowStep(probability=1, scales=[1], hop_classes=[0, 2])
    drawn = [window(clip, np.random.default_rng(seed), params) for seed in range(30)]
    assert {out.hop_class for out, _ in drawn} == {0, 2}
    assert all(step.params["hop_class"] == out.hop_class for out, step in drawn)


def test_every_scale_is_drawn_and_kept_with_the_clip() -> None:
    clip, params = clicks("a", 1), WindowStep(probability=1, scales=[0.5, 1, 2])
    drawn = [window(clip, np.random.default_rng(seed), params) for seed in range(30)]
    assert {out.n_fft_scale for out, _ in drawn} == {0.5, 1.0, 2.0}
    assert all(step.params == {"n_fft_scale": out.n_fft_scale, "hop_class": 0} for out, step in drawn)
    assert all(out.samples is clip.samples and out.events == clip.events for out, _ in drawn)
