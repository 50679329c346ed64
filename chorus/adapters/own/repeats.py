"""Rows that say the same as others, as after a table was pasted in twice or copied: all are kept, and told."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Calls, Problem
from chorus.schemas.issue import Action

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Fields in which such rows agree, beside the recording.
NUMBERS = ("start_s", "end_s", "low_hz", "high_hz", "channel")
TEXTS = ("label", "individual")
#: An odd number for each column, the recording's first: what it multiplies is spread over all bits.
SPREAD = tuple(pow(0x9E3779B97F4A7C15, place, 1 << 64) for place in range(1, 2 + len(NUMBERS + TEXTS)))


def repeated(unit: str, calls: Calls) -> Iterator[Problem]:
    """A Problem where rows of a table repeat others of it."""
    values = [column for name in NUMBERS + TEXTS if isinstance(column := calls.columns.get(name), list)]
    rows = list(zip(where(calls), *values, strict=True))
    if len(set(rows)) == len(rows):
        return
    first: dict[Any, int] = {}
    again = []
    for row, line in zip(rows, calls.origin_line, strict=True):
        before = first.setdefault(row, line)
        if before != line:
            again.append((line, before))
    if again:
        line, before = again[0]
        what = "repeats" if len(again) == 1 else f"{len(again):,} rows repeat others, this one"
        message = f"{what} line {before}: kept, so the call counts twice"
        yield Problem(unit, "repeated_row", message, line, action=Action.noted)


def row_marks(calls: Calls) -> npt.NDArray[np.uint64]:
    """A number for each row, the same for rows that say the same, whatever process reads them."""
    import numpy as np

    texts = [_sums(where(calls)), *(_sums(_values(calls, name)) for name in TEXTS)]
    numbers = np.array([_values(calls, name) for name in NUMBERS], np.float64).view(np.uint64)
    columns = np.concatenate((np.array(texts, np.uint64), numbers))
    spread = (columns ^ (columns >> np.uint64(29))) * np.array(SPREAD, np.uint64)[:, None]
    mixed: npt.NDArray[np.uint64] = (spread ^ (spread >> np.uint64(32))).sum(axis=0, dtype=np.uint64)
    return mixed


def where(calls: Calls) -> list[str]:
    """The recording of each row."""
    return calls.recording if isinstance(calls.recording, list) else [calls.recording] * len(calls)


def _values(calls: Calls, name: str) -> list[Any]:
    column = calls.columns.get(name)
    return column if isinstance(column, list) else [column] * len(calls)


def _sums(values: Sequence[str | None]) -> list[int]:
    """A number for each text."""
    known = {text: zlib.crc32((text or "").encode("utf-8", "surrogatepass")) for text in {*values}}
    return [known[text] for text in values]
