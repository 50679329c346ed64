"""`chorus ingest --format`: one's own data, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus.cli import run
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import RAVEN, ROW
from tests.adapters.releases_recordings import rook
from tests.cli.test_bad_input import fails


@pytest.fixture
def data(tmp_path: Path, home: Path) -> Path:
    table = f"{RAVEN}\tAnnotation\n{ROW}\tCRER\n"
    return write_files(tmp_path / "my data", {"a.selections.txt": table, "a.wav": wav(3.0)})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "raven", "--name", "mine"], "--root"),
        (["--name", "mine", "--root", "."], "--format"),
        (["--format", "ravn", "--name", "mine", "--root", "."], "nearest: raven"),
        (["--format", "raven", "--name", "My data", "--root", "."], "small letters"),
        (["--format", "raven", "--name", "esc", "--root", "."], "is the id of a source"),
        (["esc", "--format", "raven", "--name", "mine", "--root", "."], "leave out esc"),
        (["--format", "raven", "--name", "mine", "--root", "nowhere"], "no such folder"),
        (["--format", "raven", "--name", "mine", "--root", ".", "--mapping", "no.toml"], "no.toml: No such file"),
        (["esc", "--mapping", "no.toml"], "for rook alone"),
        (["mine"], "unknown source 'mine'"),
    ],
)
def test_wrong_commands(home: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert message in fails(capfd, "ingest", *arguments)[1]
    assert not home.exists()


def test_own_data_goes_into_the_lake(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["ingest", "--format", "raven", "--name", "mine", "--root", str(data), "-q"]
    assert run(command) == 0
    assert "labels without a taxon: 'CRER' 1\n" in (said := capfd.readouterr().out)
    assert '"squeak" = "Mus musculus"' in said, "how to name them"
    assert run(command) == 0
    assert "nothing to do" in capfd.readouterr().out

    mapping = tmp_path / "m.toml"
    mapping.write_text('[taxa]\nCRER = "Mus musculus"\n[source]\nlicence = "CC-BY-4.0"\n')
    assert run([*command, "--mapping", str(mapping), "--json"]) == 0
    report = json.loads(capfd.readouterr().out)[0]
    assert (report["unchanged"], report["resolution"]) == (False, {"species": 1})
    assert run(["query", "species='house mouse'", "--columns", "start_s, low_hz"]) == 0
    assert capfd.readouterr().out == "start_s,low_hz\n1.0,500.0\n"

    said = fails(capfd, "ingest", "mine")[1]
    assert f"chorus ingest --format raven --name mine --mapping {mapping} --root '{data}'" in said


def test_rook_takes_a_mapping_from_elsewhere(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = rook(tmp_path / "release")
    inside = next(root.rglob("mapping.toml"))
    elsewhere = inside.rename(tmp_path / "m.toml")
    assert "no mapping.toml" in fails(capfd, "ingest", "rook", "--root", str(root), "-q")[1]
    assert run(["ingest", "rook", "--root", str(root), "--mapping", str(elsewhere), "-q", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["calls"] == 3


def test_own_data_are_listed(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["ingest", "--format", "raven", "--name", "mine", "--root", str(data), "-q"]) == 0
    capfd.readouterr()
    assert run(["sources", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capfd.readouterr().out)}
    assert (rows["mine"]["own"], rows["mine"]["in_lake_calls"], rows["esc"]["own"]) == (True, 1, False)
    assert run(["sources"]) == 0
    [line] = [line for line in capfd.readouterr().out.splitlines() if line.startswith("mine")]
    assert line.split()[:4] == ["mine", "mine", "LicenseRef-own", "own"]
    assert run(["status", "--json"]) == 0
    stages = json.loads(capfd.readouterr().out)["stages"]
    assert ["own data, 1 recording, 1 call" in stage["detail"] for stage in stages] == [True, False]
