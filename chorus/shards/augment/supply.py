"""What a step may use beside the clip: other clips of the same split, and the user's noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chorus.shards.augment.clip import Clip

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Gives a clip; called only when it is needed.
Load = Callable[[], Clip]
#: (stream, frames, rate) -> samples of any level, and where they come from.
NoiseSource = Callable[["np.random.Generator", int, int], tuple["npt.NDArray[np.float32]", dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Supply:
    """Clips to lay over the base (`mix`), to join to it (`stitch`), and without calls (`quiet`); all at its rate.

    `frames` is the length of a clip of the shard set, `noise` the user's noise folder.
    """

    mix: Sequence[Load] = ()
    stitch: Sequence[Load] = ()
    quiet: Sequence[Load] = ()
    noise: NoiseSource | None = None
    frames: int | None = None
