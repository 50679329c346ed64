"""What the replicas share."""

from __future__ import annotations

import struct
from pathlib import Path


def deal(total: int, parts: int) -> list[int]:
    """`total` dealt over `parts` as evenly as whole numbers allow, the larger shares first."""
    share, rest = divmod(total, parts)
    return [share + (i < rest) for i in range(parts)]


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as it is, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def tiny_wav(path: Path, sample_rate: int = 8000, frames: int = 8, channels: int = 1) -> None:
    """Write the smallest sound that is a sound: a few frames of 16-bit silence."""
    size = frames * channels * 2
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, channels, sample_rate,
                         sample_rate * channels * 2, channels * 2, 16, b"data", size)  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + bytes(size))
