"""A workspace that commands are tried in."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.cli import run
from tests.lake.helpers import write_release


@pytest.fixture
def lake(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A workspace with one ingested source; nothing printed so far."""
    assert run(["ingest", "ena_birds", "--root", str(write_release(tmp_path / "release")), "-q"]) == 0
    capfd.readouterr()
    return home
