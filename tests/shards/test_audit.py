"""The audit of a set that Chorus made: zero, or the leak that was put in; on a disk and in object storage."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chorus.cli import run
from chorus.errors import ReadError, UsageError
from chorus.lake import Lake
from chorus.schemas import arrow_schema
from chorus.schemas.duplicate import Duplicate
from chorus.shards import make_shards
from chorus.shards.audit import audit
from chorus.storage import Bucket, listing
from tests.shards.helpers import click_lake, flac, leaks, tar

LEAKS = (
    "recordings",
    "groups of recordings",
    "individuals",
    "sites",
    "copies of one recording",
    "identical sound",
    "clips in another split than they state",
    "held-out sources in training",
    "copies of held-out recordings in training",
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return click_lake(tmp_path_factory.mktemp("clicks"), hours=0.02)


@pytest.fixture(scope="module")
def whole(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shards")
    made = make_shards(lake, shards_home=home, out=home / "set", clip_seconds=2, quiet=True)
    return Path(made.out)


def test_a_set_of_chorus_has_no_leak(whole: Path, lake: Lake) -> None:
    found = audit(whole, lake)
    assert found.leaks == 0
    assert [check.name for check in found.checks] == list(LEAKS)
    manifest = json.loads((whole / "manifest.json").read_text())
    assert found.clips == {name: split["samples"] for name, split in manifest["splits"].items() if split["samples"]}
    assert all(check.known == sum(found.clips.values()) for check in found.checks if check.name == "identical sound")
    assert all(check.known == 0 for check in found.checks if check.name == "copies of one recording")
    assert "no leak" in found.table() and json.loads(found.as_json())["leaks"] == 0


def test_what_the_lake_knows_of_copies_counts(whole: Path, lake: Lake) -> None:
    names = {row["split"]: row["recording_id"] for row in pq.read_table(whole / "recordings.parquet").to_pylist()}
    table = lake.root / "duplicates.parquet"
    facts = {"source": "synth", "cluster": names["test"], "how": "bytes", "similarity": 1.0, "offset_s": 0.0}
    rows = [facts | {"recording_id": names[split], "match": names["test"]} for split in ("train", "test")]
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(Duplicate)), table)
    found = audit(whole, lake)
    table.unlink()
    assert leaks(found) == {"copies of one recording": 1}
    assert all(check.known == check.of for check in found.checks if "copies" in check.name)


def test_a_clip_that_was_moved_is_found(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "set")
    train = next((tmp_path / "set" / "train").glob("*.tar"))
    shutil.copy(train, tmp_path / "set" / "test" / "shard-000099.tar")
    found = leaks(audit(tmp_path / "set"))
    with tarfile.open(train) as inside:
        clips = len(inside.getnames()) // 2
    assert found["identical sound"] == found["clips in another split than they state"] == clips
    assert found["recordings"] >= 1 and found["groups of recordings"] >= 1


def test_a_set_in_a_bucket(whole: Path, store: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, place = tmp_path / "set", f"{store}/a/set"
    shutil.copytree(whole, folder)
    shutil.move(next((folder / "train").glob("*.tar")), folder / "test" / "shard-000099.tar")
    for name in listing(str(folder)):
        Bucket(place).upload(name, folder / name)
    here = audit(folder)
    assert here.leaks and any("that the manifest names" in note for note in here.notes)
    assert audit(Path(place)).as_dict() == here.as_dict() | {"folder": place}
    command = ["shard", "-j", "2", "-q", "--home", str(tmp_path / "none"), "--audit"]
    assert run([*command, f"{place}/"]) == 1
    assert f"{place}: {here.leaks} leaks in " in capfd.readouterr().out
    assert run([*command, f"{store}/none"]) == 2
    assert f"{store}/none: holds no shards" in capfd.readouterr().err


def test_copies_and_what_is_known_of_recordings(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(whole, folder)
    rows = pq.read_table(folder / "recordings.parquet").to_pylist()
    one = {split: next(row for row in rows if row["split"] == split) for split in ("train", "test")}
    for row in rows:
        row["released_split"], row["site"] = None, row["recording_id"]
    for row in one.values():
        row["duplicates"], row["site"], row["individuals"] = "cluster", "pond", ["ann"]
    pq.write_table(pa.Table.from_pylist(rows), folder / "recordings.parquet")
    assert leaks(audit(folder)) == {"copies of one recording": 1, "sites": 1, "individuals": 1}
    for row in rows:
        row["site"], row["duplicates"] = "the only one", None
    pq.write_table(pa.Table.from_pylist(rows), folder / "recordings.parquet")
    found = audit(folder)
    sites = next(check for check in found.checks if check.name == "sites")
    assert sites.leaks == 0 and len(sites.offenders) == 1
    assert "too few sites" in found.table()


def test_what_cannot_be_audited_is_one_line(tmp_path: Path) -> None:
    for folder, what in ((tmp_path / "none", "no such folder"), (tmp_path, "holds no shards")):
        with pytest.raises(UsageError, match=what):
            audit(folder)
    tar(tmp_path / "set" / "000.tar", {"a": ({"recording_id": "s/1.wav"}, flac(1))})
    with pytest.raises(UsageError, match="tell a split"):
        audit(tmp_path / "set")
    (tmp_path / "set" / "train.tar").write_bytes(b"no tar" * 500)
    with pytest.raises(ReadError, match="no shard that can be read"):
        audit(tmp_path / "set")
