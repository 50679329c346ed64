"""Calls that `chorus query` wrote come back as they were, when they are ingested as one's own data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from chorus.cli import run
from tests.cli.helpers import said

#: What a table carries.
CARRIED = (
    "recording_id, channel, start_s, end_s, low_hz, high_hz, label, kind, species, scientific_name, call_type, "
    "individual, sex, presence, strength"
)
HEADER = (
    "filename,start_s,end_s,low_hz,high_hz,channel,label,species,kind,call_type,individual,sex,presence,strength,"
    "origin_file\n"
)
ROWS = (
    "a.wav,0.1,0.2,500.5,4000,2,EATO,Pipilo erythrophthalmus,animal,song,Bob,male,present,strong,x\n"
    'a.wav,0.2,0.4,,,,"a, b ""c"" ü",,animal,,,,uncertain,strong,x\n'
    "a.wav,0.25,0.3,,,1,hiss,,noise,,,,present,strong,x\n"
    "a.wav,0.3,0.35,,3000,1,noise,,animal,,,,present,strong,x\n"
    "é b/c.wav,0.0,1.0,,,,Strix,Strix,animal,,,,present,weak,x\n"
    "é b/c.wav,0.5,0.6,100,200,,speech,,human,,,female,present,strong,x\n"
    "é b/c.wav,0.7,0.8,,,,what,,unknown,,,,present,strong,x\n"
)


def calls(capfd: pytest.CaptureFixture[str], home: Path, source: str) -> list[dict[str, Any]]:
    asked = f"SELECT {CARRIED} FROM calls WHERE source = '{source}' ORDER BY recording_id, start_s, end_s"
    capfd.readouterr()
    rows = [json.loads(line) for line in said(capfd, "query", asked, "--json", "--home", str(home)).splitlines()]
    return [row | {"recording_id": row["recording_id"].partition("/")[2]} for row in rows]


def sounds(folder: Path) -> None:
    for name in ("a.wav", "é b/c.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, np.zeros((16_000, 2)), 16_000)


@pytest.mark.parametrize("form", ["csv", "raven"])
def test_calls_come_back(tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str) -> None:
    home, first, second = tmp_path / "home", tmp_path / "first", tmp_path / "second"
    sounds(first)
    (first / "all.csv").write_text(HEADER + ROWS)
    ingest = ["ingest", "-q", "--home", str(home)]
    assert run([*ingest, "--format", "csv", "--name", "mine", "--root", str(first)]) == 0
    before = calls(capfd, home, "mine")
    assert {row["kind"] for row in before} == {"animal", "noise", "human", "unknown"}
    assert [row["strength"] for row in before].count("weak") == 1
    sounds(second / "mine")
    out = second / ("calls.csv" if form == "csv" else "tables")
    assert run(["query", "source = 'mine'", "-f", form, "-o", str(out), "--home", str(home)]) == 0
    if form == "raven":
        shutil.copytree(out, second, dirs_exist_ok=True)
        shutil.rmtree(out)
    root = second if form == "csv" else second / "mine"
    assert run([*ingest, "--format", form, "--name", "again", "--root", str(root)]) == 0
    after = calls(capfd, home, "again")
    assert [row | {"recording_id": row["recording_id"].removeprefix("mine/")} for row in after] == before


@pytest.mark.parametrize(("form", "times"), [("csv", 'times = "real"\n'), ("raven", "")])
def test_calls_in_time_expanded_sounds_come_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str, times: str
) -> None:
    home, root = tmp_path / "home", tmp_path / "root"
    sounds(root)
    (root / "all.csv").write_text("filename,start_ms,end_ms,low,high,species\na.wav,100,300,2000,4000,Myotis myotis\n")
    mapping = tmp_path / "bats.toml"
    columns = 'start = "start_ms"\nend = "end_ms"\nunit = "ms"\nlow = "low"\nhigh = "high"\nrecording = "filename"\n'
    mapping.write_text(f"time_expansion = 10\n{columns}")
    ingest = ["ingest", "-q", "--home", str(home), "--root", str(root), "--mapping", str(mapping), "--format"]
    assert run([*ingest, "csv", "--name", "mine"]) == 0
    before = calls(capfd, home, "mine")
    [call] = before
    assert [call[name] for name in ("start_s", "end_s", "low_hz", "high_hz")] == [0.01, 0.03, 20_000, 40_000]
    facts = "SELECT sample_rate, duration_s, time_expansion FROM recordings WHERE source = 'mine' ORDER BY path"
    rows = [json.loads(line) for line in said(capfd, "query", facts, "--json", "--home", str(home)).splitlines()]
    assert rows == [{"sample_rate": 160_000, "duration_s": 0.1, "time_expansion": 10.0}] * 2
    (root / "all.csv").unlink()
    out = root / ("calls.csv" if form == "csv" else "tables")
    assert run(["query", "source = 'mine'", "-f", form, "-o", str(out), "--home", str(home)]) == 0
    mapping.write_text(f"time_expansion = 10\n{times}")
    assert run([*ingest, form, "--name", "again"]) == 0
    assert calls(capfd, home, "again") == before
