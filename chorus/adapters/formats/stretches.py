"""Stretches of time: windows that touch or overlap become one."""

from __future__ import annotations

from collections.abc import Iterable

#: Windows that touch within this many seconds are one stretch.
TOUCH_S = 1e-6


def joined(windows: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Windows (start, end) in seconds, in order, those that touch or overlap joined."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1] + TOUCH_S:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
