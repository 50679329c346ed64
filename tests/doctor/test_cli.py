"""`chorus doctor` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chorus.cli import run
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import RAVEN, ROW
from tests.cli.test_bad_input import fails


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [ROW, ROW.replace("1.0\t2.0", "4.1\t3.2")]
    tables: dict[str, str | bytes] = {"a.txt": "\n".join([RAVEN, *rows]), "a.wav": wav(9.0), "README.md": "hello"}
    return write_files(tmp_path / "data", tables | {"sites.csv": "site,lat\nA,1\n"})


def test_report_and_exit_code(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(folder), "-q"]) == 1
    assert capfd.readouterr().out.splitlines() == [
        "a.txt: raven, 2 rows, 1 call; 1 left out",
        "  line 3: the call ends (3.20 s) before it begins (4.10 s) [left out]",
        "1 table not read, for the columns do not say where calls begin and end (sites.csv)",
        "  if there are calls in them, name the columns with --mapping",
        "1 of 1 file read, 1 call; 1 left out, 0 repaired, 1 noted; no annotations in 1 other file",
    ]


def test_copies_and_json(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(folder), "--fix", str(tmp_path / "clean"), "--json"]) == 1
    first = json.loads(capfd.readouterr().out)[0]
    assert (first["rows"], first["calls"], first["copy"]) == (2, 1, str(tmp_path / "clean" / "a.txt"))
    assert first["findings"][0]["outcome"] == "left out"
    assert run(["doctor", str(tmp_path / "clean"), "-q"]) == 0
    assert "1 of 1 file read, 1 call; 0 left out" in capfd.readouterr().out


def test_many_of_a_kind_are_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_files(tmp_path, {"a.txt": "1\t2\tA\n" + "9\t8\tB\n" * 25})
    assert run(["doctor", str(tmp_path), "-q"]) == 1
    assert "  and 15 more of 'end before begin', left out (--json lists all)" in capfd.readouterr().out


def test_what_is_in_order_is_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [RAVEN, ROW.replace("1.0\t2.0", "1.0\t1.0"), ROW]
    fine = {f"{k:02d}.txt": f"{RAVEN}\n{ROW}\n" for k in range(12)}
    write_files(tmp_path, fine | {"empty.txt": f"{RAVEN}\n", "points.txt": "\n".join(rows)})
    assert run(["doctor", str(tmp_path), "-q"]) == 0
    assert capfd.readouterr().out.splitlines() == [
        "points.txt: raven, 2 rows, 2 calls; 1 noted",
        "  line 2: the call begins and ends at once (1.00 s): kept as a point in time",
        "nothing odd in 13 other files (raven 13), 12 calls",
        "no sound found for 14 files (00.txt, 01.txt ...)",
        "  so their times and frequencies could not be held against the recordings",
        "14 of 14 files read, 14 calls; 0 left out, 0 repaired, 1 noted",
    ]
    assert run(["doctor", str(tmp_path / "empty.txt"), "-q"]) == 0
    said = capfd.readouterr().out
    assert said.startswith("empty.txt: raven, a header without rows: its recording was reviewed and holds no call;")
    assert "(looked for empty.wav)" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no such file or folder"),
        ([".", "--format", "xls"], "unknown format 'xls'"),
        ([".", "--mapping", "no.toml"], "no.toml: No such file"),
    ],
)
def test_wrong_commands(arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert message in fails(capfd, "doctor", *arguments)[1]
