"""Thresholds that clips without labels agree on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chorus.shards.read import Manifest, Reader
from chorus.train.decode import Decoding, Decodings, Floats, decode
from chorus.train.infer import Predictor
from chorus.train.steady import Heard, evidence, hear, marked, settle, steady
from chorus.train.tune import Item
from tests.train.helpers import write_shards
from tests.train.test_infer import predictor

START = Decoding(threshold=0.5, low=0.5, edge=2.0, gap=0)


def activity(*stretches: tuple[int, int, float]) -> Floats:
    """(200, 3) of nothing but these stretches of activity."""
    out = np.full((200, 3), 0.01, np.float32)
    for first, last, level in stretches:
        out[first:last, 0] = level
    return out


def unsteady() -> Heard:
    """Two sure calls; two doubtful ones, which are elsewhere under noise."""
    calls = ((10, 30, 0.97), (60, 80, 0.97))
    return Heard(activity(*calls, (100, 120, 0.6), (140, 160, 0.6)), activity(*calls, (40, 50, 0.6), (180, 190, 0.6)))


def test_what_comes_and_goes_with_the_noise_is_no_call() -> None:
    how = steady(START, [], [unsteady()])
    assert how.threshold == 0.7
    assert evidence(how, [], [unsteady()]) == 1.0
    assert evidence(START, [], [unsteady()]) == 0.5
    assert (how.low, how.edge, how.gap) == (START.low, START.edge, START.gap)


def test_labels_count_as_much() -> None:
    """The doubtful ones are calls, say the labels."""
    one = unsteady()
    item = Item(one.plain, marked(one.plain, START))
    assert evidence(START, [item], [one]) == 1.5
    sure = Decoding(**{**vars(START), "threshold": 0.7})
    assert 1.0 < evidence(sure, [item], [one]) < 2.0
    assert steady(START, [item], [one]).threshold == 0.7
    faint = Heard(activity((10, 30, 0.6)), activity((10, 30, 0.55)))
    assert steady(START, [Item(faint.plain, marked(faint.plain, START))], [faint]) == START


def test_a_student_finds_the_events_of_its_teacher() -> None:
    """Its own dip in the middle of a call would cut it."""
    mine = activity((10, 30, 0.97), (30, 34, 0.4), (34, 50, 0.97))
    how = Decoding(threshold=0.9, low=0.7, edge=2.0, gap=0)
    assert len(decode(mine, how)) == 2
    clip = Heard(mine, mine, activity((10, 50, 0.8)))
    taught = steady(how, [], [clip], Decodings(START))
    assert [(e.start, e.end) for e in decode(mine, taught)] == [(10, 50)]
    assert steady(how, [], [Heard(mine, mine)]) == how


def test_octaves_of_rates_that_nobody_hears_keep_theirs() -> None:
    how = Decodings(START, {0: START, 3: START})
    settled = settle(how, [], [unsteady()])
    assert settled.base.threshold == settled.at(0).threshold == 0.7
    assert settled.at(3) == START
    assert settle(how, [], []) == how


def test_clips_are_heard_as_they_are_and_under_noise(tmp_path: Path) -> None:
    manifest = Manifest.open(write_shards(tmp_path, (32_000,), clips=3, shards=1))

    def heard(most: int, teacher: Predictor | None = None) -> list[Heard]:
        return list(hear(predictor(), Reader(manifest, "train", 2), teacher, most))

    first, second = heard(2), heard(2, predictor())
    assert len(first) == 2 and len(heard(9)) == 3
    for a, b in zip(first, second, strict=True):
        assert a.plain.shape == a.noisy.shape == (150, 3)
        assert (a.noisy == b.noisy).all() and not np.allclose(a.plain, a.noisy)
        assert a.teacher is None
        assert b.teacher is not None and (b.teacher == b.plain).all()
        assert a.octave == predictor().front_end.octave(32_000)
