"""Sources in which a sound file is the annotation: one call a file, told apart by folder or file name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.errors import ReadError
from chorus.schemas import Annotated


def clip_end(release: Release, path: str) -> float:
    """Length of a sound file in seconds; 0 when it is not at hand or cannot be read, so that the engine flags the
    call (zero_length) and the recording (missing, unreadable)."""
    if path not in release.files:
        return 0.0
    try:
        return release.probe(path).duration_s
    except ReadError:
        return 0.0


def one_call(release: Release, path: str, facts: dict[str, Any], columns: dict[str, Any]) -> Iterator[Item]:
    """A sound file that is one weak call from its start to its end. The file itself is the origin, line 1."""
    yield Rec(path, Annotated.weak, facts)
    times = {"start_s": 0.0, "end_s": clip_end(release, path), "strength": "weak"}
    yield Calls(path, path, [1], times | columns)
