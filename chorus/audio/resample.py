"""Change of sample rate (soxr, high quality)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import numpy.typing as npt


def resample(samples: npt.NDArray[np.float32], rate: int, to: int) -> npt.NDArray[np.float32]:
    """`samples` (frames,) or (frames, channels) at `rate` Hz, brought to `to` Hz. Equal rates return the input."""
    if rate == to:
        return samples
    import soxr

    out: npt.NDArray[np.float32] = soxr.resample(samples, rate, to, quality="HQ")
    return out


def resample_blocks(blocks: Iterable[npt.NDArray[np.float32]], rate: int, to: int) -> Iterator[npt.NDArray[np.float32]]:
    """Consecutive blocks of mono sound at `rate` Hz, brought to `to` Hz as if they were one."""
    if rate == to:
        yield from blocks
        return
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)
