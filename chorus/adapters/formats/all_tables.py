"""What only all tables of a source tell together: rows that stand in two of them, and what none of them bears out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chorus.adapters.base import Problem, Rec
from chorus.schemas.issue import Action

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Stands for the file of a Problem with what the user's mapping says.
MAPPING = "mapping file"


@dataclass(slots=True)
class TableRec(Rec):
    """A recording, with what its `table` is held against others for. `rows` has a number for each row, the same for
    rows that say the same; `doubts` are messages about the mapping that hold where no other table lacks them."""

    table: str = ""
    rows: npt.NDArray[np.uint64] | None = field(default=None, compare=False)
    doubts: frozenset[str] = frozenset()


class AllTables:
    """Takes the tables of a source one by one; `problems` are known after the last."""

    def __init__(self) -> None:
        self._rows: dict[str, npt.NDArray[np.uint64]] = {}
        self._doubts: frozenset[str] | None = None

    def add(self, table: TableRec) -> None:
        if table.rows is not None and len(table.rows):
            self._rows[table.table] = table.rows
        self._doubts = table.doubts if self._doubts is None else self._doubts & table.doubts

    def problems(self) -> Iterator[Problem]:
        """One Problem for each table with rows of one before it, and for each doubt that is left."""
        told: set[str] = set()
        for (table, other), n in repeats(self._rows).most_common():
            if table not in told:
                told.add(table)
                rows = "1 row stands" if n == 1 else f"{n:,} rows stand"
                message = f"{rows} in {other} too: kept, so what they mark counts twice"
                yield Problem(table, "repeated_row", message, action=Action.noted)
        for message in sorted(self._doubts or ()):
            yield Problem(MAPPING, "unused_mapping", message, action=Action.noted)


def repeats(tables: dict[str, npt.NDArray[np.uint64]]) -> Counter[tuple[str, str]]:
    """(table, the first one that has the row) -> rows that they share."""
    import numpy as np

    names = list(tables)
    if len(names) < 2:
        return Counter()
    rows = np.concatenate(list(tables.values()))
    owner = np.repeat(np.arange(len(names)), [len(of) for of in tables.values()])
    _, first, place = np.unique(rows, return_index=True, return_inverse=True)
    before = owner[first][place]
    other = owner != before
    return Counter((names[a], names[b]) for a, b in zip(owner[other].tolist(), before[other].tolist(), strict=True))
