"""Convolution of a whole clip with a short response."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Blocks have this many samples, or twice the response, rounded up to a power of two.
BLOCK = 8192
#: Samples that are transformed at a time, in one block or several: few enough for the processor's cache.
AT_ONCE = 32_768


def convolved(
    samples: npt.NDArray[np.float32], taps: npt.NDArray[np.float32], lead: int = 0
) -> npt.NDArray[np.float32]:
    """`samples` (frames,) through the response `taps` (count,), of which tap `lead` acts without delay: (frames,).

    Silence is taken for what lies outside the clip (overlap-save, in single precision).
    """
    import numpy as np
    from scipy.fft import irfft, rfft

    count = len(taps)
    size = 1 << (max(BLOCK, 2 * count) - 1).bit_length()
    step = size - count + 1
    blocks = max(1, -(-len(samples) // step))
    padded = np.zeros(blocks * step + count - 1, np.float32)
    known = samples[: len(padded) - (count - 1 - lead)]
    padded[count - 1 - lead : count - 1 - lead + len(known)] = known
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::step]
    response = rfft(taps.astype(np.float32), size)
    out = np.empty((blocks, step), np.float32)
    some = max(1, AT_ONCE // size)
    for first in range(0, blocks, some):
        cells = rfft(windows[first : first + some], axis=1)
        cells *= response
        out[first : first + some] = irfft(cells, size, axis=1)[:, count - 1 :]
    return out.reshape(-1)[: len(samples)]
