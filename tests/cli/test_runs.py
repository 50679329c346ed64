"""Which run a command takes when none is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chorus.cli import run
from chorus.cli.train import new_run, newest_run
from chorus.errors import UsageError
from chorus.workspace import Workspace


def test_the_newest_run_of_the_right_kind(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    with pytest.raises(UsageError, match="no finished run"):
        newest_run(workspace)
    for k, (name, done) in enumerate([("tiny-1", True), ("tiny-2", False)]):
        folder = workspace.runs / name
        folder.mkdir(parents=True)
        for file in ["manifest.json"] + ["detector.safetensors"] * done:
            (folder / file).write_text("{}")
            os.utime(folder / file, (k, k))
    assert newest_run(workspace).name == "tiny-1"
    assert newest_run(workspace, finished=False).name == "tiny-2"
    assert new_run(workspace, "tiny").name == "tiny-3"
    assert new_run(workspace, "recipes/mine.toml").name == "mine-1"


def test_under_torchrun_the_folder_must_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job-7")
    assert run(["train", "--home", str(tmp_path), "--shards", str(tmp_path)]) == 2
    assert "name it with --out" in capfd.readouterr().err
