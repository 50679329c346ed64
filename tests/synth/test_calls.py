"""Every family keeps its stated bounds in time and frequency."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.synth.calls import FAMILIES, LEVEL, click, pulse_train, ultrasonic_sweep

RATES = {"ultrasonic_sweep": [96000, 250000, 384000], "infrasonic_moan": [2000, 8000, 16000]}
CASES = [(family, rate) for family in FAMILIES for rate in RATES.get(family, [2000, 16000, 48000, 250000])]


@pytest.mark.parametrize(("family", "rate"), CASES)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_energy_lies_inside_the_stated_bounds(family: str, rate: int, seed: int) -> None:
    sound = FAMILIES[family](np.random.default_rng(seed), rate)
    assert 0 <= sound.first < sound.last <= len(sound.samples)
    assert 0 <= sound.low_hz < sound.high_hz <= rate / 2
    total = float(np.sum(sound.samples**2))
    inside = sound.samples[sound.first : sound.last]
    assert float(np.sum(inside**2)) > 0.97 * total
    share = band_power(inside, rate, sound.low_hz, sound.high_hz, taper=False) / float(np.mean(inside**2))
    assert share > 0.7


@given(seed=st.integers(0, 2**32 - 1), rate=st.sampled_from([2000, 44100, 384000]))
@settings(max_examples=25, deadline=None)
def test_a_click_begins_with_its_peak(seed: int, rate: int) -> None:
    sound = click(np.random.default_rng(seed), rate)
    assert sound.first == 0
    assert np.argmax(np.abs(sound.samples)) == 0
    assert sound.samples[0] == 1.0
    assert np.abs(sound.samples[sound.last :]).max(initial=0.0) <= LEVEL


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_a_pulse_train_begins_with_a_click(seed: int) -> None:
    sound = pulse_train(np.random.default_rng(seed), 48000)
    assert sound.first == 0
    assert sound.samples[0] == 1.0
    assert np.abs(sound.samples).max() < 1.2


def test_ultrasound_needs_a_rate_that_holds_it() -> None:
    with pytest.raises(ValueError, match="96000"):
        ultrasonic_sweep(np.random.default_rng(0), 48000)
