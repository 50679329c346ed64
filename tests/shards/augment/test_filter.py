"""A filter changes levels and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.shards.augment.convolve import convolved
from chorus.shards.augment.filter import FilterStep, curve, equalise, filtered, zero_phase
from tests.shards.augment.bursts import assert_found, assert_lawful, bursts, event


def deep(low: float, high: float) -> FilterStep:
    return FilterStep(probability=1, depth_db=(low, high))


@given(seed=st.integers(0, 10_000), count=st.integers(0, 8), rate=st.sampled_from([2000, 8000, 44_100]))
@settings(max_examples=30, deadline=None)
def test_events_stay_where_they_are(seed: int, count: int, rate: int) -> None:
    clip = bursts(seed, rate, count=count)
    out, step = equalise(clip, np.random.default_rng(seed), deep(0, 12))
    assert_lawful(clip, out)
    assert out.events == clip.events and out.frames == clip.frames
    assert max(map(abs, step.params["gains_db"])) <= step.params["depth_db"]
    assert_found(out, 0.003, 25)


def test_without_depth_the_clip_is_the_same() -> None:
    clip = bursts(1)
    out, step = equalise(clip, np.random.default_rng(0), deep(0, 0))
    assert out is clip and not any(step.params["gains_db"])


def test_a_tone_gets_the_gain_of_the_curve() -> None:
    clip = bursts(1, count=0)
    for hz in (500.0, 1200.0, 2900.0):
        tone = np.sin(2 * np.pi * hz / clip.rate * np.arange(clip.frames)).astype(np.float32)
        out, step = equalise(replace(clip, samples=tone), np.random.default_rng(3), deep(9, 9))
        wanted = curve(np.array([hz]), step.params["at_hz"], np.array(step.params["gains_db"]))[0]
        assert 20 * np.log10(out.samples[2000:-2000].std() / tone[2000:-2000].std()) == pytest.approx(wanted, abs=0.3)


def test_the_curve_meets_its_gains_and_stays_between_them() -> None:
    edges, gains = [4000.0, 2000.0, 1000.0], np.array([3.0, -6.0, 1.0])
    assert curve(np.array([4000.0, 2000.0, 1000.0, 10.0, 0.0]), edges, gains) == pytest.approx([3, -6, 1, 1, 1])
    between = curve(np.linspace(2001, 3999, 50), edges, gains)
    assert (np.diff(between) > 0).all() and between.min() >= -6 and between.max() <= 3


@pytest.mark.parametrize(("snr_db", "gain_db"), [(10.0, -12.0), (0.0, 6.0), (30.0, 0.0)])
def test_even_gain_keeps_the_snr(snr_db: float, gain_db: float) -> None:
    clip = bursts(1, snr_db=snr_db)
    clip = replace(clip, events=tuple(e.model_copy(update={"mixed_snr_db": snr_db}) for e in clip.events))
    out = filtered(clip, lambda hz: np.full(len(hz), gain_db))
    assert [e.mixed_snr_db for e in out.events] == [e.snr_db for e in out.events]
    assert [e.snr_db for e in out.events] == pytest.approx([snr_db] * len(out.events), abs=0.05)


def test_the_snr_follows_the_filter() -> None:
    """A tone where the filter lets through, noise all over the band: the SNR rises by what the noise loses."""
    rng = np.random.default_rng(0)
    tone = np.sin(2 * np.pi * 1000 / 8000 * np.arange(12_800))
    noise = rng.standard_normal(12_800)
    before = 10 * np.log10(np.mean(tone**2) / band_power(noise, 8000, 500, 3500))
    marked = event("a", 0.0, 1.6, low_hz=500.0, high_hz=3500.0, snr_db=before)
    clip = replace(bursts(1, count=0), samples=(tone + noise).astype(np.float32), events=(marked,))
    gain = lambda hz: np.where(hz < 1500, 0.0, -20.0)  # noqa: E731
    out = filtered(clip, gain)
    taps = zero_phase(gain, 8000)
    heard, left = (convolved(part.astype(np.float32), taps, len(taps) // 2) for part in (tone, noise))
    after = 10 * np.log10(band_power(heard, 8000, 500, 3500) / band_power(left, 8000, 500, 3500))
    assert after > before + 3
    assert out.events[0].snr_db == pytest.approx(after, abs=0.7)


def test_an_event_that_is_filtered_away_has_no_known_snr() -> None:
    rng = np.random.default_rng(0)
    tone = np.sin(2 * np.pi * 3000 / 8000 * np.arange(12_800))
    marked = event("a", 0.0, 1.6, low_hz=500.0, high_hz=3500.0, snr_db=20.0)
    clip = replace(bursts(1, count=0), samples=(tone + 0.01 * rng.standard_normal(12_800)).astype("f4"))
    out = filtered(replace(clip, events=(marked,)), lambda hz: np.where(hz < 1500, 0.0, -100.0))
    assert out.events[0].snr_db is None


@given(frames=st.integers(0, 30_000), count=st.integers(1, 3000), seed=st.integers(0, 99), late=st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_convolution_in_blocks_is_convolution(frames: int, count: int, seed: int, late: float) -> None:
    rng = np.random.default_rng(seed)
    samples, taps = (rng.standard_normal(n).astype(np.float32) for n in (frames, count))
    lead = int(late * (count - 1))
    size = frames + count
    whole = np.fft.irfft(np.fft.rfft(samples.astype(float), size) * np.fft.rfft(taps.astype(float), size), size)
    out = convolved(samples, taps, lead)
    assert out.dtype == np.float32
    assert out == pytest.approx(whole[lead : lead + frames], abs=1e-5 * np.sqrt(count) * 5)
