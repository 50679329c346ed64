"""The reader: every clip once, in a fixed order, from any position."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.errors import ChorusError, ReadError
from chorus.schemas.sample import Sample
from chorus.shards import read
from chorus.shards.read import Batch, Manifest, Reader, decode_flac
from tests.train.helpers import chirp, flac, hash_seed, sample, write_shards, write_tar

RATES = (2000, 4000, 8000)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("shards"), RATES, clips=3, shards=3, seconds=0.2)


def reader(shards: Path, **more: Any) -> Reader:
    return Reader(Manifest.open(shards), **{"split": "train", "batch_size": 4, **more})


def keys(batches: list[Batch]) -> list[str]:
    return [clip.sample.key for batch in batches for clip in batch.clips]


def test_an_epoch_holds_every_clip_once_in_batches_of_one_rate(shards: Path) -> None:
    batches = list(reader(shards).epoch(0))
    assert len(keys(batches)) == len(set(keys(batches))) == 27
    for batch in batches:
        assert {c.sample.sample_rate for c in batch.clips} == {batch.sample_rate}
        assert len(batch.clips) <= 4
        assert all(len(c.samples) == c.sample.frames for c in batch.clips)
    assert [b.number for b in batches] == list(range(len(batches))) == list(range(reader(shards).batches_per_epoch()))
    assert Counter(b.sample_rate for b in batches) == dict.fromkeys(RATES, 3)


def test_order_depends_on_seed_and_epoch_alone(shards: Path) -> None:
    first = keys(list(reader(shards, seed=1).epoch(0)))
    assert keys(list(reader(shards, seed=1, threads=4).epoch(0))) == first
    assert keys(list(reader(shards, seed=1).epoch(1))) != first
    assert keys(list(reader(shards, seed=2).epoch(0))) != first
    plain = keys(list(reader(shards, shuffle=False, batch_size=100).epoch(0)))
    assert plain == sorted(plain, key=lambda k: (int(k.split("-")[2]), k))


@given(start=st.integers(0, 8), epoch=st.integers(0, 3), seed=st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_going_on_from_a_position_is_as_if_never_stopped(shards: Path, start: int, epoch: int, seed: int) -> None:
    whole = list(reader(shards, seed=seed).epoch(epoch))
    rest = list(reader(shards, seed=seed).epoch(epoch, start))
    assert keys(rest) == keys(whole[start:])
    assert [b.number for b in rest] == [b.number for b in whole[start:]]


def test_small_windows_of_shards_still_give_every_clip(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "WINDOW_SHARDS", 1)
    batches = list(reader(shards).epoch(0))
    assert len(set(keys(batches))) == 27
    assert all(len({c.sample.key.split("-")[1] for c in b.clips}) == 1 for b in batches)


def test_ranks_share_an_epoch_without_overlap(shards: Path) -> None:
    parts = [keys(list(reader(shards, rank=rank, world=3).epoch(0))) for rank in range(3)]
    assert sorted(key for part in parts for key in part) == sorted(keys(list(reader(shards).epoch(0))))
    assert all(parts)


def test_a_chosen_stretch_is_cut_exactly_and_redrawn_each_epoch(shards: Path) -> None:
    def choose(found: Sample, draws: random.Random) -> tuple[float, float]:
        start = draws.uniform(0, 0.1)
        return start, start + 0.05

    batches = list(reader(shards, choose=choose).epoch(0))
    for batch in batches:
        for clip in batch.clips:
            whole, _ = chirp(batch.sample_rate, 0.2, hash_seed(clip.sample.key))
            first = round(clip.first_s * batch.sample_rate)
            assert len(clip.samples) == round(0.05 * batch.sample_rate)
            assert np.abs(clip.samples - whole[first : first + len(clip.samples)]).max() < 1e-4
    again = {c.sample.key: c.first_s for b in reader(shards, choose=choose).epoch(0) for c in b.clips}
    other = {c.sample.key: c.first_s for b in reader(shards, choose=choose).epoch(1) for c in b.clips}
    assert again == {c.sample.key: c.first_s for b in batches for c in b.clips}
    assert again != other


def test_webdataset_reads_the_same_clips(shards: Path) -> None:
    wds = pytest.importorskip("webdataset")
    tars = sorted(str(p) for p in (shards / "train").glob("*.tar"))
    theirs = {s["__key__"]: s["flac"] for s in wds.WebDataset(tars, shardshuffle=False)}
    ours = {c.sample.key: c.samples for b in reader(shards).epoch(0) for c in b.clips}
    assert theirs.keys() == ours.keys()
    for key, samples in ours.items():
        rate = int(key.split("-")[2])
        assert np.array_equal(decode_flac(theirs[key], rate, 0, 99)[0], samples)


def damaged(tmp_path: Path) -> Path:
    """A good clip, one of half a FLAC, one of no JSON, one at another rate than stated, one without its sound."""
    samples, spans = chirp(2000, 0.2, 0)
    good = json.dumps(sample("good", "train", 2000, 400, spans)).encode()
    wrong = json.dumps(sample("rate", "train", 4000, 400, spans)).encode()
    nothing = json.dumps({"sample_rate": 2000}).encode()
    sound = flac(samples, 2000)
    members = [
        *[("good.flac", sound), ("good.json", good)],
        *[("half.flac", sound[: len(sound) // 2]), ("half.json", good.replace(b"good", b"half"))],
        *[("text.flac", sound), ("text.json", nothing)],
        *[("rate.flac", sound), ("rate.json", wrong)],
        ("lonely.json", good),
    ]
    write_tar(tmp_path / "train" / "a.tar", members)
    manifest = {"format": "chorus-shards", "version": 1, "splits": {"train": {"shards": [{"file": "train/a.tar"}]}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_damaged_clips_are_left_out_and_counted_once(tmp_path: Path) -> None:
    source = reader(damaged(tmp_path))
    assert keys(list(source.epoch(0))) == ["good"]
    assert keys(list(source.epoch(1))) == ["good"]
    assert sorted(source.bad) == ["a.tar:half", "a.tar:rate", "a.tar:text"]
    assert all(reason for reason in source.bad.values())


def test_what_is_no_shard_set_is_named_in_one_line(tmp_path: Path, shards: Path) -> None:
    with pytest.raises(ChorusError, match=r"holds no manifest\.json: expected a folder written by"):
        Manifest.open(tmp_path)
    path = tmp_path / "manifest.json"
    for text, said in [
        ("{", "no manifest that can be read"),
        ("{}", "expected a manifest of format"),
        ('{"format": "chorus-shards", "version": 99}', "newer than this Chorus reads"),
    ]:
        path.write_text(text)
        with pytest.raises(ReadError, match=said):
            Manifest.open(tmp_path)
    shutil.copytree(shards, tmp_path / "cut")
    (tmp_path / "cut" / "train" / "shard-000001.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(ReadError, match="no shard that can be read"):
        list(reader(tmp_path / "cut").epoch(0))
    (tmp_path / "cut" / "train" / "shard-000001.tar").unlink()
    with pytest.raises(ReadError, match="no shard that can be read"):
        list(reader(tmp_path / "cut").epoch(0))


def test_an_absent_split_is_empty(shards: Path) -> None:
    assert list(reader(shards, split="none").epoch(0)) == []
