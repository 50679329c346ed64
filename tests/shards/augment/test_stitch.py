"""Clips one after the other: exact times, constant power over fades, gaps that sound like the quiet around them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas import Annotated
from chorus.shards.augment.stitch import MOST_FRAMES, StitchStep, crossfaded, quiet_like, stitch
from tests.shards.augment.clicks import RATE, assert_none_lost, assert_on_clicks, clicks, loads


def params(gap_s: tuple[float, float] = (0, 0), length_s: tuple[float, float] | None = None) -> StitchStep:
    return StitchStep(probability=1, fade_s=(0.005, 0.02), gap_s=gap_s, length_s=length_s, match_db=12)


def test_crossfade_keeps_the_power_of_unrelated_sounds() -> None:
    rng = np.random.default_rng(0)
    one, two = (rng.standard_normal(30000).astype(np.float32) for _ in range(2))
    out = crossfaded(one, two, 20000)
    assert len(out) == 40000
    assert np.mean(out[10000:30000] ** 2) == pytest.approx(1.0, abs=0.05)
    assert np.array_equal(out[:10000], one[:10000]) and np.array_equal(out[30000:], two[20000:])


def test_short_clips_get_longer_and_full_ones_keep_their_length() -> None:
    others = [clicks(f"o{k}", 10 + k, 4000) for k in range(4)]
    out, step = stitch(clicks("a", 1, 4000), np.random.default_rng(0), params(), loads(*others), 16000)
    assert 15000 < out.frames <= 16000
    assert len(step.params["joints"]) >= 3 and out.parents[0] == "a"
    full, _ = stitch(clicks("a", 1), np.random.default_rng(0), params(), loads(clicks("b", 2)), 16000)
    assert full.frames == 16000 and full.parents == ("a", "b")
    alone, said = stitch(clicks("a", 1), np.random.default_rng(0), params(), [], 16000)
    assert alone.frames == 16000 and "skipped" in said.params


@given(seed=st.integers(0, 1000), gap_s=st.floats(0, 0.3), frames=st.integers(2500, 9000))
@settings(max_examples=25, deadline=None)
def test_events_move_by_exactly_what_the_joint_says(seed: int, gap_s: float, frames: int) -> None:
    base, other = clicks("a", seed, frames), clicks("b", seed + 1, 4000)
    out, step = stitch(base, np.random.default_rng(seed), params((gap_s, gap_s)), loads(other), frames + 8000)
    (joint,) = step.params["joints"]
    fade = round(step.params["fade_s"] * RATE)
    gap = round(joint.get("gap_s", 0.0) * RATE)
    assert gap == round(round(gap_s, 4) * RATE) and joint["other_start_s"] == 0
    begins = base.frames - fade + (gap + fade if gap else 0)
    assert out.frames == begins + other.frames
    moved = {e.call_id: round(e.start_s * RATE) for e in out.events}
    assert moved == {e.call_id: round(e.start_s * RATE) for e in base.events} | {
        e.call_id: begins + round(e.start_s * RATE) for e in other.events
    }
    assert_on_clicks(out)
    assert_none_lost(out, [step])


def test_sequences_of_minutes() -> None:
    others = [clicks(f"o{k}", 10 + k, 40_000) for k in range(60)]
    drawn = params((0.0, 1.0), (120, 180))
    out, step = stitch(clicks("a", 1, 4000), np.random.default_rng(0), drawn, loads(*others), 16000)
    assert 120 <= out.seconds <= 180
    assert len(step.params["joints"]) > 15 and len({e.recording_id for e in out.events}) > 15
    assert_on_clicks(out)
    assert_none_lost(out, [step])
    fast = StitchStep(probability=1, fade_s=(0.01, 0.01), length_s=(600, 600), match_db=0)
    from chorus.shards.augment.stitch import wanted_frames

    assert wanted_frames(fast, np.random.default_rng(0), 250_000) == MOST_FRAMES


def test_a_gap_has_the_level_and_colour_of_the_quiet_around_it() -> None:
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(80_000)) / np.sqrt(np.arange(40_001) + 40.0)
    hiss = np.fft.irfft(spectrum, 80_000)
    loud = np.zeros(80_000)
    loud[20_000:30_000] = 30 * hiss.std() * np.sin(np.arange(10_000))
    clip = clicks("a", 1, 80_000)
    clip.samples[:] = hiss + loud
    quiet = quiet_like(clip, 60_000, np.random.default_rng(1))
    assert quiet.events == () and quiet.frames == 60_000
    for low, high in ((50, 200), (200, 800), (800, 3900)):
        wanted, got = (band_db(s, low, high) for s in (hiss, quiet.samples))
        assert got == pytest.approx(wanted, abs=1.5)


def band_db(samples: np.ndarray, low: float, high: float) -> float:
    from chorus.audio.level import band_power

    return float(10 * np.log10(band_power(samples, RATE, low, high)))


def test_levels_of_noise_are_matched() -> None:
    base, other = clicks("a", 1, 8000), clicks("b", 2, 8000)
    other.samples[:] *= 4
    out, step = stitch(base, np.random.default_rng(0), params(), loads(other), 16000)
    assert step.params["joints"][0]["gain_db"] == pytest.approx(-12, abs=0.5)
    levels = [np.median(np.abs(part)) for part in (out.samples[:7000], out.samples[9000:])]
    assert levels[0] == pytest.approx(levels[1], rel=0.1)


def test_a_gap_is_known_to_hold_no_call_and_the_rest_is_as_well_known_as_it_was() -> None:
    base, other = clicks("a", 1, 8000, annotated=Annotated.weak), clicks("b", 2, 4000, annotated=Annotated.weak)
    out, step = stitch(base, np.random.default_rng(0), params((0.2, 0.2)), loads(other), 16000)
    (joint,) = step.params["joints"]
    assert out.annotated is Annotated.partial
    assert np.allclose(out.annotated_s, [(joint["gap_at_s"], joint["at_s"])])
    whole, _ = stitch(clicks("a", 1, 8000), np.random.default_rng(0), params((0.2, 0.2)), loads(clicks("b", 2)), 16000)
    assert whole.annotated is Annotated.full and whole.annotated_s is None
