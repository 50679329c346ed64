"""Checkpoints: whole or not there, the one before is kept, and nothing in them is run."""

from __future__ import annotations

import itertools
import os
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from chorus.errors import ChorusError, ReadError
from chorus.train import checkpoint
from chorus.train.distributed import World
from tests.once import fresh


def write_on_and_on(folder: Path, said: Path) -> None:
    """Save one checkpoint after the other; the numbers of those that are written go to a file."""
    with said.open("w") as file:
        for n in itertools.count(1):
            checkpoint.save(folder, n, {"all": torch.full((1_000_000,), float(n))}, {"n": n}, World())
            print(n, file=file, flush=True)


def save(folder: Path, step: int, **facts: Any) -> Path:
    checkpoint.save(folder, step, {"w": torch.full((500,), float(step)), "n": torch.tensor(step)}, facts, World())
    return folder / f"step-{step:08d}"


def read(path: Path) -> dict[str, torch.Tensor]:
    tensors = {"w": torch.zeros(500), "n": torch.tensor(0)}
    checkpoint.load(path, tensors, World())
    return tensors


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = save(tmp_path / "run", 7, name="a", history=[{"loss": 0.5}])
    assert checkpoint.newest(tmp_path / "run") == path
    tensors, facts = read(path), checkpoint.read_facts(path)
    assert (tensors["w"] == 7).all()
    assert tensors["n"] == facts["step"] == 7
    assert (facts["name"], facts["history"]) == ("a", [{"loss": 0.5}])
    assert checkpoint.newest(tmp_path / "none") is None


def test_two_are_kept_and_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save(tmp_path, step)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-00000002", "step-00000003"]
    data = next((tmp_path / "step-00000003").glob("*.distcp"))
    os.truncate(data, 100)
    assert checkpoint.newest(tmp_path) == tmp_path / "step-00000002"
    assert checkpoint.passed_over(tmp_path, 2) == ["step-00000003"]
    assert (read(save(tmp_path, 3))["w"] == 3).all()
    for path in tmp_path.glob("step-*"):
        (path / "facts.json").write_text("{")
    with pytest.raises(ReadError, match="no checkpoint that can be read"):
        checkpoint.newest(tmp_path)


def test_a_kill_while_saving_loses_nothing(tmp_path: Path) -> None:
    for k in range(3):
        folder, said = tmp_path / str(k), tmp_path / f"{k}.txt"
        child = fresh(write_on_and_on, folder, said)
        while not (said.exists() and said.read_text()):
            assert child.is_alive()
            time.sleep(0.001)
        time.sleep(0.007 * k)
        child.kill()
        child.join()
        last = int(said.read_text().split()[-1])
        path = checkpoint.newest(folder)
        assert path is not None
        n = checkpoint.read_facts(path)["n"]
        assert n >= last
        tensors = {"all": torch.zeros(1_000_000)}
        checkpoint.load(path, tensors, World())
        assert (tensors["all"] == n).all()
        save(folder, n + 1)
        assert not list(folder.glob(".*"))


def test_other_models_and_code_are_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path, 1)
    for wrong in ({"v": torch.zeros(500)}, {"w": torch.zeros(499)}):
        with pytest.raises(ReadError, match="no checkpoint of this model that can be read") as caught:
            checkpoint.load(path, wrong, World())
        assert "\n" not in str(caught.value)
    for bad in (pickle.dumps(Bomb()), b"", b"\x80"):
        (path / ".metadata").write_bytes(bad)
        with pytest.raises(ReadError, match="no checkpoint of this model that can be read"):
            read(path)
    assert not (tmp_path / "exploded").exists()


class Bomb:
    """Would write a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return (os.mkdir, ("exploded",))


def test_a_full_disk_is_one_line_and_keeps_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, 1)

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChorusError, match="the disk is full"):
        save(tmp_path, 2)
    monkeypatch.undo()
    assert checkpoint.newest(tmp_path) == path
    assert (read(path)["w"] == 1).all()


def test_damaged_checkpoints_do_not_take_the_place_of_good_ones(tmp_path: Path) -> None:
    for step in (1, 2, 9):
        checkpoint.save(tmp_path, step, {"a": torch.zeros(2)}, {}, World())
    (tmp_path / "step-00000009" / "facts.json").write_text("{")
    for step in (3, 4):
        checkpoint.save(tmp_path, step, {"a": torch.zeros(2)}, {}, World())
    assert sorted(p.name for p in tmp_path.glob("step-*")) == ["step-00000003", "step-00000004"]
