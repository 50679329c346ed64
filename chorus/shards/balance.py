"""Balance: training clips are repeated and thinned when the set is planned, so that common species or sources do not
drown the rare ones. The clips themselves stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chorus.shards.draws import mixed
from chorus.shards.settings import ShardSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Halvings of the search for the scale that keeps the number of clips.
HALVINGS = 60


@dataclass(frozen=True)
class Labels:
    """What clips are balanced by: pair `k` says that clip `clip[k]` holds `events[k]` events of class `code[k]`. No
    pair comes twice; `names` are those of the classes."""

    clip: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]
    names: list[str]


def times(keys: npt.NDArray[np.uint64], labels: Labels, settings: ShardSettings) -> npt.NDArray[np.int64]:
    """How often each clip is in the set, 0 for one that is left out.

    A class that `n` clips hold is to be held by a number of clips in proportion to n ** (1 / temperature): 1 changes
    nothing, the higher the more even; 'species' and 'source' mean evenly. The rarest class of a clip decides. The
    number of clips stays about what it was, as far as `most_repeats` allows; clips without a class stay as they are.
    """
    import numpy as np

    if settings.balance == "natural" or not len(labels.clip):
        return np.ones(len(keys), np.int64)
    held = np.bincount(labels.code, minlength=len(labels.names)).astype(float)
    exponent = 1 / settings.balance if isinstance(settings.balance, float | int) else 0.0
    wanted = held**exponent * (held > 0)
    factors = np.zeros(len(keys))
    np.maximum.at(factors, labels.clip, (wanted / np.maximum(held, 1))[labels.code])
    named = factors > 0
    factors[named] = _scaled(factors[named], settings.most_repeats)
    factors[~named] = 1
    rest = mixed(keys, settings.seed, "balance") / 2.0**64
    return (np.floor(factors) + (rest < factors % 1)).astype(np.int64)


def _scaled(factors: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.float64]:
    """Factors times one number, none above `most`, that add up to as many as there are."""
    import numpy as np

    low, high = 0.0, most / float(factors.min())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(factors * middle, most).sum() < len(factors) else (low, middle)
    scaled: npt.NDArray[np.float64] = np.minimum(factors * high, most)
    return scaled


def distribution(
    labels: Labels, source: npt.NDArray[np.int64], sources: list[str], often: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Clips and events in all, by species and by source. `source` is each clip's place in `sources`, `often` how many
    times the clip is in the set."""
    import numpy as np

    events = labels.events * often[labels.clip]
    by_species = (
        np.bincount(labels.code, often[labels.clip], len(labels.names)),
        np.bincount(labels.code, events, len(labels.names)),
    )
    by_source = np.bincount(source, often, len(sources)), np.bincount(source[labels.clip], events, len(sources))
    return {
        "clips": int(often.sum()),
        "events": int(events.sum()),
        "species": _named(labels.names, *by_species),
        "sources": _named(sources, *by_source),
    }


def _named(names: list[str], clips: npt.NDArray[Any], events: npt.NDArray[Any]) -> dict[str, dict[str, int]]:
    return {
        name: {"clips": int(n), "events": int(m)} for name, n, m in zip(names, clips, events, strict=True) if n or m
    }
