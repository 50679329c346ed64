"""The steps of a recipe, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.amplitude import amplitude
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.mix import mix
from chorus.shards.augment.noise import NoiseSource, noise
from chorus.shards.augment.recipe import Recipe
from chorus.shards.augment.reduce import reduce
from chorus.shards.augment.stitch import is_full, stitch

if TYPE_CHECKING:
    import numpy as np

#: Gives a clip that may be mixed in or joined; called only when it is needed.
Load = Callable[[], Clip]
#: The random stream of a step.
Streams = Callable[[str], "np.random.Generator"]


def augment(
    clip: Clip,
    recipe: Recipe,
    streams: Streams,
    partners: Sequence[Load] = (),
    frames: int | None = None,
    noise_source: NoiseSource | None = None,
) -> tuple[Clip, list[AugmentStep], float]:
    """The augmented clip, the log of what was done, and the drawn scale of the FFT window.

    Each step draws from its own stream, so what one draws does not depend on the others. The last of `partners` may be
    mixed in, those before it joined; `frames` is the length that short clips may be stitched up to (else their own).
    """
    steps: list[AugmentStep] = []

    def done(result: tuple[Clip, AugmentStep]) -> Clip:
        steps.append(result[1])
        return result[0]

    rng = streams("stitch")
    if rng.uniform() < recipe.stitch.probability and partners:
        wanted = frames or clip.frames
        following = partners[:-1] or partners
        others = [load() for load in (following[:1] if is_full(clip, wanted) else following)]
        clip = done(stitch(clip, rng, recipe.stitch, others, wanted))
    rng = streams("mix")
    if rng.uniform() < recipe.mix.probability and partners:
        clip = done(mix(clip, rng, recipe.mix, partners[-1]()))
    rng = streams("reduce")
    if rng.uniform() < recipe.reduce.probability:
        clip = done(reduce(clip, rng, recipe.reduce))
    rng = streams("noise")
    if rng.uniform() < recipe.noise.probability:
        clip = done(noise(clip, rng, recipe.noise, noise_source))
    rng = streams("amplitude")
    if rng.uniform() < recipe.amplitude.probability:
        clip = done(amplitude(clip, rng, recipe.amplitude))
    rng = streams("n_fft")
    drawn = rng.uniform() < recipe.n_fft.probability
    return clip, steps, float(recipe.n_fft.scales[int(rng.integers(len(recipe.n_fft.scales)))]) if drawn else 1.0
