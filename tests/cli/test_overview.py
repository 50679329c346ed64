"""`chorus overview` as a person uses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from chorus.cli import run


def test_the_page_goes_into_the_workspace(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["overview", "--quiet"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("8 calls of 2 species in 3 recordings of 1 sources")
    page = lake / "overview" / "overview.html"
    assert str(page) in out
    assert "<!DOCTYPE html>" in page.read_text(encoding="utf-8")
    assert not list(page.parent.glob(".*"))


def test_a_folder_of_ones_own(lake: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["overview", "--quiet", "--out", str(tmp_path / "here" / "it is")]) == 0
    assert (tmp_path / "here" / "it is" / "overview.html").is_file()
    assert not (lake / "overview").exists()


def test_json_is_numbers_only(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["overview", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["totals"]["calls"], found["totals"]["species"]) == (8, 2)
    assert [row["name"] for row in found["groups"]] == ["birds"]
    assert {c["name"]: c["recordings"] for c in found["contexts"] if c["recordings"]} == {
        "one after another": 2,
        "no calls": 1,
    }
    assert not (lake / "overview").exists()


def one_line(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["overview", *arguments]) == 1
    said = capfd.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    return said


def test_an_empty_lake_is_one_line(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in ((), ("--json",)):
        assert "holds no source yet: chorus ingest SOURCE" in one_line(capfd, *arguments)
    assert not home.exists()


def test_a_place_that_cannot_be_written(lake: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in one_line(capfd, "--quiet", "--out", str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"


def test_missing_matplotlib_is_told_before_anything_is_counted(
    lake: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    assert "chorus-bioacoustics[train]" in one_line(capfd, "--quiet")
    assert not (lake / "overview").exists()
    assert run(["overview", "--json"]) == 0
