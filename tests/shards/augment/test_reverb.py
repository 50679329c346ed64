"""Reverberation follows the sound and never comes before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chorus.shards.augment.reverb import ReverbStep, decay, reverb
from tests.shards.augment.bursts import FAINT, assert_lawful, bursts


def room(wet: tuple[float, float], rt60_s: tuple[float, float] = (0.05, 1.0)) -> ReverbStep:
    return ReverbStep(probability=1, rt60_s=rt60_s, wet=wet)


@given(seed=st.integers(0, 10_000), count=st.integers(0, 8), rate=st.sampled_from([2000, 8000, 44_100]))
@settings(max_examples=25, deadline=None)
def test_events_keep_their_place(seed: int, count: int, rate: int) -> None:
    clip = bursts(seed, rate, count=count)
    out, _ = reverb(clip, np.random.default_rng(seed), room((0.0, 0.9)))
    assert_lawful(clip, out)
    assert out.events == clip.events and out.frames == clip.frames


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_nothing_sounds_before_its_onset(seed: int) -> None:
    clip = bursts(seed, count=1)
    out, _ = reverb(clip, np.random.default_rng(seed), room((0.0, 0.9)))
    onset = round(clip.events[0].start_s * clip.rate)
    assert np.abs(out.samples[:onset]).max() < 12 * FAINT
    assert np.abs(out.samples[onset : onset + 400]).max() > 100 * FAINT


def test_a_click_becomes_the_response() -> None:
    clip = bursts(1, count=0)
    click = np.zeros(clip.frames, np.float32)
    click[1000] = 1
    out, step = reverb(replace(clip, samples=click), np.random.default_rng(0), room((0.4, 0.4), (0.5, 0.5)))
    assert np.argmax(np.abs(out.samples)) == 1000 and not out.samples[:1000].round(6).any()
    assert out.samples[1000] == pytest.approx(0.6**0.5, abs=1e-5)
    assert np.sum(out.samples.astype(float) ** 2) == pytest.approx(1.0, abs=1e-4)
    assert step.params["direct_to_reverberant_db"] == pytest.approx(10 * np.log10(0.6 / 0.4), abs=0.01)


def test_the_response_falls_by_60_db_in_its_time() -> None:
    taps = decay(np.random.default_rng(0), 1.0, 20_000).astype(float)
    assert len(taps) == 20_000 and taps[0] == 0 and np.sum(taps**2) == pytest.approx(1.0, abs=1e-5)
    early, late = np.mean(taps[1:2000] ** 2), np.mean(taps[-2000:] ** 2)
    assert 10 * np.log10(early / late) == pytest.approx(54, abs=1)


def test_without_reverberation_the_clip_is_the_same() -> None:
    clip = bursts(1, snr_db=10.0)
    out, _ = reverb(clip, np.random.default_rng(0), room((0, 0)))
    assert out is clip


def test_reverberation_counts_as_noise() -> None:
    clip = bursts(1, snr_db=60.0)
    little, much = (reverb(clip, np.random.default_rng(0), room((wet, wet)))[0] for wet in (0.01, 0.5))
    for old, one, two in zip(clip.events, little.events, much.events, strict=True):
        assert old.snr_db > one.snr_db > two.snr_db  # type: ignore[operator]


def test_what_cannot_be() -> None:
    for wrong in ({"wet": (0, 1)}, {"rt60_s": (0, 1)}, {"rt60_s": (2, 1)}):
        with pytest.raises(ValidationError):
            ReverbStep(**{"probability": 1, "wet": (0, 0.5), "rt60_s": (0.1, 1)} | wrong)  # type: ignore[arg-type]
