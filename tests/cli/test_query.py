"""`chorus query`, as a person uses it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.raven import read_raven
from chorus.cli import run
from tests.adapters.releases import rainforest
from tests.adapters.releases_soundscapes import dcase
from tests.cli.helpers import said


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


def test_tables_of_calls_replace_no_others(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
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
    assert (wav.low_hz, wav.high_hz) == ([None], [None])
    assert wav.text["High Freq (Hz)"] == ("8000.000",)
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


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_pipe_gets_what_a_file_gets(lake: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str) -> None:
    """Names that come twice, lists, decimals, booleans, times with a zone, and what JSON has no number for."""
    asked = (
        "SELECT start_s, end_s AS start_s, flags, ['a b', 'c'] AS l, 1.5 * count(*) OVER () AS d, true AS b, "
        "NULL AS z, 'nan'::DOUBLE AS n, TIMESTAMPTZ '2024-05-01 12:00:00+00' AS t FROM calls ORDER BY 1 LIMIT 2"
    )
    assert run(["query", asked, "-f", form, "-o", str(tmp_path / "rows")]) == 0
    piped = said(capfd, "query", asked, "-f", form)
    assert piped == (tmp_path / "rows").read_text()
    if form == "jsonl":
        row = json.loads(piped.splitlines()[0], parse_constant=pytest.fail)
        assert (row["start_s"], row["start_s_1"], row["d"], row["n"]) == (0.5, 1.25, 12.0, None)


def test_a_table_in_a_file_is_whole(lake: Path, tmp_path: Path) -> None:
    asked = "SELECT range AS n FROM range(100)"
    assert run(["query", asked, "-f", "table", "-o", str(tmp_path / "t.txt")]) == 0
    assert len((tmp_path / "t.txt").read_text().splitlines()) == 102
    assert run(["query", asked, "-f", "table", "-o", str(tmp_path / "t.txt"), "--limit", "3"]) == 0
    assert len((tmp_path / "t.txt").read_text().splitlines()) == 5


@pytest.mark.parametrize("form", ["csv", "parquet", "table"])
def test_links_stay_and_pipes_are_written_into(lake: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept" / "rows")
    assert run(["query", "1=1", "-f", form, "-o", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    written = (tmp_path / "kept" / "rows").read_bytes()
    assert len(written) > 100
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()), daemon=True)
    reader.start()
    assert run(["query", "1=1", "-f", form, "-o", str(tmp_path / "pipe")]) == 0
    reader.join(10)
    assert got == [written]
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(p.name for p in tmp_path.iterdir() if "pipe" in p.name) == ["pipe"]


@pytest.mark.parametrize("form", ["csv", "table", "raven"])
def test_nothing_is_written_into_the_lake(lake: Path, capfd: pytest.CaptureFixture[str], form: str) -> None:
    taxa = lake / "lake" / "taxa.parquet"
    before = taxa.read_bytes()
    assert run(["query", "1=1", "-f", form, "-o", str(taxa)]) == 2
    assert capfd.readouterr().err.endswith("taxa.parquet: lies in the lake, which only chorus writes\n")
    assert taxa.read_bytes() == before


def test_a_full_disk_behind_a_pipe_is_one_line(lake: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "chorus", "query", "1=1"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "the disk is full" in done.stderr


def test_comments_before_a_statement(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert said(capfd, "query", "/* how many */ -- calls\nSELECT count(*) AS n FROM calls") == "n\n8\n"
    clause = said(capfd, "query", "/* of one */ species='EATO'", "--columns", "label")
    assert clause.splitlines() == ["label"] + ["EATO"] * 4


def test_times_with_a_zone_on_a_screen(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "SELECT now()", "-f", "table"]) == 2
    assert capfd.readouterr().err == (
        "chorus: times with a time zone are written to files only: --output, or now()::TIMESTAMP\n"
    )


def test_columns_of_selection_tables_cannot_be_chosen(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "1=1", "-f", "raven", "--columns", "label"]) == 2
    assert "--format raven takes a WHERE clause, not --columns" in capfd.readouterr().err


@pytest.fixture
def doubtful(tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A workspace with sounds of which some are sure, some uncertain, and of animals that are not there."""
    for name, write in (("rainforest", rainforest), ("dcase", dcase)):
        assert run(["ingest", name, "--root", str(write(tmp_path / name)), "-q"]) == 0
    capfd.readouterr()
    return home


@pytest.mark.parametrize("form", ["raven", "audacity"])
def test_animals_that_are_absent_are_no_calls(
    doubtful: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    count = {row["presence"]: int(row["n"]) for row in counted(capfd)}
    assert set(count) == {"present", "absent", "uncertain"}
    assert run(["query", "1=1", "-f", form, "-o", str(tmp_path / "out")]) == 0
    told = capfd.readouterr().err
    assert f"{count['absent']} rows say that an animal is absent: no calls, left out" in told
    assert f"{count['present'] + count['uncertain']} calls in" in told
    assert ("uncertain" in told) is (form == "audacity")
    if form == "raven":
        tables = [read_raven(file.read_bytes(), file.name) for file in (tmp_path / "out").rglob("*.txt")]
        doubts = [value for table in tables for value in table.text.get("Presence", [])]
        assert doubts.count("uncertain") == count["uncertain"]
        assert "absent" not in doubts


#: An AOEF project with one call in a file that plays ten times slower.
PROJECT = {
    "created_on": "2024-01-01T00:00:00",
    "version": "1.1.0",
    "data": {
        "uuid": "p",
        "collection_type": "annotation_project",
        "name": "p",
        "tags": [{"id": 0, "key": "species", "value": "Myotis nigricans"}],
        "recordings": [
            {
                **{"uuid": "r", "path": "night.wav", "duration": 0.1, "channels": 1},
                **{"samplerate": 250000, "time_expansion": 10.0},
            }
        ],
        "clips": [{"uuid": "c", "recording": "r", "start_time": 0.0, "end_time": 0.1}],
        "sound_events": [
            {
                **{"uuid": "e", "recording": "r"},
                "geometry": {"type": "BoundingBox", "coordinates": [0.02, 40000, 0.021, 60000]},
            }
        ],
        "sound_event_annotations": [{"uuid": "a", "sound_event": "e", "tags": [0]}],
        "tasks": [{"uuid": "t", "clip": "c", "status_badges": [{"state": "completed"}]}],
    },
}


def test_selection_tables_of_time_expanded_recordings_fit_their_files(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "night.wav", np.zeros(25000), 25000)
    (tmp_path / "project.json").write_text(json.dumps(PROJECT))
    assert run(["ingest", "--format", "aoef", "--name", "bats", "--root", str(tmp_path), "-q"]) == 0
    capfd.readouterr()
    assert run(["query", "1=1", "-f", "raven"]) == 0
    out, err = capfd.readouterr()
    table = read_raven(out.encode(), "pipe")
    assert (table.start_s, table.end_s) == ([0.2], [0.21])
    assert (table.low_hz, table.high_hz) == ([4000.0], [6000.0])
    assert "1 recordings are time-expanded" in err


def counted(capfd: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """Calls by presence."""
    text = said(capfd, "query", "SELECT presence, count(*) AS n FROM calls GROUP BY ALL", "-f", "csv")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_screen_tells_who_is_absent(doubtful: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "presence" in said(capfd, "query", "1=1", "-f", "table").splitlines()[0]
    assert "presence" not in said(capfd, "query", "presence = 'present'", "-f", "table").splitlines()[0]
