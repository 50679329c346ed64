"""Rows of a batch that say the same as another: a table that was pasted in twice, a line that a release holds twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chorus.schemas import Action

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: Fields in which such rows agree, beside the recording.
NUMBERS = ("start_s", "end_s", "low_hz", "high_hz", "channel")
TEXTS = ("call_type", "individual", "presence")
REPEATED = "repeated_row"
#: An odd number that spreads a value over all bits.
SPREAD = 0x9E3779B97F4A7C15


@dataclass
class Repeats:
    """How many rows repeated another of their batch, and the first of them."""

    rows: int = 0
    first: tuple[str, int, str] | None = None

    def add(self, table: pa.Table, place: npt.NDArray[np.int32]) -> None:
        """Look through a batch of calls; `place` tells the recording of each row."""
        again, before = repeated(table, place)
        if not self.rows and len(again):
            pair = table.select(["origin_file", "origin_line"]).take([int(again[0]), int(before[0])])
            (file, line), (other, above) = (row.values() for row in pair.to_pylist())
            self.first = file, line, f"line {above}" + ("" if file == other else f" of {other}")
        self.rows += len(again)

    def issues(self, source: str) -> list[dict[str, Any]]:
        """One note for all of them."""
        if self.first is None:
            return []
        file, line, other = self.first
        many = "says" if self.rows == 1 else f"and {self.rows - 1:,} more rows say"
        message = f"{many} the same as another, here {other}: kept, so a call counts twice"
        known = {"source": source, "origin_file": file, "origin_line": line, "reason": REPEATED}
        return [known | {"message": message, "raw": None, "action": Action.noted.value}]


def repeated(table: pa.Table, place: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Indices of the rows that repeat one above, in order, and of that one."""
    import numpy as np

    marks = place.astype(np.uint64)
    named = "label" if table["label"].null_count < len(table) else "scientific_name"
    for name in (*NUMBERS, named, *TEXTS):
        if table[name].null_count < len(table):
            marks = (marks ^ _bits(table[name])) * np.uint64(SPREAD)
            marks ^= marks >> np.uint64(32)
    alike = np.sort(marks)  # much quicker than the order of the rows
    if not (alike[1:] == alike[:-1]).any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = np.argsort(marks, kind="stable")
    marks = marks[order]
    again = np.flatnonzero(marks[1:] == marks[:-1])
    found = np.argsort(order[again + 1])
    return order[again + 1][found], order[again][found]


def _bits(column: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """A number for each value of a column, the same for equal ones; none is a value too."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        column = pc.dictionary_encode(column.combine_chunks()).indices
    values: npt.NDArray[np.float64] = pc.fill_null(pc.cast(column, "float64"), -1.0).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values).view(np.uint64)
