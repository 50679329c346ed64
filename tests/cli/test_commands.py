"""The commands as a person uses them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.raven import read_raven
from chorus.cli import app, run
from chorus.download import Marker
from chorus.download.paths import MARKER
from tests.lake.helpers import add_row, write_release


@pytest.fixture
def lake(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A workspace with one ingested source; nothing printed so far."""
    assert run(["ingest", "ena_birds", "--root", str(write_release(tmp_path / "release")), "-q"]) == 0
    capfd.readouterr()
    return home


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 0
    return capfd.readouterr().out


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


def test_csv_for_a_pipe(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capfd, "query", "species='EATO'"))))
    assert len(rows) == 4
    assert {row["species"] for row in rows} == {"eastern towhee"}


def test_jsonl(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [json.loads(line) for line in said(capfd, "query", "1=1", "--json", "--limit", "2").splitlines()]
    assert [row["label"] for row in rows] == ["EATO", "NOCA"]
    assert rows[0]["flags"] == []


def test_table_says_how_much_it_leaves_out(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "1=1", "--format", "table", "--limit", "3", "--columns", "label, start_s"]) == 0
    out, err = capfd.readouterr()
    assert out.splitlines()[0].split() == ["label", "start_s"]
    assert len(out.splitlines()) == 5
    assert err.startswith("8 rows, 3 shown")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_output_files_by_suffix(lake: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str) -> None:
    target = tmp_path / f"it's calls{suffix}"
    assert run(["query", "species='NOCA'", "--output", str(target)]) == 0
    read = {".csv": pd.read_csv, ".jsonl": lambda p: pd.read_json(p, lines=True), ".parquet": pd.read_parquet}[suffix]
    assert len(read(target)) == 4
    assert [p.name for p in tmp_path.glob(".*part")] == []


def test_an_ending_that_is_no_format_is_refused(lake: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "1=1", "--output", str(tmp_path / "x.xlsx")]) == 2
    assert "x.xlsx: no format is known by that ending; known: .csv .jsonl" in capfd.readouterr().err
    assert not list(tmp_path.glob("x*"))


def test_a_failed_query_leaves_no_file(lake: Path, tmp_path: Path) -> None:
    assert run(["query", "SELECT 1/'x' AS y", "--output", str(tmp_path / "x.csv")]) == 2
    assert not (tmp_path / "x.csv").exists()


def test_tables_of_calls_replace_no_others(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Two sounds of one name give two tables; a table that somebody changed is kept; boxes have a height."""
    for name in ("a.wav", "a.flac"):
        soundfile.write(tmp_path / name, np.zeros(16000), 16000)
    (tmp_path / "all.csv").write_text("filename,start_s,end_s\na.wav,0.1,0.2\na.flac,0.3,0.4\n")
    assert run(["ingest", "--format", "csv", "--name", "mine", "--root", str(tmp_path), "-q"]) == 0
    again = ["query", "source = 'mine'", "--format", "raven", "-o", str(tmp_path / "out")]
    assert run(again) == 0
    tables = sorted((tmp_path / "out" / "mine").iterdir())
    assert [t.name for t in tables] == ["a.flac.Table.1.selections.txt", "a.wav.Table.1.selections.txt"]
    [flac, wav] = [read_raven(t.read_bytes(), t.name) for t in tables]
    assert (flac.start_s, wav.start_s) == ([0.3], [0.1])
    assert (wav.low_hz, wav.high_hz) == ([0.0], [8000.0])
    corrected = tables[1].read_text() + "2\tSpectrogram 1\t1\t0.5\t0.6\t0\t8000\n"
    tables[1].write_text(corrected)
    capfd.readouterr()
    assert run(again) == 0
    assert (tables[1].with_name(f"{tables[1].name}.old")).read_text() == corrected
    assert "1 tables that were other ones are kept" in capfd.readouterr().err
    assert len(list(tables[0].parent.iterdir())) == 3


@pytest.mark.parametrize("form", ["raven", "audacity"])
def test_selection_tables_can_be_read_back(lake: Path, tmp_path: Path, form: str) -> None:
    assert run(["query", "1=1", "--format", form, "--output", str(tmp_path / "out")]) == 0
    files = sorted((tmp_path / "out").rglob("*.txt"))
    assert len(files) == 2
    for file in files:
        if form == "raven":
            table = read_raven(file.read_bytes(), file.name)
            assert (table.start_s, table.low_hz) == ([0.5, 1.5, 2.5, 3.5], [500.5] * 4)
        else:
            assert read_audacity(file.read_bytes(), file.name).start_s == [0.5, 1.5, 2.5, 3.5]


def test_one_recording_as_a_selection_table_to_a_pipe(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = said(capfd, "query", "recording_id LIKE '%Segment_02%'", "--format", "raven")
    assert len(read_raven(text.encode(), "pipe").lines) == 4
    assert run(["query", "1=1", "--format", "raven"]) == 2
    assert "2 recordings: --output DIR" in capfd.readouterr().err


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
