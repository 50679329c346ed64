"""`.not.mat` files of evsonganaly: MATLAB 5, onsets and offsets in milliseconds, one label character per syllable."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from chorus.errors import ReadError

NAMES = ("onsets", "offsets", "labels")


@dataclass
class Syllables:
    """Syllables as columns of equal length, times in seconds; `records` counts them from 1 (there are no lines)."""

    records: range
    start_s: list[float]
    end_s: list[float]
    label: list[str]


def read_notmat(data: bytes, origin: str) -> Syllables:
    """Read a `.not.mat` file. Raises ReadError when it is no MATLAB 5 file, lacks a variable, or its onsets, offsets
    and labels differ in number."""
    found = _load(data, origin)
    for name in NAMES:
        if name not in found:
            raise ReadError(f"expected the variables {', '.join(NAMES)}; there is no '{name}'", origin)
    onsets, offsets = (_milliseconds(found[name], name, origin) for name in NAMES[:2])
    labels = "".join(str(row) for row in found["labels"].ravel())
    if not len(onsets) == len(offsets) == len(labels):
        counts = f"{len(onsets)} onsets, {len(offsets)} offsets and {len(labels)} labels"
        raise ReadError(f"expected one label per syllable, found {counts}", origin)
    return Syllables(range(1, len(labels) + 1), onsets, offsets, list(labels))


def _load(data: bytes, origin: str) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        found: dict[str, Any] = loadmat(io.BytesIO(data), variable_names=list(NAMES))
    except Exception as error:  # on damaged files loadmat raises whatever its parser stumbles over
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReadError(f"no MATLAB 5 file that can be read: {reason}", origin) from None
    return found


def _milliseconds(values: Any, name: str, origin: str) -> list[float]:
    """An N x 1 (or 1 x N) array of milliseconds as seconds."""
    if values.dtype.kind not in "fiu":
        raise ReadError(f"expected numbers in '{name}', found {values.dtype}", origin)
    return [float(value) / 1000 for value in values.ravel()]
