"""Several sources at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.lake.report import IngestReport
from chorus.lake.together import ingest_together
from tests.lake.helpers import write_release


@pytest.fixture
def releases(tmp_path: Path) -> list[tuple[str, Path]]:
    """Two releases, and between them a folder that is none."""
    macaques = tmp_path / "macaques"
    for monkey in ("AL", "BE"):
        (macaques / monkey).mkdir(parents=True)
        (macaques / monkey / f"{monkey}1.wav").touch()
    (tmp_path / "esc").mkdir()
    return [
        ("ena_birds", write_release(tmp_path / "ena")),
        ("esc", tmp_path / "esc"),
        ("macaques", macaques),
    ]


def rows(lake: Path) -> list[tuple[object, ...]]:
    with Lake(lake).connect() as db:
        return db.execute("SELECT call_id, recording_id, start_s, species FROM calls ORDER BY call_id").fetchall()


@pytest.mark.parametrize("jobs", [1, 2])
def test_as_one_after_the_other(tmp_path: Path, releases: list[tuple[str, Path]], jobs: int) -> None:
    alone = tmp_path / "alone"
    for source, root in (releases[0], releases[2]):
        ingest(Layout(alone), source, root)
    lake = tmp_path / "together"
    found = dict(ingest_together(lake, releases, jobs=jobs))
    assert sorted(found) == [0, 1, 2]
    assert isinstance(found[0], IngestReport) and found[0].calls == 8
    assert isinstance(found[1], UsageError)
    assert rows(lake) == rows(alone)
    with Lake(lake).connect() as db:
        assert db.execute("SELECT id FROM sources ORDER BY id").fetchall() == [("ena_birds",), ("macaques",)]
