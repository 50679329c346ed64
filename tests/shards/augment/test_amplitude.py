"""Gain changes the sound by just that much."""

from __future__ import annotations

import numpy as np
import pytest

from chorus.shards.augment.amplitude import AmplitudeStep, amplitude
from tests.shards.augment.clicks import clicks


def test_amplitude_is_its_gain() -> None:
    clip = clicks("a", 1)
    out, step = amplitude(clip, np.random.default_rng(0), AmplitudeStep(probability=1, gain_db=(-12, 6)))
    assert -12 <= step.params["gain_db"] <= 6
    assert out.samples == pytest.approx(clip.samples * 10 ** (step.params["gain_db"] / 20), rel=1e-5)
    assert out.events == clip.events
