"""Beds have unit power, the stated colour, and depend on nothing but their stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.synth.beds import BEDS, _smooth_length, brown, pink, white


@pytest.mark.parametrize("name", list(BEDS))
@pytest.mark.parametrize(("frames", "rate"), [(1, 2000), (333, 2000), (20011, 44100), (50000, 384000)])
def test_unit_power_and_finite(name: str, frames: int, rate: int) -> None:
    samples = BEDS[name](np.random.default_rng(5), frames, rate)
    assert samples.shape == (frames,)
    assert np.isfinite(samples).all()
    assert np.mean(samples**2) == pytest.approx(1.0) or frames == 1
    again = BEDS[name](np.random.default_rng(5), frames, rate)
    assert np.array_equal(samples, again)


@pytest.mark.parametrize(("bed", "slope_db"), [(white, 3.0), (pink, 0.0), (brown, -3.0)])
def test_colour(bed: object, slope_db: float) -> None:
    """Power per octave rises by 3 dB (white), stays (pink) or falls by 3 dB (brown)."""
    samples = bed(np.random.default_rng(1), 200_000, 16000)  # type: ignore[operator]
    octaves = [band_power(samples, 16000, 2.0**k, 2.0 ** (k + 1)) for k in range(6, 12)]
    steps = 10 * np.diff(np.log10(octaves))
    assert np.mean(steps) == pytest.approx(slope_db, abs=0.3)


@given(st.integers(1, 100_000))
def test_smooth_length(n: int) -> None:
    best = _smooth_length(n)
    left = best
    for prime in (2, 3, 5):
        while left % prime == 0:
            left //= prime
    assert left == 1
    assert n <= best < 2 * n + 2
