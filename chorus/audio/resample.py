"""Change of sample rate (soxr, high quality)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def resample(samples: npt.NDArray[np.float32], rate: int, to: int) -> npt.NDArray[np.float32]:
    """`samples` (frames,) or (frames, channels) at `rate` Hz, brought to `to` Hz. Equal rates return the input."""
    if rate == to:
        return samples
    import soxr

    out: npt.NDArray[np.float32] = soxr.resample(samples, rate, to, quality="HQ")
    return out


def resampled(blocks: Iterable[npt.NDArray[np.float32]], rate: int, to: int) -> Iterator[npt.NDArray[np.float32]]:
    """The same of mono sound that comes in blocks (frames,), which come out about as long as they are. Samples that are
    no numbers count as silence: they would spoil those around them."""
    if rate == to:
        yield from blocks
        return
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(np.nan_to_num(block, posinf=0, neginf=0))
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
