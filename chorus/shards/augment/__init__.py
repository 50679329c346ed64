"""Augmentations: pure functions of a clip, a random stream and parameters, each giving the changed clip and its log.

One concept per file; `recipe` says what is drawn from where, `compose` puts them in order.
"""

from chorus.shards.augment.clip import Clip
from chorus.shards.augment.compose import augment
from chorus.shards.augment.recipe import Recipe
from chorus.shards.augment.supply import Supply

__all__ = ["Clip", "Recipe", "Supply", "augment"]
