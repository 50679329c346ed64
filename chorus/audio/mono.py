"""Several channels mixed to one, so that none cancels another.

Where a plug is wired the wrong way round, a channel is the reverse of the others: right = -left. Their mean is silence
then, or all but the sound. Channels that take more from each other than they share are turned over before the mean is
taken; channels that have little to do with each other are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

#: Channels cancel where their sum has less than this part of the power that unrelated channels would sum up to.
CANCELLED = 0.5


class Mixer:
    """Mixes one recording, block by block. A channel that was turned over stays so until the channels cancel again."""

    def __init__(self) -> None:
        self._signs: Floats | None = None

    @property
    def turned(self) -> bool:
        """Whether channels had to be turned over."""
        return self._signs is not None

    def mix(self, samples: Floats) -> Floats:
        """(frames, channels) -> (frames,): the mean of the channels. Samples that are no numbers stay so."""
        import numpy as np

        channels = samples.shape[1]
        if channels == 1:
            return samples[:, 0]
        self._signs = turned_over(samples, self._signs)
        out = samples[:, 0] * self._sign(0)
        for channel in range(1, channels):
            out += samples[:, channel] * self._sign(channel)
        out *= np.float32(1 / channels)
        return out

    def _sign(self, channel: int) -> np.float32:
        import numpy as np

        return np.float32(1) if self._signs is None else self._signs[channel]


def mix(samples: Floats) -> Floats:
    """(frames, channels) -> (frames,): one stretch of a recording mixed by itself."""
    return Mixer().mix(samples)


def turned_over(samples: Floats, signs: Floats | None) -> Floats | None:
    """The signs (channels,) to mix a block with, the first 1: those given (None: all 1), unless channels cancel.

    Judged by the differences of neighbouring samples, in which an offset and the rumble of wind weigh little.
    """
    import numpy as np

    with np.errstate(all="ignore"):  # samples that are no numbers, or huge
        steps = np.diff(samples, axis=0)
        shared = steps.T @ steps  # (channels, channels): power on the diagonal, what pairs have in common beside it
        if not _cancel(shared, signs):
            return signs
        found = np.where(shared[np.argmax(np.diag(shared))] < 0, -1, 1).astype(np.float32)
        found *= found[0]
        return signs if _cancel(shared, found) else found


def _cancel(shared: Floats, signs: Floats | None) -> bool:
    """Whether channels mixed with these signs cancel. No where there is silence, or samples that are no numbers."""
    sum_ = shared.sum() if signs is None else signs @ shared @ signs
    return bool(sum_ < CANCELLED * shared.trace())
