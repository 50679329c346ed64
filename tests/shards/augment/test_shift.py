"""The clip goes round, its events with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chorus.schemas import Annotated
from chorus.shards.augment.shift import ShiftStep, shift
from tests.shards.augment.bursts import assert_found, assert_lawful, bursts, event

ANY = ShiftStep(probability=1, share=(-1, 1))


@given(seed=st.integers(0, 10_000), count=st.integers(0, 8), rate=st.sampled_from([8000, 8001, 44_100]))
@settings(max_examples=40, deadline=None)
def test_events_move_with_their_sound(seed: int, count: int, rate: int) -> None:
    clip = bursts(seed, rate, count=count)
    out, step = shift(clip, np.random.default_rng(seed), ANY)
    assert_lawful(clip, out)
    assert out.frames == clip.frames
    assert_found(out, 0.75 / rate, 10)
    by_s = step.params["shift_s"]
    before = {e.call_id: e for e in clip.events}
    for e in out.events:
        old = before[e.call_id]
        moved = (old.start_s + by_s) % clip.seconds
        assert abs(e.start_s - moved) < 2e-9 or abs(e.start_s - moved + clip.seconds) < 2e-9
        assert e.end_s - e.start_s == pytest.approx(old.end_s - old.start_s, abs=3e-9)
        assert e.model_copy(update={"start_s": old.start_s, "end_s": old.end_s}) == old


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_no_event_is_cut_in_two(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spans = np.sort(rng.uniform(0, 1, (int(rng.integers(1, 6)), 2)) ** 2, axis=1)
    clip = replace(bursts(0, seconds=1.0, count=0), events=tuple(event(str(k), a, b) for k, (a, b) in enumerate(spans)))
    out, _ = shift(clip, rng, ANY)
    assert_lawful(clip, out)
    lengths = {e.call_id: e.end_s - e.start_s for e in clip.events}
    assert all(e.end_s - e.start_s == pytest.approx(lengths[e.call_id], abs=2e-4) for e in out.events)


def test_without_shift_the_clip_is_the_same() -> None:
    clip = bursts(1)
    out, step = shift(clip, np.random.default_rng(0), ShiftStep(probability=1, share=(0, 0)))
    assert out is clip and step.params == {"shift_s": 0.0}


def test_what_fills_the_clip_goes_on_filling_it() -> None:
    clip = bursts(1, count=0)
    weak = event("w", 0.0, clip.seconds, strength="weak")
    clip = replace(clip, events=(weak,))
    out, step = shift(clip, np.random.default_rng(0), ANY)
    assert out.events == (weak,) and step.params["shift_s"] > 0


def test_a_clip_that_is_busy_everywhere_stays_and_says_so() -> None:
    clip = bursts(1, count=0)
    clip = replace(clip, events=(event("a", 0.0, 1.0), event("b", 0.9, clip.seconds)))
    out, step = shift(clip, np.random.default_rng(0), ANY)
    assert out is clip and step.params["skipped"]


def test_what_is_known_moves_along() -> None:
    clip = replace(bursts(1, count=0), annotated=Annotated.partial, annotated_s=((0.2, 1.0),))
    out, _ = shift(clip, np.random.default_rng(0), ShiftStep(probability=1, share=(0.5, 0.5)))
    assert out.annotated_s == ((0.0, 0.2), (1.0, 1.6))


def test_the_seam_has_no_jump() -> None:
    """A ramp, whose ends are far apart, has no step larger than the fade allows."""
    clip = replace(bursts(1, count=0), samples=np.linspace(-0.5, 0.5, 12_800, dtype=np.float32))
    out, _ = shift(clip, np.random.default_rng(0), ShiftStep(probability=1, share=(0.5, 0.5)))
    assert np.abs(np.diff(np.roll(clip.samples, 6400))).max() == pytest.approx(1.0)
    assert np.abs(np.diff(out.samples)).max() < 0.06


def test_the_seam_is_as_loud_as_the_sound_around_it() -> None:
    step = ShiftStep(probability=1, share=(0.1, 0.9))
    seams = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        clip = replace(bursts(1, count=0), samples=rng.standard_normal(4000).astype(np.float32))
        out, log = shift(clip, rng, step)
        place = round(log.params["shift_s"] * clip.rate)
        seams.append(out.samples[place : place + 40])
    assert np.mean(np.square(seams)) == pytest.approx(1.0, abs=0.1)


def test_a_call_at_the_edge_is_not_smeared() -> None:
    clip = bursts(1, count=0)
    clip = replace(clip, events=(event("cut off", 1.5, clip.seconds),))
    out, log = shift(clip, np.random.default_rng(0), ShiftStep(probability=1, share=(0.5, 0.5)))
    assert np.array_equal(out.samples, np.roll(clip.samples, round(log.params["shift_s"] * clip.rate)))


def test_what_cannot_be() -> None:
    with pytest.raises(ValidationError, match="goes from"):
        ShiftStep(probability=1, share=(0.5, 0.1))
    with pytest.raises(ValidationError):
        ShiftStep(probability=1, share=(0, 2))
