"""Noise reduction: what it does to the calls is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.shards.augment.reduce import ReduceStep, gated, reduce
from tests.shards.augment.bursts import event
from tests.shards.augment.clicks import RATE, clicks


def params(strength: float) -> ReduceStep:
    return ReduceStep(probability=1, strength=(strength, strength))


@given(frames=st.integers(300, 5000), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_gating_without_strength_gives_the_samples_back(frames: int, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(frames).astype(np.float32)
    assert gated(samples, 256, 0.0) == pytest.approx(samples, abs=1e-5)
    assert np.mean(gated(samples, 256, 0.8) ** 2) < np.mean(samples**2)


def test_reduction_raises_the_contrast_and_says_by_how_much() -> None:
    rng = np.random.default_rng(0)
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(16000) / RATE) * (np.arange(16000) // 4000 == 1)
    marked = event("t", 0.5, 1.0, low_hz=900.0, high_hz=1100.0, snr_db=30.0)
    clip = replace(
        clicks("a", 1), samples=(tone + 0.01 * rng.standard_normal(16000)).astype(np.float32), events=(marked,)
    )
    out, step = reduce(clip, np.random.default_rng(1), params(0.8))
    assert step.params["snr_change_db"] > 6
    assert step.params["event_gain_db"] == pytest.approx(0.0, abs=0.5)
    assert out.events[0].snr_db == pytest.approx(30 + step.params["snr_change_db"])


def test_a_call_that_is_taken_for_noise_is_named_with_what_it_lost() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(16000) / RATE
    steady = 0.02 * np.sin(2 * np.pi * 3000 * time)
    short = 0.1 * np.sin(2 * np.pi * 1000 * time) * (np.arange(16000) // 1000 == 5)
    events = (
        event("steady", 0.0, 2.0, low_hz=2900.0, high_hz=3100.0),
        event("short", 0.625, 0.75, low_hz=900.0, high_hz=1100.0),
        event("weak", 0.0, 2.0, strength="weak"),
    )
    samples = (steady + short + 0.001 * rng.standard_normal(16000)).astype(np.float32)
    clip = replace(clicks("a", 1), samples=samples, events=events)
    out, step = reduce(clip, np.random.default_rng(1), params(0.9))
    assert step.params["worst_event"] == "steady" and step.params["event_gain_db"] < -6
    assert [e.call_id for e in out.events] == ["steady", "short", "weak"]


def test_short_clips_and_no_strength_leave_the_sound_alone() -> None:
    clip = clicks("a", 1)
    short, said = reduce(clip.part(0, 500), np.random.default_rng(1), params(0.5))
    assert "short" in said.params["skipped"] and short.frames == 500
    same, said = reduce(clip, np.random.default_rng(1), params(0.0))
    assert same is clip and said.params == {"strength": 0.0}
