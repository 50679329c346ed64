"""Band power is what Parseval's theorem says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power, decibel, rms


@given(n=st.integers(1, 400), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_whole_band_is_the_mean_square(n: int, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(n)
    assert band_power(samples, 8000, None, None, taper=False) == pytest.approx(rms(samples) ** 2)


def test_a_tone_is_in_its_band_only() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    assert band_power(tone, 8000, 900, 1100) == pytest.approx(0.5, rel=1e-3)
    assert band_power(tone, 8000, 2000, 3000) < 1e-9
    assert band_power(tone, 8000, 1000.2, 1000.3) == pytest.approx(0.5, rel=1e-3)


def test_white_noise_splits_by_bandwidth() -> None:
    noise = np.random.default_rng(0).standard_normal(100_000)
    assert band_power(noise, 8000, 0, 1000) == pytest.approx(0.25, rel=0.03)


def test_silence() -> None:
    assert rms(np.zeros(0)) == 0.0
    assert band_power(np.zeros(0), 8000, None, None) == 0.0
    assert decibel(0.0) == -120.0
