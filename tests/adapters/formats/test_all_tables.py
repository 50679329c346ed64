"""What all tables of a source tell together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chorus.adapters.formats.all_tables import AllTables, TableRec, repeats
from chorus.schemas.vocabulary import Annotated

TABLES = st.lists(st.lists(st.integers(0, 6), max_size=5), max_size=4)


@given(TABLES)
def test_each_row_is_held_against_the_first_table_that_has_it(given: list[list[int]]) -> None:
    tables = {str(i): np.array(rows, np.uint64) for i, rows in enumerate(given)}
    expected: dict[tuple[str, str], int] = {}
    for i, rows in enumerate(given):
        for row in rows:
            first = next(j for j, others in enumerate(given) if row in others)
            if first != i:
                expected[str(i), str(first)] = expected.get((str(i), str(first)), 0) + 1
    assert repeats(tables) == expected


def table(name: str, *doubts: str) -> TableRec:
    return TableRec("a.wav", Annotated.full, table=name, doubts=frozenset(doubts))


def test_a_doubt_holds_where_every_table_has_it() -> None:
    tables = AllTables()
    assert list(tables.problems()) == []
    tables.add(table("a", "x", "y"))
    tables.add(table("b", "y", "z"))
    assert [(p.origin_file, p.message) for p in tables.problems()] == [("mapping file", "y")]
