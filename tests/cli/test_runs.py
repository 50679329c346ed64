"""Which run a command takes when none is named, and where it keeps what it fetches."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from chorus.cli import run
from chorus.cli.train import new_run, newest_run
from chorus.errors import UsageError
from chorus.workspace import Workspace
from tests.train.helpers import write_recipe, write_shards


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


def test_shards_of_a_remote_set_are_kept_in_the_workspace_within_the_limit(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fsspec = pytest.importorskip("fsspec")
    made = write_shards(tmp_path / "set", shards=2)
    manifest = json.loads((made / "manifest.json").read_text())
    entries = [entry for split in manifest["splits"].values() for entry in split["shards"]]
    for entry in entries:
        data = (made / entry["file"]).read_bytes()
        entry |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    memory, home = fsspec.filesystem("memory"), tmp_path / "home"
    memory.put(str(made), "/kept", recursive=True)
    recipe, options = str(write_recipe(tmp_path)), ["--shards", "memory://kept", "--home", str(home), "-q"]
    memory.pipe("/kept/manifest.json", json.dumps(manifest).encode())
    assert run(["train", "pretrain", "--recipe", recipe, *options]) in (0, None)
    kept = {file.stem for file in (home / "cache").glob("*.tar")}
    assert kept and kept <= {entry["sha256"] for entry in entries}
    for entry in entries:
        entry["bytes"] = 2**30
    memory.pipe("/kept/manifest.json", json.dumps(manifest).encode())
    capfd.readouterr()
    assert run(["train", "pretrain", "--recipe", recipe, *options, "--cache-gib", "1"]) == 1
    said = capfd.readouterr().err
    assert "1,073,741,824 bytes do not hold two windows" in said and "--cache-gib" in said
