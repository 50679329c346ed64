"""Memory for decoded sound that is used again as soon as nobody holds it.

A batch takes tens of megabytes, which come fresh from the system each time they are asked for: handing out the pages
costs up to a tenth of what decoding costs.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def first(kept: deque[Any]) -> tuple[Any, int]:
    """The first of some arrays, taken out, and how many references to it there are."""
    array = kept.popleft()
    references = sys.getrefcount(array)
    return array, references


#: References to an array that nobody but the pool holds, as `first` counts them: that depends on the interpreter.
UNUSED = first(deque([object()]))[1]


class Buffers:
    """Arrays of one dtype, at most `most` of each size, for threads to decode into.

    An array counts as in use while it, or any view or tensor of it, is referred to. Those in use beyond `most` are
    forgotten: they are freed as other arrays are.
    """

    def __init__(self, dtype: str, most: int) -> None:
        self._dtype, self._most = dtype, most
        self._kept: dict[int, deque[npt.NDArray[Any]]] = defaultdict(deque)
        self._lock = threading.Lock()

    def take(self, count: int) -> npt.NDArray[np.float32] | npt.NDArray[np.int16]:
        """An array of `count` samples, of any value."""
        import numpy as np

        size = 1 << (count - 1).bit_length() if count else 0
        with self._lock:
            kept = self._kept[size]
            array, references = first(kept) if kept else (None, 0)
            if array is not None and references > UNUSED:
                if len(kept) + 1 < self._most:
                    kept.appendleft(array)
                array = None
            if array is None:
                array = np.empty(size, self._dtype)
            kept.append(array)
            return array[:count]
