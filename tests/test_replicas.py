"""Replicas at published size give the counts that the cards state, and bare DuckDB reads them too. The largest are
checked by `python -m benchmarks.replica --check`, which takes a minute."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import replica
from chorus import adapters

LARGE = {"audioset", "bengalese_finch", "darpa_timit", "fruit_bats", "marmosets", "watkins"}
PAPER = [source for source in adapters.ids() if adapters.get(source).card.paper_calls is not None]


def test_every_source_of_the_paper_has_a_replica() -> None:
    assert replica.ids() == PAPER
    assert len(PAPER) == 33


@pytest.mark.parametrize("source", [source for source in PAPER if source not in LARGE])
def test_a_replica_gives_the_counts_of_the_card_and_bare_duckdb_reads_it(source: str, tmp_path: Path) -> None:
    root = replica.write(source, tmp_path, audio=True)
    told = "\n".join(replica.check(source, tmp_path))
    assert "WRONG" not in told
    assert "reader_failed" not in told
    assert "no taxon for: {}" in told, "every label resolves or deliberately has no taxon"
    for select in replica.module(source).floor(root):
        assert duckdb.execute(select).fetchone()


def test_a_replica_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = (replica.write("rainforest", tmp_path / name) for name in "ab")
    for path in sorted(first.rglob("*.csv")):
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()
