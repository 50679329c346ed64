"""`chorus taxa` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus.cli import run
from tests.lake.helpers import add_row, write_release


@pytest.fixture
def lake(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A workspace with eight calls of birds, and one that nobody can name."""
    root = write_release(tmp_path / "release")
    add_row(root, 2, "9\tSpectrogram 1\t1\t8.5\t9.5\t500\t4000\tXXXX")
    assert run(["ingest", "ena_birds", "--root", str(root), "-q"]) == 0
    capfd.readouterr()
    return home


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["taxa", *arguments]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    return out


def fails(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["taxa", *arguments])
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    return code, err


def test_a_species(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = said(capfd, "NOCA").splitlines()
    assert lines[0] == "Cardinalis cardinalis, species"
    assert "asked for     'NOCA', its bird banding code" in lines
    assert "in queries    species='northern cardinal'" in lines
    assert "calls         4 in 2 recordings" in lines
    assert lines[-1].split() == ["ena_birds", "4", "0", "0", "2"]


def test_what_it_says_for_queries_is_a_query(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("NOCA", "bird", "Cardinalidae", "Cetacea", "Emberizidae", "Bewick's wren"):
        [clause] = [x for x in said(capfd, name).splitlines() if x.startswith("in queries")]
        assert run(["query", clause.removeprefix("in queries").strip()]) == 0
        capfd.readouterr()


def test_a_group(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = said(capfd, "bird")
    assert "Aves, class" in out
    assert "'bird', an English word for the group" in out
    assert "of            eastern towhee 4, northern cardinal 4" in out
    assert "none in the lake" in said(capfd, "frog")


def test_json(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capfd, "killer whale", "--json"))
    assert (found["asked"], found["scientific_name"], found["how"]) == ("killer whale", "Orcinus orca", "english")
    assert {"rank": "infraorder", "name": "Cetacea"} in found["lineage"]
    assert found["lake"] == {"calls": 0, "recordings": 0, "by_source": [], "by_species": {}}
    held = json.loads(said(capfd, "EATO", "--json"))["lake"]
    assert held["by_source"] == [{"source": "ena_birds", "calls": 4, "uncertain": 0, "absent": 0, "recordings": 2}]


def test_without_a_lake(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = said(capfd, "orca")
    assert out.splitlines()[0] == "Orcinus orca, species"
    assert out.splitlines()[-1].endswith("yet: only names can be explained")
    assert json.loads(said(capfd, "orca", "--json"))["lake"] is None
    assert fails(capfd)[1].count("chorus ingest SOURCE") == 1
    assert not home.exists()


def test_unknown_and_ambiguous_names(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, line = fails(capfd, "estern towhee")
    assert (code, "nearest: eastern towhee" in line) == (2, True)
    code, line = fails(capfd, "elk", "--json")
    assert (code, "'Alces alces' (moose, a species) or 'Cervus canadensis'" in line) == (2, True)


def test_how_labels_were_resolved(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines = said(capfd).splitlines()
    assert lines[2].split() == ["ena_birds", "9", "88.9", "%", "11.1", "%"]
    assert lines[-1] == "ena_birds: labels without a taxon: 'XXXX' 1"
    [row] = json.loads(said(capfd, "--json"))
    assert (row["labels"], row["species"], row["unknown"], row["unresolved"]) == (9, 8, 1, {"XXXX": 1})


@pytest.mark.parametrize(
    ("n", "whole", "text"),
    [(0, 5, ""), (0, 0, ""), (5, 5, "100 %"), (1, 10**6, "0.1 %"), (10**6 - 1, 10**6, "99.9 %"), (1, 3, "33.3 %")],
)
def test_all_and_none_are_never_rounded_to(n: int, whole: int, text: str) -> None:
    from chorus.cli.taxa import share

    assert share(n, whole) == text
