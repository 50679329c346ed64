"""The commands as a person uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chorus.cli import app, run
from chorus.download import Marker
from chorus.download.paths import MARKER
from chorus.errors import UsageError
from tests.cli.helpers import said
from tests.lake.helpers import add_row, write_release


def test_ingest_closes_with_one_table(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = str(write_release(tmp_path / "release"))
    first = said(capfd, "ingest", "ena_birds", "--root", root)
    assert first.splitlines()[0].split() == [
        "source",
        "recordings",
        "no",
        "audio",
        "hours",
        "calls",
        "count",
        "for",
        "paper",
        "paper",
        "issues",
        "to",
        "species",
        "seconds",
    ]
    assert first.splitlines()[2].split()[:6] == ["ena_birds", "3", "3", "0", "8", "8"]
    again = said(capfd, "ingest", "ena_birds", "--root", root)
    assert "nothing to do" in again
    report = json.loads(said(capfd, "ingest", "ena_birds", "--root", root, "--json"))
    assert (report[0]["calls"], report[0]["unchanged"]) == (8, True)


def test_one_bad_source_of_several_does_not_stop_the_others(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_release(tmp_path / "all" / "ena_birds")
    (tmp_path / "all" / "esc").mkdir()
    assert run(["ingest", "esc", "ena_birds", "--root", str(tmp_path / "all"), "-q"]) == 1
    out, err = capfd.readouterr()
    assert "ena_birds" in out
    assert len(err.strip().splitlines()) == 1


def test_debug_stops_at_the_first_bad_source(tmp_path: Path, home: Path) -> None:
    write_release(tmp_path / "all" / "ena_birds")
    (tmp_path / "all" / "esc").mkdir()
    with pytest.raises(UsageError):
        run(["--debug", "ingest", "esc", "ena_birds", "--root", str(tmp_path / "all"), "-q"])


def test_sources_and_status(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = {row["id"]: row for row in json.loads(said(capfd, "sources", "--json"))}
    assert rows["ena_birds"]["in_lake_calls"] == 8
    assert rows["esc"]["in_lake_calls"] is None
    assert "ena_birds" in said(capfd, "sources")
    stages = json.loads(said(capfd, "status", "--json"))["stages"]
    assert [(s["stage"], s["name"], s["state"]) for s in stages] == [
        ("ingest", "ena_birds", "done"),
        ("duplicates", "", "not yet"),
    ]
    (lake / "lake" / ".versions" / "source=esc" / "new-1").mkdir(parents=True)
    assert "interrupted" in said(capfd, "status")


def stage(capfd: pytest.CaptureFixture[str], name: str) -> tuple[str, str, str]:
    """State, detail and next step of the one row of a stage."""
    [row] = [row for row in json.loads(said(capfd, "status", "--json"))["stages"] if row["stage"] == name]
    return row["state"], row["detail"], row["next"]


def test_status_tells_unfinished_downloads(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = home / "downloads" / "pigs"
    place.mkdir(parents=True)
    assert stage(capfd, "download") == ("by hand", f"files in {place}", "")
    Marker("pigs", None, "CC0-1.0", "x", wanted=["a", "b"]).write(place)
    assert stage(capfd, "download") == ("interrupted", "0 of 2 files", "chorus download pigs")
    Marker("pigs", None, "CC0-1.0", "x", wanted=["a"], finished_at="2026-01-01").write(place)
    assert stage(capfd, "download")[0] == "done"
    (place / MARKER).write_text("{")
    assert stage(capfd, "download")[0] == "damaged"


def test_status_tells_when_duplicates_were_looked_for(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", "-q"]) == 0
    capfd.readouterr()
    assert stage(capfd, "duplicates")[0] == "done"
    os.utime(lake / "lake" / "duplicates.parquet", (0, 0))
    assert stage(capfd, "duplicates") == ("out of date", "ingested since: ena_birds", "chorus duplicates")


def test_version_and_help_import_nothing_heavy() -> None:
    code = (
        "import sys; from chorus.cli import run; run(['--help']); print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    for heavy in (
        "torch",
        "pandas",
        "pyarrow",
        "duckdb",
        "numpy",
        "scipy",
        "librosa",
        "webdataset",
        "pydantic",
        "soundfile",
    ):
        assert f"'{heavy}'" not in loaded


def test_every_command_and_option_is_explained() -> None:
    from typer.main import get_command

    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_help_lists_every_command_once_the_way_to_a_model_first(capfd: pytest.CaptureFixture[str]) -> None:
    from typer.main import get_command

    text = said(capfd, "--help")
    listed = [line.split()[0] for line in text.partition("Options:")[2].splitlines() if line.startswith("  ")]
    commands = [word for word in listed if not word.startswith("-")]
    assert commands[:4] == ["ingest", "query", "shard", "train"]
    assert sorted(commands) == sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_ingest_tells_the_share_of_each_outcome(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = write_release(tmp_path / "release")
    add_row(root, 2, "9\tSpectrogram 1\t1\t8.5\t9.5\t500\t4000\tXXXX")
    add_row(root, 2, "10\tSpectrogram 1\t1\t9.5\t8.5\t500\t4000\tXXXX")
    out = said(capfd, "ingest", "ena_birds", "--root", str(root), "-q")
    assert "ena_birds: labels: 8 to species (88.9 %), 1 unknown (11.1 %)\n" in out, "only of calls that were kept"
    assert "ena_birds: labels without a taxon: 'XXXX' 1\n" in out
