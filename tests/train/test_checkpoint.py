"""Checkpoints: whole or not there, and nothing in them is run."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from chorus.errors import ReadError
from chorus.train import checkpoint

WRITER = """
import sys, torch
from pathlib import Path
from chorus.train import checkpoint
path, n = Path(sys.argv[1]), 0
while True:
    n += 1
    checkpoint.save(path, {"n": n, "all": torch.full((1_000_000,), float(n))})
    print(n, flush=True)
"""


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoint.pt"
    state = {"model": {"w": torch.randn(3)}, "step": 7, "history": [{"loss": 0.5}], "name": "a"}
    checkpoint.save(path, state)
    loaded = checkpoint.load(path)
    assert torch.equal(loaded["model"]["w"], state["model"]["w"])
    assert {k: v for k, v in loaded.items() if k != "model"} == {k: v for k, v in state.items() if k != "model"}
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint.pt"]


def test_a_kill_while_saving_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    for k in range(4):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        last = int(child.stdout.readline())
        time.sleep(0.004 * k)
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        last = int(rest[-1]) if rest else last
        state = checkpoint.load(path)
        assert state["n"] >= last
        assert (state["all"] == state["n"]).all()


def test_damage_and_code_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(ReadError, match="no such checkpoint"):
        checkpoint.load(path)
    checkpoint.save(path, {"w": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ReadError, match="no checkpoint that can be read"):
        checkpoint.load(path)
    path.write_bytes(pickle.dumps(Path("a"), protocol=2))
    with pytest.raises(ReadError, match="no checkpoint that can be read"):
        checkpoint.load(path)
    torch.save([1, 2], path)
    with pytest.raises(ReadError, match="holds a list"):
        checkpoint.load(path)


def test_random_numbers_go_on_where_they_were() -> None:
    state = checkpoint.random_state()
    first = torch.rand(3)
    checkpoint.restore_random_state(state)
    assert torch.equal(first, torch.rand(3))
