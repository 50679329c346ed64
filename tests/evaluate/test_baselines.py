"""The two baselines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chorus.evaluate.baselines import BANDS, Energy, Levels, always_positive, energy_events, measure_levels, tune_energy
from chorus.evaluate.metrics import Truth, as_spans, event_counts

RATE = 8000


def scene(seed: int, spans: list[tuple[float, float]], seconds: float = 12.0) -> np.ndarray:
    """Faint noise with loud tones at 2.5 kHz."""
    wave = 0.01 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    time = np.arange(len(wave)) / RATE
    for a, b in spans:
        wave += 0.2 * np.sin(2 * np.pi * 2500 * time) * ((time >= a) & (time < b))
    return wave.astype(np.float32)


def test_always_positive_is_one_event() -> None:
    assert always_positive(Truth("a", 7.5, as_spans([]), as_spans([]))).tolist() == [[0, 7.5]]


def test_loud_tones_in_faint_noise_are_found() -> None:
    spans = [(2.0, 2.5), (5.0, 5.3), (9.0, 10.0)]
    levels = measure_levels([scene(0, spans)], RATE, 0.01)
    found = energy_events(levels, Energy(band=0, open_db=9.0))
    assert np.abs(found - np.array(spans)).max() < 0.03


def test_blocks_do_not_change_the_levels() -> None:
    wave = scene(1, [(2.0, 3.0)])
    whole = measure_levels([wave], RATE, 0.01)
    pieces = measure_levels(np.split(wave, [10, 5000, 5001, 60_000]), RATE, 0.01)
    assert whole.over_db.shape == pieces.over_db.shape
    assert np.allclose(whole.over_db, pieces.over_db, atol=1e-4)
    assert measure_levels([], RATE, 0.01).over_db.shape == (len(BANDS), 0)


def test_gaps_are_joined_and_short_events_dropped() -> None:
    over = np.zeros((len(BANDS), 100), np.float32)
    over[0, 10:20] = over[0, 23:30] = over[0, 60] = 10
    levels = Levels(over, 0.01)
    plain = Energy(open_db=6, gap_s=0.0, shortest_s=0.0)
    assert np.allclose(energy_events(levels, plain) - 0.005, [[0.1, 0.2], [0.23, 0.3], [0.6, 0.61]])
    assert np.allclose(energy_events(levels, replace(plain, gap_s=0.05, shortest_s=0.05)) - 0.005, [[0.1, 0.3]])
    assert energy_events(levels, replace(plain, open_db=20)).shape == (0, 2)


def test_tuning_is_at_least_as_good_as_the_default() -> None:
    items = []
    for seed in range(2):
        spans = [(1.0 + seed, 1.5 + seed), (6.0, 6.2)]
        truth = Truth(str(seed), 12.0, as_spans(spans), as_spans([]))
        hum = 0.3 * np.sin(2 * np.pi * 100 * np.arange(12 * RATE) / RATE).astype(np.float32)
        items.append((measure_levels([scene(seed, spans) + hum], RATE, 0.01), truth))

    def f1(how: Energy) -> float:
        counts = [event_counts(energy_events(x, how), t, 0.3)[0] for x, t in items]
        return (counts[0] + counts[1]).f1

    best = tune_energy(items)
    assert f1(best) == pytest.approx(1)
    assert f1(best) >= f1(Energy())
    assert best.describe()["band"] == list(BANDS[best.band])
