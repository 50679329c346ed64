"""Labels that a clip gives itself."""

from __future__ import annotations

import itertools

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.train.pseudo import bumps, closed, pseudo_targets, stands_out, stretches


def scene(spans: list[tuple[int, int]], height: float = 2.0, frames: int = 120) -> torch.Tensor:
    """A spectrogram (1, 32, frames) of faint noise with tones over the spans."""
    shown = 0.1 * torch.randn(1, 32, frames, generator=torch.Generator().manual_seed(0))
    for start, end in spans:
        shown[:, 10:14, start:end] += height
    return shown


def test_what_stands_out_is_an_event_with_its_bounds() -> None:
    found = pseudo_targets(scene([(20, 40), (60, 64)]), None, edge_frames=1.5)
    active = found.activity[0] > 0
    assert active[21:39].all()
    assert active[60:64].all()
    assert not active[:18].any()
    assert not active[43:57].any()
    onsets, offsets = ((part[0] >= 1).nonzero().flatten().tolist() for part in (found.onset, found.offset))
    assert len(onsets) == len(offsets) == 2
    assert abs(onsets[0] - 20) <= 1
    assert abs(offsets[0] - 39) <= 1
    assert found.activity_known.all()


def test_noise_and_silence_hold_nothing() -> None:
    for shown in (scene([]), torch.zeros(2, 32, 50)):
        found = pseudo_targets(shown, None, 1.5)
        assert not found.activity.any()
        assert not found.onset.any()
        assert found.activity_known.all()


def test_what_hardly_stands_out_teaches_nothing() -> None:
    found = pseudo_targets(scene([(20, 40)], height=0.45), None, 1.5)
    assert not found.activity.any()
    assert not found.activity_known[0, 22:38].any()
    assert found.activity_known[0, :15].all()


def test_padding_is_not_known_and_cut_events_have_no_bound_there() -> None:
    valid = torch.arange(120)[None] < 100
    found = pseudo_targets(scene([(0, 20), (80, 120)]) * valid[:, None], valid, 1.5)
    assert not found.activity_known[0, 100:].any()
    assert not found.activity[0, 100:].any()
    assert found.activity[0, :19].all()
    assert (found.onset[0, :3] < 1).all()


def test_one_clip_does_not_change_what_is_found_in_another() -> None:
    a, b = scene([(20, 40)]), scene([(50, 90)], height=4.0)
    alone, both = pseudo_targets(a, None, 1.5), pseudo_targets(torch.cat([a, b]), None, 1.5)
    for name in ("activity", "onset", "offset", "activity_known"):
        assert torch.equal(getattr(alone, name), getattr(both, name)[:1])
    assert stands_out(a).shape == (1, 120)


masks = st.lists(st.booleans(), min_size=1, max_size=40)


@settings(deadline=None)
@given(masks, st.integers(0, 4))
def test_short_gaps_are_closed_and_nothing_else(values: list[bool], gap: int) -> None:
    mask = torch.tensor([values])
    expected, ones = list(values), [i for i, v in enumerate(values) if v]
    for a, b in itertools.pairwise(ones):
        if b - a - 1 <= gap:
            expected[a:b] = [True] * (b - a)
    assert closed(mask, gap)[0].tolist() == expected


@settings(deadline=None)
@given(masks)
def test_stretches_know_their_length_and_their_peak(values: list[bool]) -> None:
    mask, level = torch.tensor([values]), torch.arange(len(values), dtype=torch.float32)[None]
    peak, length = stretches(mask, level)
    for i, inside in enumerate(values):
        if inside:
            start, end = i, i
            while start > 0 and values[start - 1]:
                start -= 1
            while end + 1 < len(values) and values[end + 1]:
                end += 1
            assert (length[0, i], peak[0, i]) == (end - start + 1, end)


def test_bumps_are_those_of_labels() -> None:
    from chorus.train import targets

    places = [3, 4, 20, 39]
    peaks = torch.zeros(1, 40)
    peaks[0, places] = 1
    expected = targets.bumps([p + 0.5 for p in places], 40, 1.5)
    assert torch.allclose(bumps(peaks, 1.5)[0], expected, atol=1e-3)


def test_padding_is_not_what_is_usual_in_a_clip() -> None:
    """Noise that never falls to the floor stands out of padding, not of itself."""
    shown = 0.8 + scene([(20, 40)])
    valid = torch.arange(240)[None] < 120
    padded = torch.nn.functional.pad(shown, (0, 120)) * valid[:, None]
    alone, beside = pseudo_targets(shown, None, 1.5), pseudo_targets(padded, valid, 1.5)
    assert alone.activity.sum() < 30
    assert torch.equal(alone.activity, beside.activity[:, :120])
    shown[:, 10:14, 110:] += 2.0
    cut = pseudo_targets(torch.nn.functional.pad(shown, (0, 120)) * valid[:, None], valid, 1.5)
    assert (cut.onset >= 1).sum() == 2 and (cut.offset >= 1).sum() == 1, "a call that the clip cuts has no end"
