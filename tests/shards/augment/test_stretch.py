"""Times and frequencies follow the playback rate exactly, and nothing leaves the band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas import Annotated
from chorus.shards.augment.stretch import PASSED, StretchStep, stretch
from tests.shards.augment.bursts import assert_found, assert_lawful, bursts, event, without_bands


def by(low: float, high: float) -> StretchStep:
    return StretchStep(probability=1, semitones=(low, high))


@given(seed=st.integers(0, 10_000), count=st.integers(0, 6), rate=st.sampled_from([8000, 8001, 44_100]))
@settings(max_examples=40, deadline=None)
def test_boxes_follow_their_sound(seed: int, count: int, rate: int) -> None:
    clip = bursts(seed, rate, count=count, snr_db=20.0)
    out, step = stretch(clip, np.random.default_rng(seed), by(-12, 12))
    assert_lawful(clip, out)
    speed = step.params["speed"]
    assert out.frames * speed == pytest.approx(clip.frames)
    for old, new in zip(clip.events, out.events, strict=True):
        assert new.start_s == pytest.approx(old.start_s / speed, abs=1e-9)
        assert new.end_s == pytest.approx(old.end_s / speed, abs=1e-9)
        assert new.low_hz == pytest.approx(old.low_hz * speed, abs=1e-5)  # type: ignore[operator]
        assert new.high_hz == pytest.approx(old.high_hz * speed, abs=1e-5)  # type: ignore[operator]
        assert new.snr_db == old.snr_db
    assert_found(out, 1 / rate, 15)


@given(seed=st.integers(0, 10_000), banded=st.booleans())
@settings(max_examples=30, deadline=None)
def test_no_event_passes_the_top_of_the_band(seed: int, banded: bool) -> None:
    clip = bursts(seed, count=3) if banded else without_bands(bursts(seed, count=3))
    out, step = stretch(clip, np.random.default_rng(seed), by(6, 24))
    old = np.mean(clip.samples.astype(float) ** 2) * clip.frames
    kept = np.mean(out.samples.astype(float) ** 2) * out.frames * step.params["speed"]
    assert kept == pytest.approx(old, rel=0.06)
    highs = [e.high_hz for e in out.events if e.high_hz is not None]
    if step.params["speed"] > 1:
        assert all(high <= PASSED * clip.rate / 2 + 10 for high in highs)


def test_an_event_at_the_top_holds_the_speed_at_one() -> None:
    clip = replace(bursts(1), events=(event("a", 0.1, 0.2, low_hz=100.0, high_hz=4000.0),))
    out, step = stretch(clip, np.random.default_rng(0), by(3, 3))
    assert out is clip and step.params["speed"] == 1.0 and step.params["held_from_speed"] > 1
    slower, _ = stretch(clip, np.random.default_rng(0), by(-3, -3))
    assert slower.frames > clip.frames


def test_without_change_the_clip_is_the_same() -> None:
    clip = bursts(1)
    out, step = stretch(clip, np.random.default_rng(0), by(0, 0))
    assert out is clip and step.params["speed"] == 1.0


def test_slower_sound_ends_lower_and_says_so() -> None:
    clip = replace(bursts(1), annotated=Annotated.partial, annotated_s=((0.4, 0.8),))
    out, _ = stretch(clip, np.random.default_rng(0), by(-12, -12))
    assert out.band_limit_hz == clip.rate / 4
    assert out.annotated_s == ((0.8, 1.6),)
    cells = np.abs(np.fft.rfft(out.samples)) ** 2
    assert cells[int(0.52 * len(cells)) :].sum() < 1e-6 * cells.sum()
    back, _ = stretch(replace(out, events=()), np.random.default_rng(0), by(12, 12))
    assert back.band_limit_hz is None and back.frames == clip.frames


@pytest.mark.parametrize("frames", [0, 1, 7])
def test_next_to_nothing(frames: int) -> None:
    clip = replace(bursts(1, count=0), samples=np.ones(frames, np.float32))
    out, _ = stretch(clip, np.random.default_rng(0), by(-7, -7))
    assert np.isfinite(out.samples).all() and out.frames >= frames
