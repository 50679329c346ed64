"""Choosing the decoding."""

from __future__ import annotations

import numpy as np

from chorus.evaluate.metrics import Truth, as_spans
from chorus.train.decode import Decoding
from chorus.train.tune import Item, score, tune


def item(seed: int, level: float) -> Item:
    """Calls of 20 frames at activity `level` over a background at 0.3, with gaps of 3 frames in their middles."""
    rng = np.random.default_rng(seed)
    probabilities = rng.uniform(0.0, 0.3, (400, 3)).astype(np.float32)
    starts = [50, 150, 250, 350]
    for a in starts:
        probabilities[a : a + 20, 0] = level
        probabilities[a + 9 : a + 12, 0] = 0.05
    return Item(probabilities, Truth(str(seed), 400.0, as_spans([(a, a + 20) for a in starts]), as_spans([])))


def test_the_best_parameters_are_found() -> None:
    found = [item(seed, 0.45) for seed in range(3)]
    assert score(found, Decoding()) == 0
    best, reached = tune(found)
    assert reached == score(found, best) == 1
    assert best.threshold <= 0.45
    assert best.gap >= 3


def test_without_clips_the_start_stays() -> None:
    start = Decoding(threshold=0.7)
    best, reached = tune([], start)
    assert best == start
    assert np.isnan(reached)


def test_the_score_never_falls() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.uniform(0, 1, (300, 3)).astype(np.float32)
    found = [Item(probabilities, Truth("a", 300.0, as_spans([(10, 40), (100, 110)]), as_spans([(200, 250)])))]
    assert tune(found)[1] >= score(found, Decoding())
