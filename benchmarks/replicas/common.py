"""What the replicas share."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def deal(total: int, parts: int) -> list[int]:
    """`total` dealt over `parts` as evenly as whole numbers allow, the larger shares first."""
    share, rest = divmod(total, parts)
    return [share + (i < rest) for i in range(parts)]


def pool(rng: random.Random, counts: Mapping[T, int]) -> list[T]:
    """Every value as often as `counts` says, in random order."""
    values = [value for value, n in counts.items() for _ in range(n)]
    rng.shuffle(values)
    return values


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as it is, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def tiny_wav(
    path: Path, sample_rate: int = 8000, frames: int = 8, channels: int = 1, tag: int = 1, bits: int = 16
) -> None:
    """Write the smallest sound that is a sound: a few frames of silence, 16-bit PCM or another format `tag`."""
    size = frames * channels * bits // 8
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, tag, channels, sample_rate,
                         sample_rate * channels * bits // 8, channels * bits // 8, bits, b"data", size)  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + bytes(size))


def tiny_flac(path: Path, sample_rate: int = 32_000) -> None:
    """The same as FLAC, mono."""
    import numpy as np
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(8, np.int16), sample_rate, format="FLAC")
