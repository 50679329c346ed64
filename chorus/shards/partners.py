"""Clips that an augmented one may use beside its own: always of the same split, so that nothing leaks between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from chorus.shards.augment.mix import MixStep, Relation, clips_drawn, related
from chorus.shards.augment.noise import NoiseStep
from chorus.shards.augment.step import applied
from chorus.shards.augment.stitch import FULL, StitchStep, wanted_frames
from chorus.shards.draws import stream
from chorus.shards.settings import ShardSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pool = npt.NDArray[np.int64]

#: Tries to find another clip that fits before there is said to be none.
TRIES = 32
#: Most clips that are joined to one.
MOST_JOINED = 64


class Role(StrEnum):
    """What a cut of the plan is for."""

    base = "base"
    mix = "mix"
    stitch = "stitch"
    noise = "noise"


class Partners:
    """The windows (numbers) of one split by their clips' sample rates; their order must not depend on the lake's.

    `seconds`, `positive` and `beds` tell of any window its length, whether it was cut around calls and whether it is
    known that nothing calls in it, `species` which animals are known to (`chorus.shards.augment.mix.species`).
    """

    def __init__(
        self,
        pools: Mapping[int, Pool],
        seconds: Sequence[float] | npt.NDArray[np.float64],
        positive: npt.NDArray[np.bool_],
        beds: npt.NDArray[np.bool_],
        species: Callable[[int], frozenset[str]],
        settings: ShardSettings,
    ) -> None:
        self._pools = pools
        self._quiet = {rate: pool[beds[pool]] for rate, pool in pools.items()}
        self._calling = {rate: pool[positive[pool]] if positive[pool].any() else pool for rate, pool in pools.items()}
        self._seconds = seconds
        self._species = species
        self._settings = settings
        self._by_species: dict[int, dict[frozenset[str], list[int]]] = {}
        self._groups: dict[tuple[int, frozenset[str]], list[int]] = {}

    def drawn(self, key: str, window: int, rate: int) -> Iterator[tuple[Role, int]]:
        """What the steps of the recipe will use for the augmented clip `key` of `rate` Hz, whose base is `window`.

        Whether a step is applied, and to how many clips, is drawn from the stream that the step itself will use.
        """
        recipe = self._settings.recipe
        if recipe is None:
            return
        for role, step in ((Role.stitch, recipe.stitch), (Role.mix, recipe.mix), (Role.noise, recipe.noise)):
            own = stream(self._settings.seed, "augment", key, role.value)
            if step is None or not applied(step, own):
                continue
            rng = stream(self._settings.seed, "partners", key, role.value)
            if isinstance(step, StitchStep):
                found = self._to_join(window, rate, wanted_frames(step, own, rate), step, rng)
            elif isinstance(step, MixStep):
                found = self._to_mix(window, rate, clips_drawn(step, own) - 1, step, rng)
            else:
                found = self._without_calls(window, rate, step, rng)
            yield from ((role, other) for other in found)

    def _to_join(
        self, window: int, rate: int, wanted: int | None, step: StitchStep, rng: np.random.Generator
    ) -> Iterator[int]:
        """As many clips of one rate as reach the wanted length; one where the base has it."""
        wanted_s = wanted / rate if wanted else self._settings.clip_s(rate)
        own_s = float(self._seconds[window])
        missing_s = wanted_s - own_s if own_s < FULL * wanted_s else 1e-9
        for _ in range(MOST_JOINED):
            other = _other(self._pools[rate], window, rng)
            if missing_s <= 0 or other is None:
                return
            yield other
            missing_s -= max(float(self._seconds[other]) - step.fade_s[1], 0.0)

    def _to_mix(self, window: int, rate: int, count: int, step: MixStep, rng: np.random.Generator) -> Iterator[int]:
        """`count` clips with calls, in a drawn relation to the base, all of its rate or all of lower ones; fewer where
        none fits."""
        relation = list(step.relation)[_weighted(list(step.relation.values()), rng)]
        lower = rng.uniform() < step.lower_rates
        rates = [other for other in sorted(self._calling) if other < rate] if lower else [rate]
        own = frozenset() if relation is Relation.any else self._species(window)
        for _ in range(count if rates else 0):
            at = rates[_weighted([len(self._calling[other]) for other in rates], rng)]
            pool = self._alike(at, own) if relation is Relation.group else self._calling[at]
            other = _other(pool, window, rng, lambda w: relation in (Relation.any, related(own, self._species(w))))
            if other is not None:
                yield other

    def _without_calls(self, window: int, rate: int, step: NoiseStep, rng: np.random.Generator) -> Iterator[int]:
        """A clip without calls, of the base's rate or, where there is none, of a higher one."""
        for at in sorted(self._quiet) if step.lake_share and not self._settings.noise else ():
            other = _other(self._quiet[at], window, rng) if at >= rate else None
            if other is not None:
                yield other
                return

    def _alike(self, rate: int, own: frozenset[str]) -> list[int]:
        """Windows in which species of `own` call, and no others."""
        if rate not in self._by_species:
            by_species = self._by_species[rate] = defaultdict(list)
            for window in self._calling[rate].tolist():
                by_species[self._species(window)].append(window)
        if (rate, own) not in self._groups:
            kinds = self._by_species[rate].items()
            self._groups[rate, own] = [w for kind, ws in kinds if related(own, kind) is Relation.group for w in ws]
        return self._groups[rate, own]


def _other(
    pool: Sequence[int] | Pool, window: int, rng: np.random.Generator, fits: Callable[[int], bool] = lambda _: True
) -> int | None:
    """A drawn window that is not `window` and fits; None where `TRIES` draws find none."""
    for _ in range(TRIES if len(pool) else 0):
        other = int(pool[int(rng.integers(len(pool)))])
        if other != window and fits(other):
            return other
    return None


def _weighted(weights: Sequence[float], rng: np.random.Generator) -> int:
    """The place of a drawn weight."""
    import numpy as np

    edges = np.cumsum(weights)
    return min(int(np.searchsorted(edges, rng.uniform(0, edges[-1]), "right")), len(weights) - 1)
