"""Varying FFT window: drawn here, honoured by the trainer's front end. The sound stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.step import Step

if TYPE_CHECKING:
    import numpy as np


class WindowStep(Step):
    """The FFT window of the trainer's front end, relative to its base."""

    scales: list[Annotated[float, Field(gt=0, le=16)]] = Field(min_length=1, description="Scales to draw from")


def window(clip: Clip, rng: np.random.Generator, params: WindowStep) -> tuple[Clip, AugmentStep]:
    """The clip with a drawn scale of the FFT window."""
    scale = float(params.scales[int(rng.integers(len(params.scales)))])
    return replace(clip, n_fft_scale=scale), AugmentStep(name="n_fft", params={"n_fft_scale": scale})
