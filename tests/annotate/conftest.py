"""A detector that was really trained, in three seconds, on chirps at three sample rates."""

from __future__ import annotations

from pathlib import Path

import pytest

import chorus.train
from chorus.train.export import load_predictor
from chorus.train.infer import Predictor
from tests.once import once
from tests.train.helpers import write_recipe, write_shards

CHANGES = {
    "steps = 6": "steps = 150",
    "lr = 1e-3": "lr = 5e-3",
    "batch_clips = 4": "batch_clips = 12",
    "noise_db = 3.0": "noise_db = 0.0",
}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "annotates", trained) / "run"


def trained(folder: Path) -> None:
    shards = write_shards(folder / "shards", (2000, 16000, 250000), clips=4, shards=1, seconds=None)
    recipe = write_recipe(folder, **CHANGES)
    summary = chorus.train.run(
        "finetune", recipe=str(recipe), shards=shards, out=folder / "run", device="cpu", quiet=True
    )
    assert summary.valid_f1 is not None
    assert summary.valid_f1 > 0.9


@pytest.fixture(scope="session")
def predictor(run: Path) -> Predictor:
    return load_predictor(run, "cpu")
