"""Texts in SQL."""

from __future__ import annotations

import duckdb

from chorus.lake.quoting import listed, quoted


def test_texts_come_back_as_they_were() -> None:
    names = ["Blainville's beaked whale", "'", "''; --", ""]
    assert duckdb.sql(f"SELECT unnest([{listed(names)}])").fetchall() == [(name,) for name in names]
    assert duckdb.sql(f"SELECT {quoted(names[0])}").fetchall() == [(names[0],)]


def test_nothing_is_among_no_values() -> None:
    assert duckdb.sql(f"SELECT coalesce('orca' IN ({listed([])}), false)").fetchall() == [(False,)]
