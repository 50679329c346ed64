"""Change of sample rate (soxr, high quality)."""

from __future__ import annotations

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
