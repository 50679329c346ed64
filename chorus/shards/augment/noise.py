"""Noise addition: synthetic beds, or stretches of the user's noise files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chorus.audio.level import decibel, rms
from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.measure import covered, event_power
from chorus.shards.augment.recipe import NoiseStep

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: (stream, frames, rate) -> samples of any level, and where they come from.
NoiseSource = Callable[["np.random.Generator", int, int], tuple["npt.NDArray[np.float32]", dict[str, Any]]]


def noise(
    clip: Clip, rng: np.random.Generator, params: NoiseStep, source: NoiseSource | None = None
) -> tuple[Clip, AugmentStep]:
    """The clip with noise on top, so that its calls are a drawn number of dB above the noise inside their bands.

    With several calls the gain is the median of those that each would need; without calls the whole clip counts as one.
    The noise is at most `most_rise_db` louder than the clip. `source` gives the noise; without it a bed is drawn.
    """
    import numpy as np

    snr_db = round(float(rng.uniform(*params.snr_db)), 2)
    bed, origin = (source or synthetic(params.beds))(rng, clip.frames, clip.rate)
    log = origin | {"snr_db": snr_db}
    level, loudness = rms(bed), rms(clip.samples)
    if level <= 0 or loudness <= 0:
        return clip, AugmentStep(name="noise", params=log | {"skipped": "the clip or the noise is silent"})
    wanted_db = _gain_db(clip, bed) - snr_db
    gain_db = round(min(wanted_db, params.most_rise_db + decibel((loudness / level) ** 2)), 3)
    log["snr_db"] = round(snr_db + wanted_db - gain_db, 2)
    log["gain_db"] = gain_db
    return covered(clip, bed * np.float32(10 ** (gain_db / 20))), AugmentStep(name="noise", params=log)


def _gain_db(clip: Clip, bed: npt.NDArray[np.float32]) -> float:
    """Gain that makes the bed as strong as the median call inside its band; as the whole clip where none is marked."""
    import numpy as np

    gains = []
    for event in clip.marked():
        signal, under = event_power(clip.samples, event, clip.rate), event_power(bed, event, clip.rate)
        if signal > 0 and under > 0:
            gains.append(decibel(signal / under))
    return float(np.median(gains)) if gains else decibel((rms(clip.samples) / rms(bed)) ** 2)


def synthetic(beds: list[str]) -> NoiseSource:
    """A source that draws one of the beds of `chorus.synth.beds`."""

    def make(rng: np.random.Generator, frames: int, rate: int) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        import numpy as np

        from chorus.synth.beds import BEDS

        name = beds[int(rng.integers(len(beds)))]
        return BEDS[name](rng, frames, rate).astype(np.float32), {"bed": name}

    return make
