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
from chorus.train.config import load_recipe
from chorus.train.folder import asked_before
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


def test_a_run_that_goes_on_remembers_how_it_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home"), "-q"]
    shards, out = write_shards(tmp_path / "mine"), tmp_path / "home" / "runs" / "first"
    begun = ["--recipe", str(write_recipe(tmp_path)), "--shards", str(shards), "--seed", "3"]
    assert run(["train", "pretrain", *begun, "--out", str(out), *home]) in (0, None)
    write_shards(tmp_path / "home" / "shards" / "newer")
    capfd.readouterr()
    assert run(["train", "--resume", *home]) in (0, None)
    assert "pretrain: was finished already (6 steps)" in capfd.readouterr().out
    again = asked_before(out)
    assert (again["phase"], again["seed"], again["shards"]) == ("pretrain", 3, str(shards))
    assert run(["train", "finetune", "--resume", *home]) in (0, None)
    assert (out / "detector.safetensors").exists()
    assert run(["train", "--resume", "--seed", "4", *home]) == 1
    assert "another recipe, seed or shard set" in capfd.readouterr().err
    (out / "run.json").write_text("{")
    assert run(["train", "--resume", *home]) == 1
    assert "no start of a run that can be read" in capfd.readouterr().err


def test_the_encoder_of_another_run_is_asked_for_until_it_is_copied(tmp_path: Path) -> None:
    asked = {"phase": "finetune", "pretrained": str(tmp_path / "other")}
    start = {"recipe": load_recipe("nano").model_dump(mode="json"), "seed": 0, "shards": "x", "asked": asked}
    (tmp_path / "run.json").write_text(json.dumps(start))
    assert asked_before(tmp_path)["pretrained"] == tmp_path / "other"
    (tmp_path / "encoder.safetensors").write_bytes(b"")
    assert asked_before(tmp_path)["pretrained"] is None
    assert asked_before(tmp_path / "none") == {}


def test_status_tells_how_far_a_run_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "runs" / "nano-1"

    def told() -> tuple[str, str, str]:
        assert run(["status", "--json", "--home", str(tmp_path)]) in (0, None)
        [row] = json.loads(capfd.readouterr().out)["stages"]
        return row["state"], row["detail"], row["next"]

    folder.mkdir(parents=True)
    go_on = f"chorus train --resume --out {folder}"
    assert told() == ("interrupted", "no checkpoint yet", go_on)
    for name in ("pretrain/step-00000400", "pretrain/step-00001200", "finetune/step-00000060", "finetune/step-7.part"):
        (folder / name).mkdir(parents=True)
    assert told() == ("interrupted", "finetune step 60, pretrain step 1,200", go_on)
    (folder / "encoder.safetensors").write_bytes(b"")
    assert told()[0] == "interrupted"
    (folder / "run.json").write_text('{"asked": {"phase": "pretrain"}}')
    assert told() == ("done", "encoder exported", "")
    (folder / "detector.safetensors").write_bytes(b"")
    assert told() == ("done", "detector exported", "")


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
