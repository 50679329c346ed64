"""Change of gain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.recipe import AmplitudeStep

if TYPE_CHECKING:
    import numpy as np


def amplitude(clip: Clip, rng: np.random.Generator, params: AmplitudeStep) -> tuple[Clip, AugmentStep]:
    """The clip at a drawn gain. Events stay as they are: signal and noise change alike."""
    import numpy as np

    gain_db = round(float(rng.uniform(*params.gain_db)), 2)
    samples = clip.samples * np.float32(10 ** (gain_db / 20))
    return replace(clip, samples=samples), AugmentStep(name="amplitude", params={"gain_db": gain_db})
