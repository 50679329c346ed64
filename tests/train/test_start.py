"""Where a run starts from: the clips that its encoder has heard."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chorus.shards.read import Manifest
from chorus.train.start import ORIGIN, Pool, met
from tests.train.helpers import write_shards


@pytest.fixture
def pool(tmp_path: Path) -> Manifest:
    return Manifest.open(write_shards(tmp_path / "pool", (8000,), clips=2, shards=1))


def run_on(folder: Path, pool: Manifest, test: list[str]) -> Path:
    """The folder of a run from an encoder of the pool, whose shard set is the pool with other recordings to test on."""
    splits = {**pool.data["splits"], "test": {**pool.split("test"), "recordings": test}}
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({**pool.data, "splits": splits}))
    (folder / ORIGIN).write_text(json.dumps({"shards": pool.place, "manifest_sha256": pool.digest}))
    return folder


def test_recordings_that_were_pretrained_on_and_are_judged_on_are_told(tmp_path: Path, pool: Manifest) -> None:
    heard = pool.split("train")["recordings"]
    run = run_on(tmp_path / "run", pool, ["mine/new.wav", heard[0]])
    assert met(pool, Manifest.open(run)) == {heard[0]}
    found = Pool.of(run)
    assert found.manifest == pool
    (note,) = found.notes
    assert note.startswith("the encoder was pretrained on 1 of the 4 recordings for validation and testing: ")
    assert "\n" not in note


def test_nothing_is_told_where_none_is_shared(tmp_path: Path, pool: Manifest) -> None:
    run = run_on(tmp_path / "run", pool, ["mine/new.wav"])
    assert Pool.of(run) == Pool(pool)
    (run / "manifest.json").unlink()
    assert Pool.of(run) == Pool(pool)
    (run / ORIGIN).unlink()
    assert Pool.of(run) == Pool()


def test_a_pool_that_is_gone_is_told(tmp_path: Path, pool: Manifest) -> None:
    run = run_on(tmp_path / "run", pool, [])
    shutil.rmtree(pool.folder)
    found = Pool.of(run)
    assert found.manifest is None
    assert found.notes == [f"the clips of the pretraining are no longer at {pool.place}: fine-tuned without them"]
