"""A lake of an older schema is brought up to date, or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chorus.errors import ChorusError
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import SOURCE_FILE, Layout, marker
from chorus.schemas import SCHEMA_VERSION
from tests.lake.helpers import write_release

LEDGER = ["counted_calls", "release_calls", "release_hours", "set_aside", "explanation"]


def first_schema(layout: Layout) -> None:
    """Make a lake what Chorus wrote with schema 1."""
    for folder in layout.sources().values():
        table = pq.ParquetFile(folder / SOURCE_FILE).read()
        pq.write_table(table.drop_columns(LEDGER), folder / SOURCE_FILE)
    (layout.root / "sources.parquet").unlink()
    (layout.root / "lake.json").write_bytes(marker(1))


@pytest.fixture
def old(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", write_release(tmp_path / "release"))
    first_schema(layout)
    return layout


def test_a_lake_of_the_first_schema_is_migrated_when_it_is_opened(old: Layout) -> None:
    lake = Lake(old.root)
    assert json.loads((old.root / "lake.json").read_text())["schema_version"] == SCHEMA_VERSION
    (row,) = lake.query("SELECT * FROM sources").rows()
    assert row["id"] == "ena_birds"
    assert row["set_aside"] == []
    assert len(lake.query("")) == Layout(old.root).report("ena_birds")["calls"]  # type: ignore[index]
    assert set(LEDGER) <= set(pq.read_schema(old.root / "sources.parquet").names)


def test_a_migration_that_was_killed_goes_on(old: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chorus.lake.catalogue.write_sources", lambda layout: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Lake(old.root)
    monkeypatch.undo()
    assert len(Lake(old.root).query("SELECT explanation FROM sources")) == 1


def test_a_schema_that_nothing_leads_away_from_is_refused(old: Layout) -> None:
    (old.root / "lake.json").write_bytes(marker(0))
    with pytest.raises(ChorusError, match="schema 0 is too old for this Chorus") as caught:
        Lake(old.root)
    assert "\n" not in str(caught.value)
