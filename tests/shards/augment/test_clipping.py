"""Clipping holds samples and says how many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.shards.augment.clipping import KNEE, ClippingStep, clipping, held
from tests.shards.augment.bursts import assert_found, assert_lawful, bursts, event


def driven(low: float, high: float, soft: float = 0.0) -> ClippingStep:
    return ClippingStep(probability=1, below_peak_db=(low, high), soft=soft)


@given(seed=st.integers(0, 10_000), count=st.integers(0, 8), soft=st.sampled_from([0.0, 1.0]))
@settings(max_examples=30, deadline=None)
def test_events_stay_and_samples_are_held(seed: int, count: int, soft: float) -> None:
    clip = bursts(seed, count=count)
    out, step = clipping(clip, np.random.default_rng(seed), driven(0, 24, soft))
    assert_lawful(clip, out)
    assert out.events == clip.events
    level = step.params["level"]
    above = np.abs(clip.samples) > level * (1 + 1e-5)
    assert np.mean(above) == pytest.approx(step.params["clipped_share"], abs=2 / clip.frames + 1e-6)
    below = np.abs(clip.samples) < level * (1 - 1e-5)
    assert np.array_equal(out.samples[below], clip.samples[below])
    assert np.abs(out.samples).max() <= level * (1 + (KNEE if soft else 0)) * (1 + 1e-4)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_little_clipping_leaves_events_findable(seed: int) -> None:
    clip = bursts(seed, top=0.3)
    out, _ = clipping(clip, np.random.default_rng(seed), driven(3, 3))
    assert_found(out, 0.002, 25)


@pytest.mark.parametrize("soft", [0.0, 1.0])
def test_at_the_peak_nothing_is_clipped(soft: float) -> None:
    clip = bursts(1, snr_db=10.0)
    out, step = clipping(clip, np.random.default_rng(0), driven(0, 0, soft))
    assert out is clip and step.params["clipped_share"] == 0


def test_soft_clipping_is_smooth_and_rises() -> None:
    ramp = np.linspace(-2, 2, 4001, dtype=np.float32)
    out = held(ramp, 0.5, soft=True)
    assert (np.diff(out) >= 0).all() and np.diff(out, 2).max() < 1e-4
    assert out[-1] == pytest.approx(0.5 * (1 + KNEE), abs=1e-3)


def test_distortion_counts_as_noise() -> None:
    rng = np.random.default_rng(0)
    tone, noise = np.sin(2 * np.pi * 700 / 8000 * np.arange(12_800)), 0.01 * rng.standard_normal(12_800)
    snr_db = 10 * np.log10(0.5 / band_power(noise, 8000, 100, 3900))
    wide = event("a", 0.0, 1.6, low_hz=100.0, high_hz=3900.0, snr_db=snr_db)
    narrow = event("b", 0.0, 1.6, low_hz=600.0, high_hz=800.0, snr_db=40.0)
    clip = replace(bursts(1, count=0), samples=(tone + noise).astype(np.float32), events=(wide, narrow))
    out, step = clipping(clip, np.random.default_rng(0), driven(12, 12))
    assert step.params["clipped_share"] > 0.5
    assert out.events[0].snr_db < 20, "the harmonics of a clipped tone are in the wide band"  # type: ignore[operator]
    assert out.events[1].snr_db > 35, "and not in the narrow one"  # type: ignore[operator]


def test_silence() -> None:
    clip = replace(bursts(1, count=0), samples=np.zeros(100, np.float32))
    out, step = clipping(clip, np.random.default_rng(0), driven(6, 6))
    assert out is clip and step.params["clipped_share"] == 0
