"""16-bit sound comes out as it went in; other sound is fitted, and what was done is said."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.errors import ReadError
from chorus.shards.encode import flac, to_16_bit
from chorus.shards.flac_rate import FLAC_MOST_HZ, flac_rate


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=200))
@settings(max_examples=30, deadline=None)
def test_sixteen_bits_are_exact(values: list[int]) -> None:
    whole = np.array(values, np.int16)
    out, steps = to_16_bit(whole.astype(np.float32) / 32768)
    assert np.array_equal(out, whole) and steps == []


@given(st.floats(1e-7, 100), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_other_sound_is_fitted_and_the_gain_is_told(level: float, seed: int) -> None:
    samples = (level * np.random.default_rng(seed).standard_normal(500)).astype(np.float32)
    out, steps = to_16_bit(samples)
    gain = 10 ** (sum(step.params["gain_db"] for step in steps) / 20)
    assert np.abs(out).max() <= 32767
    assert out / 32768 == pytest.approx(samples * gain, abs=2e-4)
    assert np.abs(samples).max() < 1 / 64 or np.abs(out).max() > 500


def test_not_finite_is_refused() -> None:
    with pytest.raises(ReadError, match="not finite"):
        to_16_bit(np.array([0.0, np.nan], np.float32))


@pytest.mark.parametrize("rate", [2000, 2500, 22050, 44100, 192000, 250000, 375000, 384000, 500000, FLAC_MOST_HZ])
def test_flac_holds_most_rates(rate: int) -> None:
    whole = np.random.default_rng(0).integers(-32768, 32768, 3000).astype(np.int16)
    read, found = soundfile.read(io.BytesIO(flac(whole, rate)), dtype="int16")
    assert found == rate and np.array_equal(read, whole)


@pytest.mark.parametrize(
    ("rate", "near"),
    [(65_535, 65_535), (65_536, 65_535), (65_538, 65_540), (97_656, 97_660), (195_312, 195_310), (384_001, 384_000)],
)
def test_flac_holds_the_nearest_rate_to_any_other(rate: int, near: int) -> None:
    assert flac_rate(rate) == flac_rate(near) == near
    assert soundfile.info(io.BytesIO(flac(np.zeros(300, np.int16), near))).samplerate == near


@given(st.integers(100, FLAC_MOST_HZ))
@settings(max_examples=50, deadline=None)
def test_the_nearest_rate_is_near(rate: int) -> None:
    assert abs(flac_rate(rate) - rate) <= 5
    assert flac_rate(rate) <= 65_535 or flac_rate(rate) % 10 == 0
