"""Choosing the decoding."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from chorus.evaluate.metrics import Truth, as_spans
from chorus.schemas.sample import Sample
from chorus.shards.read import Clip
from chorus.train.decode import Decoding, Decodings
from chorus.train.tune import Item, cautious, labelled_truth, score, tune, tune_all
from tests.train.helpers import sample


def item(seed: int, level: float, octave: int = 0) -> Item:
    """Calls of 20 frames at activity `level` over a background at 0.3, with gaps of 3 frames in their middles."""
    rng = np.random.default_rng(seed)
    probabilities = rng.uniform(0.0, 0.3, (1000, 3)).astype(np.float32)
    starts = [50, 150, 250, 350, 450, 550, 650, 750, 850, 950]
    for a in starts:
        probabilities[a : a + 20, 0] = level
        probabilities[a + 9 : a + 12, 0] = 0.05
    truth = Truth(str(seed), 1000.0, as_spans([(a, a + 20) for a in starts]), as_spans([]))
    return Item(probabilities, truth, octave)


def test_the_best_parameters_are_found() -> None:
    found = [item(seed, 0.45) for seed in range(3)]
    assert score(found, Decodings()) == 0
    best = tune(found, Decoding())
    assert score(found, Decodings(best)) == 1
    assert best.threshold <= 0.45
    assert best.gap >= 3


def test_octaves_of_rates_get_their_own_where_they_have_enough_calls() -> None:
    loud, faint = [item(seed, 0.95) for seed in range(3)], [item(seed, 0.45, 2) for seed in range(3)]
    for one in loud:
        one.probabilities[100:140, 0] = one.probabilities[500:540, 0] = 0.7
    whole = tune_all(loud + faint)
    assert score(loud + faint, whole) == 1
    assert whole.at(0).threshold > 0.7 > 0.45 >= whole.at(2).threshold
    assert whole.at(5) == whole.base
    assert Decodings.from_dict(whole.to_dict()) == whole
    few = tune_all(loud + faint[:1])
    assert set(few.by_octave) == {0}
    assert tune_all(loud).by_octave == {}


def test_of_thresholds_that_are_as_good_the_highest_is_taken() -> None:
    found = [item(seed, 0.85) for seed in range(3)]
    one_fainter = found[0].probabilities[50:70, 0]
    one_fainter[one_fainter > 0.5] = 0.65
    best = Decoding(threshold=0.5, gap=4)
    assert score(found, Decodings(best)) == 1
    assert cautious(found, best).threshold == 0.6
    found[1].probabilities[145:148, 0] = found[2].probabilities[400:410, 0] = 0.55
    assert score(found, Decodings(best)) < 1
    assert cautious(found, best).threshold == 0.85
    assert cautious([], best) == best
    assert cautious([item(0, 0.2)], best) == best


def test_without_clips_the_start_stays() -> None:
    assert tune_all([]) == Decodings()
    assert tune([], Decoding(threshold=0.7)) == Decoding(threshold=0.7)


def test_the_score_never_falls() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.uniform(0, 1, (300, 3)).astype(np.float32)
    found = [Item(probabilities, Truth("a", 300.0, as_spans([(10, 40), (100, 110)]), as_spans([(200, 250)])))]
    assert score(found, Decodings(tune(found, Decoding()))) >= score(found, Decodings())


def test_calls_found_in_marked_noise_are_wrong() -> None:
    """As `chorus evaluate` judges them; under labels that decide nothing they are neither right nor wrong."""
    noise = {"call_id": "n", "start_s": 0.5, "end_s": 0.6, "kind": "noise", "strength": "strong", "presence": "present"}
    other = {**noise, "call_id": "o", "start_s": 0.8, "end_s": 0.9, "kind": "unknown"}
    content = sample("k", "train", 1000, 1000, [(0.2, 0.3)])
    content["events"] += [noise, other]
    clip = Clip(Sample.model_validate(content), 0.0, np.zeros(1000, np.float32))
    predictor = cast(Any, SimpleNamespace(frame_s=lambda rate: 0.01))
    truth = labelled_truth(predictor, clip, 1000, 100)
    assert truth.calls.tolist() == [[20, 30]]
    assert truth.ignore.tolist() == [[80, 90]]
