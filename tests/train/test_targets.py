"""Events -> truth per frame."""

from __future__ import annotations

import math
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas.sample import Sample
from chorus.train.targets import bumps, covered, frame_targets
from tests.train.helpers import sample


def make(spans: list[tuple[float, float]], frames: int = 1000, **more: Any) -> Sample:
    """A clip at 1000 Hz: frames of 10 ms hold 10 samples."""
    return Sample.model_validate(sample("k", "train", 1000, frames, spans, **more))


def event(start: float, end: float, **more: Any) -> dict[str, Any]:
    base = {"call_id": "e", "start_s": start, "end_s": end, "kind": "animal", "strength": "strong"}
    return {**base, "presence": "present", **more}


def on(values: torch.Tensor) -> list[int]:
    return torch.nonzero(values[0] > 0).flatten().tolist()


@given(st.lists(st.tuples(st.floats(-0.2, 1.2), st.floats(0, 0.3)), max_size=8), st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_stretches_and_bumps_are_those_of_one_after_the_other(spans: list[tuple[float, float]], frames: int) -> None:
    centres = (torch.arange(frames, dtype=torch.float64) + 0.5) * 0.01
    stretches = [(start, start + length) for start, length in spans]
    each = [(centres >= start) & (centres < end) for start, end in stretches]
    assert torch.equal(covered(centres, stretches), torch.stack([centres < 0, *each]).any(0))
    places = [100 * start for start, _ in spans]
    peaks = [min(max(math.floor(place + 1e-6), 0), frames - 1) for place in places]
    gauss = [torch.exp(-0.5 * ((torch.arange(frames) - peak) / 1.5) ** 2) for peak in peaks]
    assert torch.equal(bumps(places, frames, 1.5), torch.stack([torch.zeros(frames), *gauss]).amax(0))


def test_activity_and_edges_of_a_call() -> None:
    truth = frame_targets(make([(0.20, 0.25)]), 0.0, 100, 0.01)
    assert on(truth.activity) == [20, 21, 22, 23, 24]
    assert on(truth.onset == 1) == [20]
    assert on(truth.offset == 1) == [25]
    assert on(truth.activity_known) == list(range(100))


@given(st.floats(0.02, 0.9), st.floats(0.0005, 0.1))
@settings(max_examples=40, deadline=None)
def test_every_call_has_a_frame_and_exact_edges(start: float, length: float) -> None:
    truth = frame_targets(make([(start, start + length)]), 0.0, 100, 0.01)
    active = on(truth.activity)
    assert active
    assert abs(len(active) - max(1, length / 0.01)) <= 1
    assert on(truth.onset == 1) == [int(start / 0.01 + 1e-6)]
    assert abs(active[0] - start / 0.01) <= 1


def test_crops_shift_the_truth_and_cut_edges_are_no_edges() -> None:
    clip = make([(0.20, 0.60), (0.80, 0.90)])
    truth = frame_targets(clip, 0.40, 30, 0.01)
    assert on(truth.activity) == list(range(20))
    assert on(truth.onset == 1) == []
    assert on(truth.offset == 1) == [20]


def test_calls_cut_by_the_clip_have_no_edge_there() -> None:
    truth = frame_targets(make([(0.0, 0.1), (0.9, 1.0)]), 0.0, 100, 0.01)
    assert on(truth.onset == 1) == [90]
    assert on(truth.offset == 1) == [10]


def test_padding_is_unknown() -> None:
    truth = frame_targets(make([(0.2, 0.3)], frames=500), 0.0, 50, 0.01, padded_to=64)
    assert truth.activity.shape == (1, 64)
    assert on(truth.activity_known) == list(range(50))


def test_outside_of_annotated_stretches_only_calls_are_known() -> None:
    clip = make([(0.05, 0.10)], annotated="partial", annotated_s=[(0.5, 0.7)])
    assert on(frame_targets(clip, 0.0, 100, 0.01).activity_known) == [*range(5, 10), *range(50, 70)]
    weak = make([(0.05, 0.10)], annotated="weak")
    assert on(frame_targets(weak, 0.0, 100, 0.01).activity_known) == list(range(5, 10))


def test_labels_that_decide_nothing_make_frames_unknown() -> None:
    doubtful = [
        event(0.1, 0.2, strength="weak"),
        event(0.3, 0.4, presence="absent"),
        event(0.5, 0.6, presence="uncertain"),
        event(0.7, 0.8, kind="unknown"),
        event(0.55, 0.65),
    ]
    truth = frame_targets(make([], events=doubtful), 0.0, 100, 0.01)
    unknown = [i for i in range(100) if not truth.activity_known[0, i]]
    assert unknown == [*range(10, 20), *range(30, 40), *range(50, 55), *range(70, 80)]
    assert on(truth.activity) == list(range(55, 65))


def test_noise_is_negative_and_a_label_without_length_unknown() -> None:
    events = [event(0.1, 0.2, kind="noise"), event(0.5, 0.5)]
    truth = frame_targets(make([], events=events, annotated="weak"), 0.0, 100, 0.01)
    assert on(truth.activity_known) == list(range(10, 20))
    assert on(truth.activity) == []
    full = frame_targets(make([], events=events), 0.0, 100, 0.01)
    unknown = [i for i in range(100) if not full.activity_known[0, i]]
    assert {48, 49, 50, 51} <= set(unknown) <= {47, 48, 49, 50, 51, 52}


def test_human_voices_count() -> None:
    truth = frame_targets(make([], events=[event(0.1, 0.2, kind="human")]), 0.0, 100, 0.01)
    assert on(truth.activity) == list(range(10, 20))
