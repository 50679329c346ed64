"""Probabilities -> events."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.train import decode as module
from chorus.train.decode import OFF, Decoding, EventStream, Found, decode, in_turn


def track(frames: int, *spans: tuple[int, int], edges: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Probabilities with activity 0.9 in the spans, and edge peaks of the given heights at their bounds."""
    out = np.full((frames, 3), 0.01, np.float32)
    for a, b in spans:
        out[a:b, 0] = 0.9
        out[a, 1], out[min(b, frames - 1), 2] = edges
    return out


def bounds(found: list[Found]) -> list[tuple[float, float]]:
    return [(f.start, f.end) for f in found]


def test_activity_alone_gives_the_span() -> None:
    found = decode(track(100, (20, 40), (60, 70)), Decoding())
    assert bounds(found) == [(20, 40), (60, 70)]
    assert found[0].score == pytest.approx(0.9)


def test_hysteresis_keeps_a_fading_call_and_needs_a_loud_frame() -> None:
    probabilities = track(100, (20, 40))
    probabilities[40:50, 0] = 0.35
    probabilities[70:90, 0] = 0.4
    assert bounds(decode(probabilities, Decoding(threshold=0.5, low=0.6))) == [(20, 50)]


def test_short_gaps_are_joined_and_short_events_dropped() -> None:
    probabilities = track(100, (20, 30), (32, 40), (60, 61))
    assert bounds(decode(probabilities, Decoding(gap=2, shortest=2))) == [(20, 40)]
    assert bounds(decode(probabilities, Decoding(gap=1, shortest=1))) == [(20, 30), (32, 40), (60, 61)]


def test_an_onset_inside_splits() -> None:
    probabilities = track(100, (20, 60))
    probabilities[40, 1] = 0.8
    assert bounds(decode(probabilities, Decoding(edge=OFF))) == [(20, 40), (40, 60)]
    assert bounds(decode(probabilities, Decoding(split=OFF, edge=OFF))) == [(20, 60)]


def test_overlapping_calls_are_paired_in_turn() -> None:
    probabilities = track(100, (20, 70))
    probabilities[40, 1], probabilities[55, 2] = 0.8, 0.8
    assert bounds(decode(probabilities, Decoding(edge=OFF, overlap=1))) == [(20, 55), (40, 70)]


def test_edges_move_the_bounds() -> None:
    probabilities = track(100, (20, 40))
    probabilities[18, 1], probabilities[43, 2] = 0.7, 0.6
    assert bounds(decode(probabilities, Decoding(edge=0.5, reach=4))) == [(18.5, 43.5)]


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=8, unique=True),
    st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True),
)
@settings(max_examples=50)
def test_pairs_use_each_start_once_and_run_forward(starts: list[int], ends: list[int]) -> None:
    starts, ends = sorted(starts), sorted(ends)
    if ends[-1] <= starts[-1]:
        ends.append(starts[-1] + 1)
    pairs = in_turn(starts, ends)
    assert sorted(a for a, _ in pairs) == starts
    assert all(a < b and b in ends for a, b in pairs)


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 40), min_size=1, max_size=30),
    st.sampled_from([Decoding(), Decoding(overlap=1, split=0.3), Decoding(gap=8, shortest=1, edge=0.1)]),
)
@settings(max_examples=40, deadline=None)
def test_a_stream_in_pieces_gives_the_events_of_the_whole(seed: int, pieces: list[int], how: Decoding) -> None:
    rng = np.random.default_rng(seed)
    frames = sum(pieces)
    level = np.repeat(rng.uniform(0, 1, frames // 9 + 1) > 0.6, 9)[:frames]
    probabilities = np.clip(level[:, None] * 0.8 + rng.uniform(0, 0.3, (frames, 3)), 0, 1).astype(np.float32)
    probabilities[:, 1:] *= rng.uniform(0, 1, (frames, 2)) ** 3
    stream, found = EventStream(how), []
    for piece in np.split(probabilities, np.cumsum(pieces)[:-1]):
        found += list(stream.push(piece))
    found += list(stream.finish())
    expected = decode(probabilities, how)
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def test_an_endless_call_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OPEN_FRAMES", 500)
    stream, found, held = EventStream(Decoding()), [], 0
    for _ in range(40):
        found += list(stream.push(track(100, (0, 100))))
        held = max(held, len(stream.held))
    found += list(stream.finish())
    assert held <= 600
    assert found[0].start == 0
    assert found[-1].end == 4000


@given(st.integers(0, 10_000), st.sampled_from([Decoding(), Decoding(edge=0.1, reach=8, shortest=1, split=0.3)]))
@settings(max_examples=40, deadline=None)
def test_without_overlap_no_event_lies_over_another(seed: int, how: Decoding) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.uniform(0, 1, (200, 3)).astype(np.float32)
    probabilities[:, 0] = np.repeat(rng.uniform(0, 1, 20) > 0.3, 10)
    spans = bounds(decode(probabilities, how))
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert all(end - start >= how.shortest for start, end in spans)


def test_a_new_event_ends_the_one_before() -> None:
    probabilities = track(40, (10, 30))
    probabilities[[10, 20], 1] = 0.9
    probabilities[[23, 29], 2] = 0.9
    assert bounds(decode(probabilities, Decoding())) == [(10.5, 20.5), (20.5, 29.5)]
