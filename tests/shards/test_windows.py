"""Windows hold every call, stay inside the recording, and keep clear of calls when they should be empty."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.shards.windows import Span, apart, around_calls, free_of_calls


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[Span], int, int]:
    frames = draw(st.integers(1, 2000))
    clip = draw(st.integers(1, 500))
    starts = draw(st.lists(st.integers(0, frames - 1), max_size=30))
    lengths = draw(st.lists(st.integers(0, 700), min_size=len(starts), max_size=len(starts)))
    spans = sorted((s, min(s + n, frames)) for s, n in zip(starts, lengths, strict=True))
    return spans, frames, clip


@given(scenes(), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_every_call_is_held(scene: tuple[list[Span], int, int], seed: int) -> None:
    spans, frames, clip = scene
    windows = around_calls(spans, frames, clip, np.random.default_rng(seed))
    assert windows == sorted(set(windows))
    for first, last in windows:
        assert 0 <= first < last <= frames
        assert last - first == min(clip, frames)
        assert any(first <= end and start <= last for start, end in spans)
    for start, end in spans:
        if end - start <= clip:
            assert any(first <= start and end <= last for first, last in windows)
        else:
            held = np.zeros(frames, bool)
            for first, last in windows:
                held[first:last] = True
            assert held[start:end].all()


@given(scenes(), st.integers(0, 50), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_free_windows_are_free(scene: tuple[list[Span], int, int], margin: int, seed: int) -> None:
    spans, frames, clip = scene
    windows = free_of_calls(spans, frames, clip, margin, np.random.default_rng(seed))
    if frames <= clip:
        assert windows == ([] if spans else [(0, frames)])
        return
    for (first, last), following in zip(windows, [*(w[0] for w in windows[1:]), frames], strict=False):
        assert first >= 0 and last - first == clip and last <= following
        assert not any(first < end + margin and start - margin < last for start, end in spans)
    if not spans:
        assert len(windows) == frames // clip


def test_long_calls_over_each_other_are_covered_once() -> None:
    same = around_calls([(0, 60)] * 3, 60, 10, np.random.default_rng(0))
    assert same == [(k, k + 10) for k in range(0, 60, 10)]
    several = around_calls([(1000, 61000), (1500, 60500), (2000, 65000)], 90_000, 10_000, np.random.default_rng(0))
    assert len(several) == 7
    with_short = around_calls([(0, 50_000), (100, 200), (30_100, 30_200)], 90_000, 10_000, np.random.default_rng(0))
    assert with_short == [(k, k + 10_000) for k in range(0, 50_000, 10_000)]


@given(scenes(), scenes(), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_windows_apart_from_others_share_nothing(
    scene: tuple[list[Span], int, int], other: tuple[list[Span], int, int], seed: int
) -> None:
    spans, frames, clip = scene
    others = [(s % frames, min(s % frames + (e - s), frames)) for s, e in other[0]]
    mine, theirs = (around_calls(sorted(s), frames, clip, np.random.default_rng(seed)) for s in (spans, others))
    kept = apart(mine, theirs)
    assert kept == [(a, b) for a, b in mine if all(d <= a or b <= c for c, d in theirs)]


def test_neighbours_share_a_window_and_the_place_is_drawn() -> None:
    spans = [(5000, 5100), (5200, 5300), (5900, 5950)]
    places = {tuple(around_calls(spans, 20_000, 1000, np.random.default_rng(seed))) for seed in range(20)}
    assert all(len(windows) == 1 for windows in places)
    assert len(places) > 10


def test_a_long_call_is_cut_into_consecutive_windows() -> None:
    windows = around_calls([(3000, 5500)], 10_000, 1000, np.random.default_rng(0))
    steps = [later[0] - earlier[0] for earlier, later in pairwise(windows)]
    assert steps == [1000] * (len(windows) - 1)
    assert windows[0][0] <= 3000 and windows[-1][1] >= 5500
