"""A file in an archive, however it is packed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO


@dataclass(slots=True)
class Member:
    """A file in an archive: its path, its size in bytes, and how to read it (before the next member is asked for)."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]


def is_mac(name: str) -> bool:
    """Whether a member is what macOS adds to its archives."""
    return name.startswith("__MACOSX/")
