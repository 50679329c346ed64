"""Sample rates that a FLAC file can state: up to 65,535 Hz any, above that multiples of 10 up to 655,350 Hz."""

from __future__ import annotations

#: The highest rate of all, and the highest one below which every rate can be stated, Hz.
FLAC_MOST_HZ = 655_350
FLAC_ANY_HZ = 65_535


def flac_rate(rate: int) -> int:
    """The rate that a FLAC file can state which is nearest to `rate` Hz."""
    if rate <= FLAC_ANY_HZ:
        return rate
    tens = min((rate + 5) // 10 * 10, FLAC_MOST_HZ)
    return min(tens, FLAC_ANY_HZ, key=lambda near: abs(near - rate))
