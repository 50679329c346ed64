"""Random streams that depend on the seed and on what they are for, never on order or on the number of workers."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def stream(seed: int, *place: str) -> np.random.Generator:
    """The stream of one place, e.g. `stream(seed, "windows", recording_id)`.

    It starts from a hash of both, which takes the place of numpy's own hashing of seeds: that is four times as slow.
    """
    import numpy as np

    text = "\0".join((str(seed), *place)).encode("utf-8", "surrogateescape")
    return np.random.Generator(np.random.PCG64(_start()(hashlib.blake2b(text, digest_size=32).digest())))


@lru_cache(maxsize=1)
def _start() -> Any:
    """A class of numpy's seeds that are 32 bytes (numpy is imported when it is needed)."""
    import numpy as np
    from numpy.random.bit_generator import ISeedSequence

    class Start(ISeedSequence):
        def __init__(self, content: bytes) -> None:
            self._content = content

        def generate_state(self, n_words: int, dtype: npt.DTypeLike = np.uint32) -> npt.NDArray[Any]:
            there = np.frombuffer(self._content, np.dtype(dtype).newbyteorder("<"))
            return there[:n_words].astype(dtype)

    return Start


def digest(*place: object) -> str:
    """16 hex digits that stand for `place`: an order that looks random and is the same everywhere."""
    text = "\0".join(str(part) for part in place)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def mixed(keys: npt.NDArray[np.uint64], *place: object) -> npt.NDArray[np.uint64]:
    """Each key as another number that looks random, the same everywhere (SplitMix64); `place` says what it is for."""
    import numpy as np

    z = (keys ^ np.uint64(int(digest(*place), 16))) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
