"""The steps of a recipe, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.amplitude import amplitude
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.clipping import clipping
from chorus.shards.augment.distance import distance
from chorus.shards.augment.filter import equalise
from chorus.shards.augment.mix import mix
from chorus.shards.augment.noise import noise
from chorus.shards.augment.recipe import Recipe
from chorus.shards.augment.reduce import reduce
from chorus.shards.augment.reverb import reverb
from chorus.shards.augment.shift import shift
from chorus.shards.augment.step import applied
from chorus.shards.augment.stitch import stitch
from chorus.shards.augment.stretch import stretch
from chorus.shards.augment.supply import Supply
from chorus.shards.augment.window import window

if TYPE_CHECKING:
    import numpy as np

#: The random stream of a step, by its name.
Streams = Callable[[str], "np.random.Generator"]
#: (clip, stream, parameters) -> the changed clip, and what was drawn.
Apply = Callable[[Clip, "np.random.Generator", Any], tuple[Clip, AugmentStep]]

#: Steps that need nothing but the clip.
ALONE: Mapping[str, Apply] = {
    "amplitude": amplitude,
    "clipping": clipping,
    "distance": distance,
    "filter": equalise,
    "n_fft": window,
    "reduce": reduce,
    "reverb": reverb,
    "shift": shift,
    "stretch": stretch,
}


def augment(clip: Clip, recipe: Recipe, streams: Streams, supply: Supply = Supply()) -> tuple[Clip, list[AugmentStep]]:
    """The augmented clip and the log of what was done, in the recipe's order.

    Each step draws from its own stream, so what one draws does not depend on the others.
    """
    with_supply: Mapping[str, Apply] = {
        "mix": partial(mix, others=supply.mix),
        "noise": partial(noise, quiet=supply.quiet, folder=supply.noise),
        "stitch": partial(stitch, others=supply.stitch, frames=supply.frames or clip.frames),
    }
    log: list[AugmentStep] = []
    for name, params in recipe.steps():
        rng = streams(name)
        if applied(params, rng):
            clip, done = (ALONE.get(name) or with_supply[name])(clip, rng, params)
            log.append(done)
    return clip, log
