"""The power of an event is that of `chorus.audio.level`, and added sound lowers its SNR by what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.shards.augment.measure import call_power, covered, event_power, event_powers
from tests.shards.augment.bursts import event
from tests.shards.augment.clicks import RATE, clicks


@given(
    frames=st.integers(2000, 30_000),
    low_hz=st.none() | st.floats(0, 3000),
    width_hz=st.floats(50, 4000),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_power_is_that_of_the_band(frames: int, low_hz: float | None, width_hz: float, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(frames).astype(np.float32)
    samples += np.float32(10) * np.sin(np.arange(frames, dtype=np.float32))
    high_hz = None if low_hz is None else min(low_hz + width_hz, RATE / 2)
    tone_hz = RATE / (2 * np.pi)
    assume(all(edge is None or abs(edge - tone_hz) > 8 * RATE / 2000 for edge in (low_hz, high_hz)))
    whole = event("e", 0.0, frames / RATE, low_hz=low_hz, high_hz=high_hz)
    wanted = band_power(samples, RATE, low_hz, high_hz)
    assert event_power(samples, whole, RATE) == pytest.approx(wanted, rel=0.15)
    doubled = event_powers((samples, 2 * samples), whole, RATE)[1]
    assert doubled == pytest.approx(4 * event_power(samples, whole, RATE), rel=1e-4)


def test_a_whole_band_has_all_the_power() -> None:
    for frames in (999, 1000):
        samples = np.ones(frames, np.float32)
        assert event_power(samples, event("e", 0, frames / RATE), RATE) == pytest.approx(1.0, rel=1e-3)
    assert event_power(np.empty(0, np.float32), event("e", 0, 0), RATE) == 0.0


def test_sounds_laid_one_after_the_other_add_up() -> None:
    rng = np.random.default_rng(0)
    signal, *noises = (rng.standard_normal(16000).astype(np.float32) for _ in range(4))
    base = replace(clicks("a", 1), samples=signal, events=(event("e", 0.0, 2.0), event("w", 0, 2, strength="weak")))
    clip = base
    for k, noise in enumerate(noises, 1):
        clip = covered(clip, noise)
        assert clip.events[0].mixed_snr_db == pytest.approx(-10 * np.log10(k), abs=0.3)
        assert clip.events[0].snr_db is None and clip.events[1] == base.events[1]
    assert covered(base, np.zeros(16000, np.float32)).events == base.events


def test_call_power_is_that_over_marked_events() -> None:
    clip = clicks("a", 1, count=0)
    clip.samples[4000:8000] += 0.5
    assert call_power(clip) == 0.0
    assert call_power(replace(clip, events=(event("e", 0.5, 1.0),))) == pytest.approx(0.25, rel=0.01)
