"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# the same examples every time: a run that fails can be run again
settings.register_profile("chorus", derandomize=True, deadline=None)
settings.load_profile("chorus")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files that lies beside the project; tests that need it are skipped where it is absent."""
    if not (SHARED / "real").is_dir():
        pytest.skip("the folder of real files (../shared) is not beside the project")
    return SHARED


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace that every command in the test uses by default."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CHORUS_HOME", str(folder))
    return folder
