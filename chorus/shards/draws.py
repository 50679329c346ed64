"""Random streams that depend on the seed and on what they are for, never on order or on the number of workers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, *place: str) -> np.random.Generator:
    """The stream of one place, e.g. `stream(seed, "windows", recording_id)`."""
    import numpy as np

    digest = hashlib.blake2b("\0".join(place).encode("utf-8", "surrogateescape"), digest_size=16).digest()
    words = [int.from_bytes(digest[k : k + 4], "little") for k in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def digest(*place: object) -> str:
    """16 hex digits that stand for `place`: an order that looks random and is the same everywhere."""
    text = "\0".join(str(part) for part in place)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
