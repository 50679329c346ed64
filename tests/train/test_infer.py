"""A detector over sound of any length: every frame once, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.train.decode import Decoding, Decodings
from chorus.train.detector import Detector
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Cutter, Predictor
from chorus.train.vit import Encoder


def predictor(window: int = 64) -> Predictor:
    torch.manual_seed(0)
    detector = Detector(Encoder(16, 1, 2, 32, 8, 8), channels=8, blocks=1).eval()
    return Predictor(detector, FrontEnd(32), Decodings(), window, torch.device("cpu"))


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(samples).astype(np.float32) * 0.1


@given(st.integers(1, 400), st.lists(st.integers(1, 900), min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_windows_cover_every_frame_once(frames: int, blocks: list[int]) -> None:
    hop, window, margin = 4, 32, 8
    sound = np.arange(frames * hop + 3, dtype=np.float32)
    cutter, seen, first, at = Cutter(hop, window, window - 2 * margin), [], True, 0
    while at < len(sound):
        size = blocks[at % len(blocks)]
        for wave in cutter.push(sound[at : at + size]):
            left = 0 if first else margin
            seen += (wave[left * hop : (window - margin) * hop : hop] / hop).tolist()
            first = False
        at += size
    tail, left = cutter.tail(margin, first)
    seen += (tail[left * hop :: hop] / hop).tolist()
    assert seen == list(range(frames))
    assert len(tail) // hop == min(window, frames)


@pytest.mark.parametrize("rate", [2000, 16000, 250000])
@pytest.mark.parametrize("frames", [3, 64, 65, 100, 300])
def test_one_row_per_frame_at_any_rate_and_length(rate: int, frames: int) -> None:
    model = predictor()
    hop = model.front_end.geometry(rate).hop
    found = np.concatenate(list(model.probabilities([noise(frames * hop + hop // 2)], rate)))
    assert found.shape == (frames, 3)
    assert ((found > 0) & (found < 1)).all()


@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None)
def test_blocks_do_not_change_the_answer(sizes: list[int]) -> None:
    sound = noise(40_000)
    blocks = np.split(sound, [b for b in np.cumsum(sizes) if b < len(sound)])
    model = predictor()
    whole = np.concatenate(list(model.probabilities([sound], 16000)))
    pieces = np.concatenate(list(model.probabilities(blocks, 16000)))
    assert np.allclose(whole, pieces, atol=1e-5)


def test_less_than_a_frame_gives_nothing() -> None:
    assert list(predictor().probabilities([noise(100)], 16000)) == []
    assert list(predictor().probabilities([], 16000)) == []
    assert list(predictor().events([noise(100)], 16000)) == []


def test_a_lower_threshold_finds_at_least_as_much_activity() -> None:
    model = predictor()
    model.decodings = Decodings(Decoding(low=1.0))
    p = np.concatenate(list(model.probabilities([noise(40_000)], 16000)))[:, 0]
    low, high = float(np.quantile(p, 0.3)), float(np.quantile(p, 0.99))

    def covered(threshold: float) -> float:
        return sum(e.end - e.start for e in model.events([noise(40_000)], 16000, threshold))

    assert covered(low) > covered(high)
    assert covered(1.0) == 0
