"""Varying FFT window and hop: drawn here, honoured by the trainer's front end. The sound stays as it is."""

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
    """The FFT window of the trainer's front end, relative to its base, and the grid that it is laid on.

    A hop class of 1 lays the grid of the rate octave above over the clip, as if a faster recorder had been used: frames
    are half as long, and the octave at the top of the frequency axis is empty.
    """

    scales: list[Annotated[float, Field(gt=0, le=16)]] = Field(min_length=1, description="Scales to draw from")
    hop_classes: list[Annotated[int, Field(ge=0, le=3)]] = Field(
        [0], min_length=1, description="Hop classes to draw from: octaves by which the hop is finer"
    )


def window(clip: Clip, rng: np.random.Generator, params: WindowStep) -> tuple[Clip, AugmentStep]:
    """The clip with a drawn scale of the FFT window and a drawn hop class."""
    scale = float(params.scales[int(rng.integers(len(params.scales)))])
    hop_class = params.hop_classes[int(rng.integers(len(params.hop_classes)))]
    drawn = {"n_fft_scale": scale, "hop_class": hop_class}
    return replace(clip, n_fft_scale=scale, hop_class=hop_class), AugmentStep(name="n_fft", params=drawn)
