"""Change of gain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.step import Range, Step, drawn

if TYPE_CHECKING:
    import numpy as np


class AmplitudeStep(Step):
    """A change of gain."""

    gain_db: Range = Field(description="Gain, dB")


def amplitude(clip: Clip, rng: np.random.Generator, params: AmplitudeStep) -> tuple[Clip, AugmentStep]:
    """The clip at a drawn gain. Events stay as they are: signal and noise change alike."""
    import numpy as np

    gain_db = drawn(rng, params.gain_db, 2)
    samples = clip.samples * np.float32(10 ** (gain_db / 20))
    return replace(clip, samples=samples), AugmentStep(name="amplitude", params={"gain_db": gain_db})
