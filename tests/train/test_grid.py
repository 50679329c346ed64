"""The grid of a clip, from its rate alone: octaves of rates, frames, axis."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.train.grid import FRAME_S, Geometry, frame_geometry, octaves_above, smooth_even

RATES = st.integers(250, 500_000)


@pytest.mark.parametrize(
    ("rate", "frame_ms"),
    [
        *((2000, 160), (8000, 40), (16_000, 20), (24_000, 20), (32_000, 10), (44_100, 10), (48_000, 10)),
        *((96_000, 5), (192_000, 2.5), (250_000, 1.25), (384_000, 1.25), (500_000, 0.625)),
    ],
)
def test_frames_follow_the_octave_of_the_rate(rate: int, frame_ms: float) -> None:
    assert frame_geometry(rate).frame_s * 1000 == pytest.approx(frame_ms, rel=0.003)


@given(RATES, st.sampled_from([0.5, 1.0, 2.0, 4.0]))
@settings(max_examples=100, deadline=None)
def test_eight_times_the_rate_is_the_same_grid_eight_times_as_fast(rate: int, scale: float) -> None:
    slow, fast = frame_geometry(rate, scale), frame_geometry(8 * rate, scale)
    assert (slow.hop, slow.n_fft) == (fast.hop, fast.n_fft)
    assert octaves_above(8 * rate) == octaves_above(rate) + 3
    assert fast.top_hz == pytest.approx(8 * slow.top_hz)
    assert slow.resolution()[:2] == pytest.approx(fast.resolution()[:2])
    assert slow.resolution()[2] - fast.resolution()[2] == pytest.approx(3)


@given(RATES)
@settings(max_examples=100, deadline=None)
def test_the_axis_covers_the_nyquist_frequency_and_less_than_an_octave_more(rate: int) -> None:
    geometry = frame_geometry(rate)
    assert rate / 2 <= geometry.top_hz * 1.0001
    assert geometry.top_hz < 1.02 * rate
    filled = geometry.filled_bins(128, 8.0)
    centres = geometry.bin_centres(128, 8.0)
    assert centres[filled - 1] < rate / 2
    assert filled == 128 or centres[filled] >= rate / 2
    assert filled > 128 - 16 - 1


def test_a_resolution_tells_rate_window_and_hop() -> None:
    for rate, scale in ((48_000, 1.0), (22_050, 4.0), (250_000, 0.5)):
        geometry = frame_geometry(rate, scale)
        gap, window, frame = geometry.resolution()
        frame_s = FRAME_S * 2**frame
        assert frame_s == pytest.approx(geometry.frame_s)
        assert 2.56 * 2**window * frame_s == pytest.approx(geometry.window_s)
        assert 2 * 2**gap * 240 / frame_s == pytest.approx(rate)


@given(st.integers(2000, 250_000), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_a_hop_class_is_the_grid_of_a_rate_so_many_octaves_above(rate: int, hop_class: int) -> None:
    own, above = frame_geometry(rate, hop_class=hop_class), frame_geometry(rate * 2**hop_class)
    assert own.frame_s == pytest.approx(above.frame_s, rel=0.04)
    assert own.top_hz == pytest.approx(above.top_hz, rel=0.04)
    assert own.rate == rate


@given(st.floats(1, 100_000))
@settings(max_examples=50)
def test_window_sizes_are_even_and_smooth(size: float) -> None:
    n = smooth_even(size)
    assert n >= size
    assert n % 2 == 0
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    assert n == 1


def test_impossible_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        frame_geometry(0)
    with pytest.raises(ValueError, match="must be above 0"):
        frame_geometry(48_000, -1.0)
    with pytest.raises(ValueError, match="hop class -1"):
        frame_geometry(48_000, hop_class=-1)


def test_it_needs_no_torch() -> None:
    script = "import sys, chorus.train.grid; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_other_frames_move_the_axis_with_them() -> None:
    assert frame_geometry(16_000, frame_s=0.005, full_rate=16_000) == Geometry(16_000, 80, 256, 40.0)
