"""Choosing the decoding."""

from __future__ import annotations

import numpy as np

from chorus.evaluate.metrics import Truth, as_spans
from chorus.train.decode import Decoding, Decodings
from chorus.train.tune import (
    GRID,
    Item,
    agreement,
    cautious,
    climb,
    mean_opinion,
    score,
    spans,
    tune,
    tune_agreed,
    tune_all,
    tune_taught,
)


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


def voices(*gaps: int) -> list[np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    """Detectors that hear the same calls of 40 frames, each with an onset within them where no other has one."""
    out = []
    for gap in gaps:
        one = np.full((1000, 3), 0.01, np.float32)
        for start in range(50, 950, 100):
            one[start : start + 40, 0] = 0.99
            one[start, 1] = one[start + 40, 2] = 0.9
            one[start + gap, 1] = 0.55
        out.append(one)
    return out


def test_detectors_agree_where_their_own_whims_do_not_count() -> None:
    several = [voices(8, 15, 22, 29) for _ in range(2)]
    whims, none = Decoding(split=0.5), Decoding(split=0.6)
    assert agreement(several, none) == 1
    assert agreement(several, whims) < 0.7
    chosen = tune_agreed([], several)
    assert chosen.threshold == max(GRID["threshold"])
    assert chosen.split > 0.55
    assert len(spans(mean_opinion(several[0]), chosen)) == 9


def test_labels_have_a_say_in_what_detectors_agree_on() -> None:
    divided = voices(20, 20)[0]
    halves = [(a + b, a + b + 20) for a in range(50, 950, 100) for b in (0, 20)]
    labelled = Item(divided, Truth("", 1000.0, as_spans(halves), as_spans([])))
    assert tune_agreed([labelled], [voices(8, 15, 22, 29)]).split <= 0.55


def test_what_all_say_is_the_mean_of_their_logits() -> None:
    said = [np.full((4, 3), p, np.float32) for p in (0.1, 0.9, 0.9, 0.9, 1.0)]
    logit = (np.log(9) * 2 + np.log((1 - 1e-6) / 1e-6)) / 5
    assert np.allclose(mean_opinion(said), 1 / (1 + np.exp(-logit)), atol=1e-4)
    assert mean_opinion(said).shape == (4, 3)


def test_a_student_is_read_as_its_teachers_mark_and_the_labels_say() -> None:
    marked, labelled = [item(0, 0.45), item(1, 0.45)], [item(2, 0.45)]
    chosen = tune_taught(labelled, marked, Decoding(threshold=0.95))
    assert score(marked + labelled, Decodings(chosen)) == 1


def test_climbing_stops_where_nothing_is_better() -> None:
    asked: list[Decoding] = []

    def value(how: Decoding) -> float:
        asked.append(how)
        return 0.5

    assert climb(value, Decoding(), GRID) == Decoding()
    assert len(asked) == len(set(asked)), "one round is enough"
