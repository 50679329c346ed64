"""A recording holds what its truth says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.synth.scene import BLOCK, PEAK, compose, draw, shares_dealt
from chorus.synth.settings import RateClass, SynthSettings

ONE = {"share": 1, "rates": {16000: 1}, "seconds": (10, 12), "density_per_s": (0.5, 1.0)}
LOUD = SynthSettings(
    classes={"one": RateClass(**ONE, families={"sweep": 1, "chirp": 1})},
    beds={"white": 1},
    snr_db=(15, 15),
    snr_jitter_db=0,
    polyphony={1: 1},
    call_free_share=0,
)


def test_snr_measured_from_outside() -> None:
    """The power inside a call's band, over its time, exceeds that of call-free stretches by the stated SNR."""
    measured = []
    for index in range(3):
        samples, truths = compose(draw(LOUD, 7, index), LOUD, 7)
        free = np.ones(len(samples), bool)
        for t in truths:
            free[max(0, t.first - 800) : t.last + 800] = False
        bed = samples[free]
        for t in truths:
            both = band_power(samples[t.first : t.last], 16000, t.low_hz, t.high_hz, taper=False)
            noise = band_power(bed, 16000, t.low_hz, t.high_hz)
            measured.append(10 * np.log10(both / noise - 1))
            assert t.snr_db == 15
    assert len(measured) > 10
    assert np.mean(measured) == pytest.approx(15, abs=0.5)


@given(seed=st.integers(0, 2**32 - 1), index=st.integers(0, 40))
@settings(max_examples=6, deadline=None)
def test_bounds_polyphony_and_peak(seed: int, index: int) -> None:
    small = SynthSettings(
        classes={"one": RateClass(**ONE | {"rates": {8000: 1}}, families={"sweep": 1, "trill": 1, "pulse_train": 1})}
    )
    facts = draw(small, seed, index)
    samples, truths = compose(facts, small, seed)
    assert len(samples) == facts.frames
    assert np.abs(samples).max() <= PEAK + 1e-12
    assert not (facts.call_free and truths)
    for t in truths:
        assert 0 <= t.first < t.last <= facts.frames
        assert sum(o.first < t.last and t.first < o.last for o in truths if o.first <= t.first) <= facts.polyphony


def test_shares_of_classes_and_empty_recordings() -> None:
    settings = SynthSettings()
    facts = [draw(settings, 3, k) for k in range(3 * BLOCK)]
    assert sum(f.call_free for f in facts) == 3
    assert sum(f.rate >= 96000 for f in facts) == 3
    assert sum(f.rate <= 8000 for f in facts) == 3


@given(st.integers(1, 300))
def test_shares_dealt_stays_within_one(count: int) -> None:
    shares = {"train": 0.7, "valid": 0.1, "test": 0.2}
    dealt = Counter(shares_dealt(shares, count))
    assert all(abs(dealt[name] - share * count) <= 1 for name, share in shares.items())
