"""The audit finds every leak that was put in, says zero where there is none, and reads tars made elsewhere."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from chorus.cli import run
from chorus.errors import ReadError, UsageError
from chorus.lake import Lake
from chorus.schemas import arrow_schema
from chorus.schemas.duplicate import Duplicate
from chorus.shards import make_shards
from chorus.shards.audit import Audit, audit, split_of
from tests.shards.helpers import click_lake

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


def flac(seed: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.random.default_rng(seed).normal(size=200) * 0.1, 8000, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def tar(path: Path, clips: dict[str, tuple[dict[str, Any], bytes]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as out:
        for key, (content, sound) in clips.items():
            for suffix, data in (("flac", sound), ("json", json.dumps(content).encode())):
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(data)
                out.addfile(member, io.BytesIO(data))


def leaks(found: Audit) -> dict[str, int]:
    return {check.name: check.leaks for check in found.checks if check.leaks}


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


def test_every_kind_of_leak_in_tars_made_elsewhere(tmp_path: Path) -> None:
    base = {"source": "s", "site": "pond", "individual": "ann", "group": "g", "recording_id": "s/1.wav"}
    alone = {"source": "s", "site": "lake", "individual": "bob", "group": "h", "recording_id": "s/2.wav"}
    held = {"source": "dcase", "recording_id": "dcase/3.wav", "split": "valid"}
    tar(tmp_path / "a-train-000.tar", {"a": (base, flac(1)), "b": (alone, flac(2)), "c": (held, flac(3))})
    tar(tmp_path / "a-test-000.tar", {"d": (base, flac(1)), "e": ({"recording_id": "s/9.wav"}, flac(4))})
    found = audit(tmp_path)
    assert leaks(found) == {
        "recordings": 1,
        "groups of recordings": 1,
        "individuals": 1,
        "sites": 1,
        "identical sound": 1,
        "clips in another split than they state": 1,
        "held-out sources in training": 1,
    }
    assert "s/1.wav: train 1, test 1" in found.table() and "the sound of a: train 1, test 1" in found.table()
    assert run(["shard", "--audit", str(tmp_path), "--home", str(tmp_path / "none")]) == 1


def test_mixed_in_recordings_and_events_of_others_count(tmp_path: Path) -> None:
    one = {"recording_id": "s/1.wav", "parents": ["s/1.wav", "s/2.wav"]}
    other = {"recording_id": "s/3.wav", "events": [{"recording_id": "s/2.wav"}]}
    tar(tmp_path / "train" / "0.tar", {"a": (one, flac(1))})
    tar(tmp_path / "valid" / "0.tar", {"b": (other, flac(2))})
    assert leaks(audit(tmp_path)) == {"recordings": 1}


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


def test_copies_of_held_out_recordings(tmp_path: Path) -> None:
    tar(tmp_path / "train" / "0.tar", {"a": ({"recording_id": "s/1.wav"}, flac(1))})
    tar(tmp_path / "test" / "0.tar", {"b": ({"recording_id": "dcase/2.wav"}, flac(2))})
    names = ("s/1.wav", "dcase/2.wav")
    facts = {"site": None, "individuals": [], "released_split": None, "calling": True, "group": "g"}
    rows = [facts | {"recording_id": n, "source": n.partition("/")[0], "duplicates": "s/1.wav"} for n in names]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "recordings.parquet")
    assert leaks(audit(tmp_path)) == {"copies of one recording": 1, "copies of held-out recordings in training": 1}


def test_silence_is_no_leak(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(500), 8000, format="FLAC", subtype="PCM_16")
    for split in ("train", "test"):
        tar(tmp_path / split / "0.tar", {split: ({"recording_id": f"s/{split}.wav"}, buffer.getvalue())})
    found = audit(tmp_path)
    assert found.leaks == 0
    assert next(check.known for check in found.checks if check.name == "identical sound") == 0


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


def test_splits_by_the_names_of_files_and_folders() -> None:
    assert split_of(Path("train/shard-000.tar")) == "train"
    assert split_of(Path("frogs-val-000.tar")) == "valid"
    assert split_of(Path("000.tar")) is None
    assert split_of(Path("train/test-000.tar")) is None
