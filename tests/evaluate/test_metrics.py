"""Metrics: the matcher against brute force, identities, ignored calls, segments, intervals."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.evaluate.metrics import (
    IOUS,
    Counts,
    Truth,
    as_spans,
    bootstrap_f1,
    bootstrap_gain,
    by_recording,
    centred_in,
    event_counts,
    match,
    outcome,
    overlapping_pairs,
    segment_counts,
    segment_grid,
    total,
)

Span = tuple[float, float]
SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 8)).map(lambda p: (p[0] / 4, (p[0] + p[1]) / 4)), max_size=5
)


def truth(calls: list[Span], ignore: list[Span] | None = None, known: list[Span] | None = None) -> Truth:
    return Truth("a", 10.0, as_spans(calls), as_spans(ignore or []), None if known is None else as_spans(known))


def iou(a: Span, b: Span) -> float:
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    union = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return shared / union if union > 0 else 0.0


def most_pairs(a: list[Span], b: list[Span], least: float) -> int:
    """The size of the best matching, by trying every assignment."""
    if len(a) > len(b):
        a, b = b, a
    return max(
        sum(iou(x, b[j]) > least for x, j in zip(a, p, strict=True)) for p in permutations(range(len(b)), len(a))
    )


@given(SPANS, SPANS, st.sampled_from(IOUS))
@settings(max_examples=50, deadline=None)
def test_the_matching_is_the_largest_there_is(a: list[Span], b: list[Span], least: float) -> None:
    i, j = match(as_spans(a), as_spans(b), least)
    assert len(set(i.tolist())) == len(i) == len(set(j.tolist())) == len(j)
    assert all(iou(a[x], b[y]) > least for x, y in zip(i, j, strict=True))
    assert len(i) == most_pairs(a, b, least)


@given(SPANS, SPANS)
@settings(max_examples=50)
def test_the_sweep_finds_every_overlap(a: list[Span], b: list[Span]) -> None:
    i, j = overlapping_pairs(as_spans(a), as_spans(b))
    found = sorted(zip(i.tolist(), j.tolist(), strict=True))
    assert found == [(x, y) for x in range(len(a)) for y in range(len(b)) if iou(a[x], b[y]) > 0]


def test_iou_must_be_above_the_threshold() -> None:
    assert len(match(as_spans([(0, 1)]), as_spans([(0.5, 1.5)]), 1 / 3)[0]) == 0
    assert len(match(as_spans([(0, 1)]), as_spans([(0.49, 1.49)]), 1 / 3)[0]) == 1


def test_greedy_would_lose_a_pair() -> None:
    predicted, calls = as_spans([(0, 10), (4, 10)]), as_spans([(3, 10), (0, 5)])
    assert len(match(predicted, calls, 0.3)[0]) == 2


@given(SPANS.filter(lambda s: all(b > a for a, b in s) and len(s) > 0))
@settings(max_examples=30, deadline=None)
def test_perfect_is_one_and_empty_is_zero(calls: list[Span]) -> None:
    perfect, empty = outcome(as_spans(calls), truth(calls)), outcome(as_spans([]), truth(calls))
    for threshold in IOUS:
        assert perfect.events[threshold] == Counts(len(calls), 0, 0)
        assert perfect.events[threshold].f1 == 1
        assert empty.events[threshold] == Counts(0, 0, len(calls))
        assert empty.events[threshold].f1 == 0
    assert (perfect.onset_errors_s == 0).all()
    assert perfect.segments.f1 in (0, 1)
    assert empty.segments.tp == 0


@given(SPANS, SPANS, SPANS)
@settings(max_examples=50, deadline=None)
def test_counts_add_up(predicted: list[Span], calls: list[Span], ignored: list[Span]) -> None:
    counts, errors = event_counts(as_spans(predicted), truth(calls, ignored), 0.3)
    assert counts.tp + counts.fn == len(calls)
    assert counts.tp + counts.fp <= len(predicted)
    assert len(errors) == counts.tp
    alone, _ = event_counts(as_spans(predicted), truth(calls), 0.3)
    assert (alone.tp, alone.fn) == (counts.tp, counts.fn)
    assert alone.tp + alone.fp == len(predicted)
    assert counts.fp <= alone.fp


def test_ignored_calls_are_neither_found_nor_missed() -> None:
    predicted = as_spans([(1, 2), (3, 4), (5, 6)])
    counts, _ = event_counts(predicted, truth([(1, 2)], ignore=[(3, 4), (8, 9)]), 0.3)
    assert counts == Counts(tp=1, fp=1, fn=0)


def test_a_real_call_is_matched_before_an_ignored_one() -> None:
    counts, _ = event_counts(as_spans([(1, 2)]), truth([(1, 2)], ignore=[(1, 2)]), 0.3)
    assert counts == Counts(tp=1)


def test_a_call_found_beyond_what_was_annotated_is_found() -> None:
    found = outcome(as_spans([(10, 20), (30, 31)]), truth([(10, 14)], known=[(10, 14)]), [0.3])
    assert found.events[0.3] == Counts(tp=1, fp=0, fn=0)


def test_nothing_found_in_a_doubtful_stretch_is_wrong() -> None:
    """A weak label says that there are calls, not where."""
    real = Truth("a", 60.0, as_spans([(5, 6)]), as_spans([]), doubtful=as_spans([(20, 50)]))
    found = outcome(as_spans([(5, 6), (22, 23), (30, 31), (40, 41), (55, 56)]), real, [0.3])
    assert found.events[0.3] == Counts(tp=1, fp=1, fn=0)
    assert found.segments == Counts(tp=100, fp=100, fn=0)


def test_channels_of_a_recording_are_drawn_together() -> None:
    spans, none = as_spans([(1, 2)]), as_spans([])
    outcomes = [
        outcome(spans if k % 2 else none, Truth(f"r{k}#{c}", 9.0, spans, none, recording=f"r{k}"), [0.3])
        for k in range(6)
        for c in range(4)
    ]
    together = by_recording(outcomes, 0.3)
    assert together == [Counts(tp=4 * (k % 2), fn=4 * (1 - k % 2)) for k in range(6)]
    assert by_recording(outcomes, None)[1].tp == 400
    wide, narrow = bootstrap_f1(together), bootstrap_f1([o.events[0.3] for o in outcomes])
    assert wide and narrow and wide[1] - wide[0] > narrow[1] - narrow[0]


def test_predictions_outside_of_what_was_annotated_are_not_judged() -> None:
    found = outcome(as_spans([(1, 2), (7, 8)]), truth([(1, 2)], known=[(0, 5)]))
    assert found.events[0.3] == Counts(tp=1)
    assert found.segments == Counts(tp=100)


def test_segments_count_time() -> None:
    counts = segment_counts(as_spans([(1.0, 2.0)]), truth([(1.5, 3.0)], ignore=[(0.9, 1.2)]))
    assert counts == Counts(tp=50, fp=30, fn=100)
    assert segment_grid(as_spans([(0.0, 0.5), (0.3, 0.6)]), 1.0, 0.1).tolist() == [True] * 6 + [False] * 4
    assert not segment_grid(as_spans([]), 1.0).any()


def test_always_positive_has_the_known_segment_f1() -> None:
    counts = segment_counts(as_spans([(0, 10)]), truth([(0, 2.5)]))
    assert counts.f1 == pytest.approx(2 * 0.25 / 1.25)


def test_onset_error_has_a_sign() -> None:
    found = outcome(as_spans([(1.1, 2.0), (4.9, 6.0)]), truth([(1.0, 2.0), (5.0, 6.0)]))
    assert sorted(found.onset_errors_s.round(6).tolist()) == [-0.1, 0.1]


def test_the_interval_holds_the_score_and_is_repeatable() -> None:
    rng = np.random.default_rng(0)
    counts = [Counts(*rng.integers(0, 20, 3).tolist()) for _ in range(30)]
    low, high = bootstrap_f1(counts, seed=3) or (0, 0)
    assert low < total(counts).f1 < high
    assert bootstrap_f1(counts, seed=3) == (low, high)
    same = bootstrap_f1([Counts(3, 1, 1)] * 5)
    assert same == pytest.approx((0.75, 0.75))
    assert bootstrap_f1(counts[:1]) is None
    assert Counts().f1 == Counts().precision == Counts().recall == 0


def test_the_gain_is_paired_by_recording() -> None:
    hard, easy = Counts(1, 9, 9), Counts(9, 1, 1)
    theirs = [hard, easy] * 8
    ours = [Counts(c.tp + 1, c.fp, c.fn - 1) for c in theirs]
    low, high = bootstrap_gain(ours, theirs) or (0, 0)
    assert 0 < low < total(ours).f1 - total(theirs).f1 < high
    assert bootstrap_gain(theirs, theirs) == (0.0, 0.0)
    assert bootstrap_gain(ours[:1], theirs[:1]) is None
    with pytest.raises(ValueError, match="cannot be paired"):
        bootstrap_gain(ours, theirs[:3])


halves = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda s: (s[0] / 2, (s[0] + s[1]) / 2))
Spans = list[tuple[float, float]]


@given(st.lists(halves, max_size=12), st.lists(halves, max_size=12))
def test_centres_in_stretches_are_those_of_every_pair(some: Spans, those: Spans) -> None:
    inside = [any(a <= (start + end) / 2 <= b for a, b in those) for start, end in some]
    assert centred_in(as_spans(some), as_spans(those)).tolist() == inside
