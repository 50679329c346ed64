"""Shard sets in object storage, and sound that lies there: the same bytes as on a disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chorus.cli import run
from chorus.errors import ChorusError, UsageError
from chorus.lake import Lake
from chorus.lake.mirror import copy, put
from chorus.shards import make_shards
from chorus.shards.read import Manifest, Reader, ShardCache
from chorus.storage import Bucket
from tests.shards.helpers import click_lake, tree

OPTIONS: dict[str, Any] = {"clip_seconds": 2, "seed": 3, "shard_clips": 8, "quiet": True}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return click_lake(tmp_path_factory.mktemp("clicks"), hours=0.02)


@pytest.fixture(scope="module")
def whole(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same set on a disk."""
    out = tmp_path_factory.mktemp("shards") / "whole"
    make_shards(lake, out=out, shards_home=out, **OPTIONS)
    return out


def download(place: str, folder: Path) -> dict[str, str]:
    """SHA-256 of every object of a set."""
    bucket = Bucket(place)
    for name in bucket.listing():
        bucket.download(name, folder / name)
    return tree(folder)


def test_a_set_in_a_bucket(
    lake: Lake, whole: Path, store: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = f"{store}/sets/one"
    made = make_shards(lake, out=place, shards_home=tmp_path / "home", **OPTIONS)
    assert made.out == place and f"{place}: written in" in made.table() and json.loads(made.as_json())["out"] == place
    assert download(place, tmp_path / "got") == tree(whole)
    assert not list((tmp_path / "home").rglob("*.tar")), "no shard is kept here"
    again = make_shards(lake, out=place, shards_home=tmp_path / "another home", **OPTIONS)
    assert again.unchanged
    with pytest.raises(UsageError, match="another plan"):
        make_shards(lake, out=place, shards_home=tmp_path / "home", **OPTIONS | {"seed": 4})
    command = ["shard", "--home", str(lake.root.parent), "--clip-seconds", "2", "-j", "2", "-q", "--out"]
    assert run([*command, f"{store}/sets/two"]) == 0
    assert f"{store}/sets/two: written in" in capfd.readouterr().out


def test_the_training_reader_reads_a_bucket(whole: Path, store: str, tmp_path: Path) -> None:
    for path in whole.rglob("*"):
        if path.is_file():
            Bucket(f"{store}/set").upload(path.relative_to(whole).as_posix(), path)
    found = [
        [(clip.sample.key, clip.samples.tobytes()) for batch in reader.epoch(0) for clip in batch.clips]
        for reader in (
            Reader(Manifest.open(whole), "train", 4),
            Reader(Manifest.open(f"{store}/set"), "train", 4, cache=ShardCache(tmp_path)),
        )
    ]
    assert found[0] == found[1] and len(found[0]) > 4
    with pytest.raises(ChorusError, match=rf"{store}/none holds no manifest\.json"):
        Manifest.open(f"{store}/none")


def test_a_run_that_broke_off_goes_on(
    lake: Lake, whole: Path, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after a shard was brought there and before its sidecar, and run on by another machine."""
    place = f"{s3}/set"
    put = Bucket.put
    left = iter(range(2))

    def failing(self: Bucket, name: str, data: bytes) -> None:
        if next(left, None) is None:
            raise ChorusError("the network is gone")
        put(self, name, data)

    monkeypatch.setattr(Bucket, "put", failing)
    with pytest.raises(ChorusError, match="network"):
        make_shards(lake, out=place, shards_home=tmp_path / "one", **OPTIONS)
    monkeypatch.setattr(Bucket, "put", put)
    there = Bucket(place).listing()
    assert sum(name.endswith(".tar") for name in there) == 3 and "manifest.json" not in there
    made = make_shards(lake, out=place, shards_home=tmp_path / "two", **OPTIONS)
    assert made.pace is not None and made.pace.clips < made.clips, "finished shards are not written again"
    assert download(place, tmp_path / "got") == tree(whole)


def test_an_array_of_tasks_on_machines_that_share_only_the_bucket(
    lake: Lake, whole: Path, s3: str, tmp_path: Path
) -> None:
    place = f"{s3}/set"
    for k in range(3):
        made = make_shards(lake, out=place, shards_home=tmp_path / f"machine-{k}", task=k, of=3, **OPTIONS)
        assert bool(made.missing) == (k < 2)
    assert download(place, tmp_path / "got") == tree(whole)


def test_sound_in_a_bucket(lake: Lake, whole: Path, store: str, tmp_path: Path) -> None:
    root = Path(lake.query("SELECT root FROM sources").rows()[0]["root"])
    release = Bucket(f"{store}/releases/synth")
    for path in root.rglob("*.wav"):
        release.upload(path.relative_to(root).as_posix(), path)
    make_shards(lake, out=tmp_path / "o", shards_home=tmp_path, roots={"synth": f"{store}/releases/synth"}, **OPTIONS)
    assert tree(tmp_path / "o") == tree(whole)
    with pytest.raises(UsageError, match="nothing is at"):
        make_shards(lake, out=tmp_path / "p", shards_home=tmp_path, roots={"synth": f"{store}/nothing"}, **OPTIONS)


def test_a_workspace_in_a_bucket(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The lake is put there; from then on the local one is not needed to ask it, and to cut clips."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lake = click_lake(tmp_path / "a", hours=0.01)
    home = f"{store}/work"
    query = ["query", "SELECT count(*) AS n, min(start_s) AS first FROM calls", "--format", "csv", "--home"]
    assert run([*query, str(lake.root.parent)]) == 0
    expected = capfd.readouterr().out
    assert run([*query, home]) == 1
    assert "no lake there" in capfd.readouterr().err
    assert run(["put", f"{home}/", "--home", str(lake.root.parent)]) == 0
    assert f"chorus query --home {home}" in capfd.readouterr().out
    lake.root.rename(tmp_path / "away")
    assert run([*query, home]) == 0
    assert capfd.readouterr().out == expected
    assert run(["shard", "--home", home, "--clip-seconds", "2", "-j", "1", "-q"]) == 0
    assert f"{home}/shards/clips-" in capfd.readouterr().out
    assert any(name.endswith("manifest.json") for name in Bucket(f"{home}/shards").listing())
    assert run(["ingest", "synth", "--root", str(tmp_path), "--home", home]) == 1
    assert "can be read" in capfd.readouterr().err


def test_a_lake_that_changed_in_a_bucket(s3: str, tmp_path: Path) -> None:
    lake = click_lake(tmp_path / "a", hours=0.01)
    put(lake.layout, f"{s3}/lake")
    copied = copy(f"{s3}/lake", tmp_path / "copy")
    one = copied.sources()
    assert copy(f"{s3}/lake", tmp_path / "copy").sources() == one, "nothing has changed"
    other = click_lake(tmp_path / "b", hours=0.01, seed=2)
    put(other.layout, f"{s3}/lake")
    two = copy(f"{s3}/lake", tmp_path / "copy").sources()
    assert one.keys() == two.keys() and one != two
    rows = [Lake(place).query("SELECT * FROM calls ORDER BY call_id").rows() for place in (other.root, copied.root)]
    assert rows[0] == rows[1]


def test_a_bucket_with_other_things_is_left_alone(lake: Lake, s3: str, tmp_path: Path) -> None:
    bucket = Bucket(f"{s3}/thesis")
    bucket.put("chapter.txt", b"x")
    with pytest.raises(UsageError, match="other files"):
        make_shards(lake, out=f"{s3}/thesis", shards_home=tmp_path, **OPTIONS)
    assert bucket.listing() == {"chapter.txt": 1}
