"""The ledger of a card: every row of a release counts as a call or is set aside, for one reason."""

from __future__ import annotations

import tomllib
from pathlib import Path

import duckdb
import pytest

from chorus import adapters
from chorus.adapters.card import CARDS
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Source
from tests.adapters.releases import RELEASES
from tests.adapters.releases_soundscapes import CORNELL

IDS = [source for source in adapters.ids() if adapters.get(source).make is None]
EXPLAINED = [source for source in IDS if adapters.get(source).card.explanation]
#: Their small releases hold no row that a card cannot foresee, such as a class that the release does not have.
FORESEEN = [
    *CORNELL,
    "anuraset",
    "audioset",
    "avian_dawn",
    "bengalese_finch",
    "birdeep",
    "birdvox",
    "darpa_timit",
    "dcase",
    "domestic_canaries",
    "ena_birds",
    "fruit_bats",
    "giant_otters",
    "hainan_gibbons",
    "hiceas",
    "macaques",
    "marmosets",
    "multimodal_birds",
    "orca_sounds",
    "pigs",
    "rainforest",
    "rodents",
    "rook",
    "ssw",
    "watkins",
]


def groups_of_rows(source: str, folder: Path) -> list[int]:
    """For each row of the small release of a source, how many groups of its card's ledger it is in."""
    card = adapters.get(source).card
    layout = Layout(folder / "lake")
    ingest(layout, source, RELEASES[source](folder / "release"))
    calls = f"read_parquet('{layout.current(source)}/calls.parquet', hive_partitioning = false)"
    groups = [card.counts_as_call, *(part.where for part in card.set_aside)]
    found = " + ".join(f"coalesce(({group}), false)::INT" for group in groups)
    with duckdb.connect() as db:
        db.execute(f"CREATE VIEW calls AS SELECT *, '{source}' AS source FROM {calls}")
        return [n for (n,) in db.execute(f"SELECT {found} FROM calls").fetchall()]


@pytest.mark.parametrize("source", EXPLAINED)
def test_no_row_is_in_two_groups(source: str, tmp_path: Path) -> None:
    assert set(groups_of_rows(source, tmp_path)) <= {0, 1}


@pytest.mark.parametrize("source", FORESEEN)
def test_every_row_counts_or_is_set_aside(source: str, tmp_path: Path) -> None:
    assert set(groups_of_rows(source, tmp_path)) == {1}


@pytest.mark.parametrize("source", EXPLAINED)
def test_numbers_fit_each_other(source: str) -> None:
    card = adapters.get(source).card
    if card.counted_calls is not None and card.release_calls is not None:
        rows = [part.rows for part in card.set_aside]
        assert card.counted_calls + sum(n or 0 for n in rows) <= card.release_calls
        if None not in rows:
            assert card.counted_calls + sum(n or 0 for n in rows) == card.release_calls


@pytest.mark.parametrize("source", IDS)
def test_a_card_keeps_the_order_of_the_schema(source: str) -> None:
    keys = list(tomllib.loads((CARDS / f"{source}.toml").read_text(encoding="utf-8")))
    assert keys == [name for name in Source.model_fields if name in keys]
