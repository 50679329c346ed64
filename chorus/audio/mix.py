"""Several channels as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Two channels whose correlation is below this are taken for the same sound with one of them upside down: a cable or a
#: microphone with swapped poles.
OPPOSITE = -0.7


def mixed(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(frames, channels) -> (frames,): the mean of the channels; of two that are each other upside down half of their
    difference, as little would be left of them in their mean."""
    import numpy as np

    if samples.shape[1] == 2:
        left, right = samples.T
        with np.errstate(over="ignore", invalid="ignore"):
            if np.dot(left, right) < OPPOSITE * np.sqrt(np.dot(left, left) * np.dot(right, right)):
                return (left - right) / 2
    mean: npt.NDArray[np.float32] = samples.mean(axis=1)
    return mean
