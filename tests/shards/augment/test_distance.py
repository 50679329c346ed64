"""Distance lowers sound as physics has it, and takes no event away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chorus.shards.augment.distance import DistanceStep, air_absorption, distance, sea_absorption
from tests.shards.augment.bursts import assert_found, assert_lawful, bursts, event, without_bands


def away(low: float, high: float, medium: str = "air", **facts: Any) -> DistanceStep:
    return DistanceStep(probability=1, medium=medium, metres=(low, high), **facts)  # type: ignore[arg-type]


@given(seed=st.integers(0, 10_000), medium=st.sampled_from(["air", "water"]), rate=st.sampled_from([8000, 96_000]))
@settings(max_examples=30, deadline=None)
def test_events_stay_where_they_are(seed: int, medium: str, rate: int) -> None:
    clip = bursts(seed, rate)
    out, step = distance(clip, np.random.default_rng(seed), away(1, 30, medium))
    assert_lawful(clip, out)
    assert out.events == clip.events and out.frames == clip.frames
    assert 1 <= step.params["metres"] <= 30
    if step.params["metres"] < 4:  # farther away the upper part of a box fades before the lower, and its middle sinks
        assert_found(out, 0.003, 60)


@pytest.mark.parametrize(("celsius", "per_km"), [
    (10, [0.1, 0.4, 1.0, 1.9, 3.7, 9.7, 32.8, 117.0]),
    (20, [0.1, 0.3, 1.1, 2.8, 5.0, 9.0, 22.9, 76.6]),
])  # fmt: skip
def test_air_is_that_of_the_standard(celsius: float, per_km: list[float]) -> None:
    """ISO 9613-2:1996, table 2: dB per kilometre at the octaves from 63 Hz to 8 kHz, 70 % humidity."""
    hz = 1000 * 2.0 ** np.arange(-4, 4)
    assert 1000 * air_absorption(hz, celsius, 70) == pytest.approx(per_km, rel=0.02, abs=0.05)


def test_the_sea_is_that_of_its_parts() -> None:
    """Far below and above the relaxations the formula comes down to its three constants, dB per kilometre."""
    low = sea_absorption(np.array([10.0]), 10, 35, 0, 8)[0] * 1000
    boric, sulphate = 0.78 * np.exp(10 / 26), 42 * np.exp(10 / 17)
    limit = (0.106 / boric + 0.52 * (1 + 10 / 43) / sulphate + 0.00049 * np.exp(-10 / 27)) * 0.01**2
    assert low == pytest.approx(limit, rel=1e-3)
    hz = np.array([1e3, 1e4, 1e5])
    here = 1000 * sea_absorption(hz, 10, 35, 0, 8)
    assert 0.05 < here[0] < 0.08 and 0.8 < here[1] < 1.2 and 30 < here[2] < 40
    assert (sea_absorption(hz, 10, 35, 4, 8)[1:] < sea_absorption(hz, 10, 35, 0, 8)[1:]).all()
    assert (sea_absorption(hz, 10, 0, 0, 8) < sea_absorption(hz, 10, 35, 0, 8)).all()


@pytest.mark.parametrize("hz", [1000.0, 10_000.0, 30_000.0])
def test_a_tone_loses_spreading_and_absorption(hz: float) -> None:
    clip = bursts(1, 96_000, count=0, seconds=0.4)
    tone = np.sin(2 * np.pi * hz / clip.rate * np.arange(clip.frames)).astype(np.float32)
    out, step = distance(replace(clip, samples=tone), np.random.default_rng(0), away(20, 20, from_m=2))
    assert step.params["spreading_db"] == pytest.approx(20.0)
    assert step.params["at_hz"] == [100, 1000, 10_000]
    told = 18 * air_absorption(np.array([100.0, 1000.0, 10_000.0]), 15, 70)
    assert step.params["absorbed_db"] == pytest.approx(told, abs=1e-3)
    lost = 20 * np.log10(tone[5000:-5000].std() / out.samples[5000:-5000].std())
    assert lost == pytest.approx(20 + 18 * air_absorption(np.array([hz]), 15, 70)[0], abs=0.1)


def test_from_where_it_was_the_clip_is_the_same() -> None:
    clip = bursts(1, snr_db=10.0)
    out, step = distance(clip, np.random.default_rng(0), away(5, 5, from_m=5))
    assert out is clip and step.params["spreading_db"] == 0


def test_signal_and_noise_fade_alike() -> None:
    clip = bursts(1, snr_db=20.0)
    out, _ = distance(clip, np.random.default_rng(0), away(10, 10))
    assert [e.snr_db for e in out.events] == pytest.approx([20.0] * len(out.events), abs=0.3)


@pytest.mark.parametrize("banded", [True, False])
def test_no_event_is_filtered_away(banded: bool) -> None:
    clip = bursts(1, 192_000, seconds=0.8, count=3)
    clip = clip if banded else without_bands(clip)
    params = away(1000, 1000, most_absorbed_db=30)
    out, step = distance(clip, np.random.default_rng(0), params)
    assert step.params["held_from_metres"] == 1000
    for e in clip.events:
        first, last = round(e.start_s * clip.rate), round(e.end_s * clip.rate)
        lost = 20 * np.log10(clip.samples[first:last].std() / out.samples[first:last].std())
        assert lost - step.params["spreading_db"] < 33


def test_a_weak_label_without_band_holds_nothing() -> None:
    clip = replace(bursts(1, 192_000, count=0), events=(event("w", 0, 1.6, strength="weak"),))
    _, step = distance(clip, np.random.default_rng(0), away(50, 50))
    assert step.params["metres"] == pytest.approx(50, rel=1e-3) and "held_from_metres" not in step.params


def test_what_cannot_be() -> None:
    with pytest.raises(ValidationError, match="nearer than from_m"):
        away(1, 10, from_m=2)
    with pytest.raises(ValidationError):
        away(1, 10, "mud")


@pytest.mark.parametrize("medium", ["air", "water"])
def test_a_clip_is_heard_through_what_it_was_recorded_in(medium: str) -> None:
    clip = replace(bursts(1, 96_000), medium=medium)
    own, step = distance(clip, np.random.default_rng(0), away(1, 30, "own"))
    stated, _ = distance(clip, np.random.default_rng(0), away(1, 30, medium))
    assert step.params["medium"] == medium
    assert (own.samples == stated.samples).all()
