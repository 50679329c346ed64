"""The reader: every clip once on any number of ranks, in a fixed order, from any position; what is damaged is told."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.errors import ChorusError, ReadError
from chorus.schemas.sample import Sample
from chorus.shards.read import Batch, Manifest, Reader, decode_flac, reader, window
from chorus.shards.read.index import index
from tests.train.helpers import chirp, flac, hash_seed, sample, write_shards, write_tar

RATES = (2000, 4000, 8000)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("shards"), RATES, clips=3, shards=3, seconds=0.2)


def read(shards: Path, **more: Any) -> Reader:
    return Reader(Manifest.open(shards), **{"split": "train", "batch_size": 4, **more})


def floats(count: int) -> Any:
    return np.empty(count, np.float32)


def keys(batches: list[Batch]) -> list[str]:
    return [clip.sample.key for batch in batches for clip in batch.clips]


def test_an_epoch_holds_every_clip_once_in_batches_of_one_rate(shards: Path) -> None:
    batches = list(read(shards).epoch(0))
    assert len(keys(batches)) == len(set(keys(batches))) == 27
    for batch in batches:
        assert {c.sample.sample_rate for c in batch.clips} == {batch.sample_rate}
        assert len(batch.clips) <= 4
        assert all(len(c.samples) == c.sample.frames for c in batch.clips)
    assert [b.number for b in batches] == list(range(len(batches))) == list(range(read(shards).batches_per_epoch()))
    assert Counter(b.sample_rate for b in batches) == dict.fromkeys(RATES, 3)


def test_order_depends_on_seed_and_epoch_alone(shards: Path) -> None:
    first = keys(list(read(shards, seed=1).epoch(0)))
    assert keys(list(read(shards, seed=1, threads=4).epoch(0))) == first
    assert keys(list(read(shards, seed=1).epoch(1))) != first
    assert keys(list(read(shards, seed=2).epoch(0))) != first
    plain = keys(list(read(shards, shuffle=False, batch_size=100).epoch(0)))
    assert plain == sorted(plain, key=lambda k: (int(k.split("-")[2]), k))


@given(start=st.integers(0, 8), epoch=st.integers(0, 3), seed=st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_going_on_from_a_position_is_as_if_never_stopped(shards: Path, start: int, epoch: int, seed: int) -> None:
    whole = list(read(shards, seed=seed).epoch(epoch))
    rest = list(read(shards, seed=seed).epoch(epoch, start))
    assert keys(rest) == keys(whole[start:])
    assert [b.number for b in rest] == [b.number for b in whole[start:]]


def test_clips_of_some_recordings_are_left_out(shards: Path) -> None:
    whole = list(read(shards).epoch(0))
    manifest = replace(Manifest.open(shards), without=frozenset(f"test/{key}" for key in keys(whole)[::2]))
    reading = Reader(manifest, "train", 4)
    rest = list(reading.epoch(0))
    assert keys(rest) == keys(whole)[1::2] and not reading.bad
    assert [keys([batch]) for batch in reading.epoch(0, 3)] == [keys([b]) for b in rest if b.number >= 3]


def test_small_windows_of_shards_still_give_every_clip(shards: Path) -> None:
    batches = list(read(shards, window_shards=1).epoch(0))
    assert len(set(keys(batches))) == 27
    assert all(len({c.sample.key.split("-")[1] for c in b.clips}) == 1 for b in batches)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Seven shards of three clips at each of two rates."""
    folder = write_shards(tmp_path_factory.mktemp("many"), (2000, 4000), clips=3, shards=7, seconds=0.05)
    return Manifest.open(folder)


def first_shards(manifest: Manifest, count: int) -> Manifest:
    """The set as if it had only so many training shards."""
    data = json.loads(manifest.raw)
    data["splits"]["train"]["shards"] = data["splits"]["train"]["shards"][:count]
    return Manifest(manifest.place, data, manifest.raw)


@given(
    shard_count=st.integers(0, 7),
    world=st.integers(1, 9),
    threads=st.integers(1, 4),
    batch_size=st.integers(1, 11),
    window=st.integers(1, 8),
    shuffle=st.booleans(),
    data=st.data(),
)
@settings(max_examples=30, deadline=None)
def test_every_clip_comes_once_at_any_world_and_thread_count(
    many: Manifest,
    shard_count: int,
    world: int,
    threads: int,
    batch_size: int,
    window: int,
    shuffle: bool,
    data: st.DataObject,
) -> None:
    manifest = first_shards(many, shard_count)
    how: dict[str, Any] = {"shuffle": shuffle, "window_shards": window, "batch_size": batch_size, "split": "train"}
    alone = list(Reader(manifest, **how).epoch(3))
    assert len(keys(alone)) == len(set(keys(alone))) == 6 * shard_count
    stop = data.draw(st.integers(0, len(alone)))
    ranks = [list(Reader(manifest, **how, threads=threads, rank=r, world=world).epoch(3)) for r in range(world)]
    for part in ranks:
        assert [(b.number, b.sample_rate) for b in part] == [(b.number, b.sample_rate) for b in alone]
    for n, whole in enumerate(alone):
        dealt = [key for part in ranks for key in keys([part[n]])]
        assert sorted(dealt) == sorted(keys([whole]))
        sizes = [len(part[n].clips) for part in ranks]
        assert max(sizes) - min(sizes) <= 1
    other = data.draw(st.integers(1, 4))
    rest = [k for r in range(other) for k in keys(list(Reader(manifest, **how, rank=r, world=other).epoch(3, stop)))]
    assert sorted(rest) == sorted(keys(alone[stop:]))


def test_going_on_opens_and_decodes_nothing_of_what_came_before(
    many: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(Reader(many, "train", 4, window_shards=2).epoch(0))
    start = len(whole) - 2
    opened: list[str] = []
    decoded: list[str] = []
    labelled: list[str] = []
    open_shard, label, sound = window.OpenShard, reader.label, reader.sound

    def note_open(path: Path) -> Any:
        opened.append(path.name)
        return open_shard(path)

    def note_sound(tar: int, place: Any, *more: Any) -> Any:
        decoded.append(place.key)
        return sound(tar, place, *more)

    def note_label(tar: int, place: Any) -> Any:
        labelled.append(place.key)
        return label(tar, place)

    monkeypatch.setattr(window, "OpenShard", note_open)
    monkeypatch.setattr(reader, "label", note_label)
    monkeypatch.setattr(reader, "sound", note_sound)
    rest = list(Reader(many, "train", 4, window_shards=2).epoch(0, start))
    assert sorted(decoded) == sorted(labelled) == sorted(keys(rest)) == sorted(keys(whole[start:]))
    assert len(opened) == 1  # the last window holds one of the seven shards
    assert list(Reader(many, "train", 4).epoch(0, 99)) == []
    assert len(opened) == 1


def test_a_rank_that_is_none_is_refused(shards: Path) -> None:
    with pytest.raises(ChorusError, match="rank 2 of 2: expected 0 to 1"):
        read(shards, rank=2, world=2)


def test_int16_is_what_is_stored_and_float32_the_same_in_full_scale(shards: Path) -> None:
    import soundfile

    exact = {c.sample.key: c.samples for b in read(shards, dtype="int16").epoch(0) for c in b.clips}
    scaled = {c.sample.key: c.samples for b in read(shards).epoch(0) for c in b.clips}
    with tarfile.open(shards / "train" / "shard-000000.tar") as tar:
        for name in [n for n in tar.getnames() if n.endswith(".flac")]:
            sound = io.BytesIO(tar.extractfile(name).read())  # type: ignore[union-attr]
            key = name.removesuffix(".flac")
            stored, _ = soundfile.read(sound, dtype="int16")
            assert exact[key].dtype == np.int16
            assert np.array_equal(exact[key], stored)
            sound.seek(0)
            assert np.array_equal(scaled[key], soundfile.read(sound, dtype="float32")[0])
            assert scaled[key].dtype == np.float32


def test_a_batch_as_tensors(shards: Path) -> None:
    batch = next(read(shards, dtype="int16", shuffle=False).epoch(0))
    waves, lengths = batch.tensors()
    assert waves.dtype == torch.int16
    assert waves.shape == (len(batch.clips), 400)
    assert lengths.tolist() == [400] * len(batch.clips)
    assert np.array_equal(waves[1].numpy(), batch.clips[1].samples)
    padded, lengths = batch.tensors(500)
    assert padded.shape[1] == 500
    assert (padded[:, 400:] == 0).all()
    assert lengths.max() == 400
    cut, lengths = batch.tensors(100)
    assert cut.shape[1] == lengths.max() == 100
    assert Batch(0, 0, 2000, []).tensors()[0].shape == (0, 0)


def test_a_chosen_stretch_is_cut_exactly_and_redrawn_each_epoch(shards: Path) -> None:
    def choose(found: Sample, draws: random.Random) -> tuple[float, float]:
        start = draws.uniform(0, 0.1)
        return start, start + 0.05

    batches = list(read(shards, choose=choose).epoch(0))
    for batch in batches:
        for clip in batch.clips:
            whole, _ = chirp(batch.sample_rate, 0.2, hash_seed(clip.sample.key))
            first = round(clip.first_s * batch.sample_rate)
            assert len(clip.samples) == round(0.05 * batch.sample_rate)
            assert np.abs(clip.samples - whole[first : first + len(clip.samples)]).max() < 1e-4
    again = {c.sample.key: c.first_s for b in read(shards, choose=choose).epoch(0) for c in b.clips}
    other = {c.sample.key: c.first_s for b in read(shards, choose=choose).epoch(1) for c in b.clips}
    assert again == {c.sample.key: c.first_s for b in batches for c in b.clips}
    assert again != other


def test_webdataset_alone_reads_the_same_bytes(shards: Path) -> None:
    wds = pytest.importorskip("webdataset")
    tars = sorted(shards.glob("train/*.tar"))
    theirs = {s["__key__"]: (s["flac"], s["json"]) for s in wds.WebDataset([str(t) for t in tars], shardshuffle=False)}
    ours = {}
    for path in tars:
        with path.open("rb") as tar:
            for place in index(tar.fileno(), path.name).places:
                spans = (place.sound, place.label)
                ours[place.key] = tuple(os.pread(tar.fileno(), size, first) for first, size in spans)
    assert theirs == ours
    decoded = {c.sample.key: c.samples for b in read(shards).epoch(0) for c in b.clips}
    assert theirs.keys() == decoded.keys()
    for key, samples in decoded.items():
        rate = int(key.split("-")[2])
        assert np.array_equal(decode_flac(theirs[key][0], rate, 0, 99, floats)[0], samples)


def write_set(folder: Path, members: list[tuple[str, bytes]], **entry: Any) -> Path:
    """A set of one training shard, `train/a.tar`, which its manifest describes by `entry`."""
    write_tar(folder / "train" / "a.tar", members)
    return describe(folder, **entry)


def describe(folder: Path, **entry: Any) -> Path:
    splits = {"train": {"shards": [{"file": "train/a.tar", **entry}]}}
    (folder / "manifest.json").write_text(json.dumps({"format": "chorus-shards", "version": 1, "splits": splits}))
    return folder


def pair(key: str, rate: int = 2000, name: str = "") -> list[tuple[str, bytes]]:
    """A good clip; `name` is what its JSON calls it."""
    samples, spans = chirp(rate, 0.2, 0)
    label = json.dumps(sample(name or key, "train", rate, len(samples), spans)).encode()
    return [(f"{key}.flac", flac(samples, rate)), (f"{key}.json", label)]


def damaged(tmp_path: Path) -> Path:
    """A good clip, and one of each kind of damage."""
    (_, sound), (_, label) = pair("good")
    flipped = bytearray(sound)
    flipped[len(sound) // 2] ^= 0x10
    members = [
        *pair("good"),
        *[("half.flac", sound[: len(sound) // 2]), ("half.json", label.replace(b"good", b"half"))],
        *[("flip.flac", bytes(flipped)), ("flip.json", label.replace(b"good", b"flip"))],
        *[("text.flac", sound), ("text.json", b'{"sample_rate": 2000}')],
        *[("torn.flac", sound), ("torn.json", label[:50])],
        *[("rate.flac", sound), ("rate.json", label.replace(b"good", b"rate").replace(b": 2000", b": 4000"))],
        *pair("name", name="other"),
        *pair("fast", rate=8000),
        *[("mute.flac", b"no sound"), ("mute.json", label.replace(b"good", b"mute"))],
        ("lonely.json", label),
        ("silent.flac", sound),
    ]
    return write_set(tmp_path, members, sample_rates={"2000": 7, "4000": 1})


def test_damaged_clips_are_left_out_and_counted_once_by_shard_and_key(tmp_path: Path) -> None:
    source = read(damaged(tmp_path))
    assert keys(list(source.epoch(0))) == ["good"]
    assert keys(list(source.epoch(1))) == ["good"]
    reasons = {
        "half": "samples could be decoded|Error",
        "flip": "samples could be decoded|rror|sync",
        "text": "its JSON is no Sample: key: Field required",
        "torn": "its JSON is no Sample: Invalid JSON",
        "rate": r"its JSON says \('rate', 4000, 400\), its sound is \('rate', 2000, 400\)",
        "name": "its JSON says .'other'",
        "fast": "at 8,000 Hz, which its manifest does not state",
        "mute": "no FLAC file of stated length",
        "lonely": "its .flac is missing",
        "silent": "its .json is missing",
    }
    assert sorted(source.bad) == sorted(f"train/a.tar:{key}" for key in reasons)
    for key, reason in reasons.items():
        assert re.search(reason, source.bad[f"train/a.tar:{key}"]), source.bad


def test_with_other_ranks_a_batch_of_bad_clips_comes_empty(tmp_path: Path) -> None:
    ranks = [list(read(damaged(tmp_path), rank=rank, world=2, batch_size=1).epoch(0)) for rank in range(2)]
    assert [b.number for b in ranks[0]] == [b.number for b in ranks[1]]
    assert sum(len(b.clips) for part in ranks for b in part) == 1


def test_a_shard_that_is_cut_short_is_an_error_where_its_length_is_known(tmp_path: Path) -> None:
    folder = write_set(tmp_path, [*pair("a"), *pair("b"), *pair("c")])
    path = folder / "train" / "a.tar"
    whole = path.stat().st_size
    with path.open("rb") as tar:
        second = index(tar.fileno(), "a").places[1]
    os.truncate(path, second.sound[0] + 10)
    describe(folder, sample_rates={"2000": 3}, bytes=whole)
    with pytest.raises(ReadError, match=rf"a\.tar: {second.sound[0] + 10:,} bytes; its manifest says {whole:,}"):
        read(folder)
    describe(folder, sample_rates={"2000": 3})
    source = read(folder)
    assert keys(list(source.epoch(0))) == ["a"]
    assert list(source.bad) == ["train/a.tar"]
    assert re.match(r"2 of 3 clips are missing \(ends early, after [\d,]+ bytes\)", source.bad["train/a.tar"])


def test_clips_behind_a_damaged_header_are_found(tmp_path: Path) -> None:
    folder = write_set(tmp_path, [*pair("a"), *pair("b"), *pair("c")], sample_rates={"2000": 3})
    path = folder / "train" / "a.tar"
    data = bytearray(path.read_bytes())
    data[data.index(b"b.flac")] ^= 0xFF
    path.write_bytes(bytes(data))
    source = read(folder)
    assert sorted(keys(list(source.epoch(0)))) == ["a", "c"]
    assert source.bad["train/a.tar:b"] == "its .flac is missing"
    assert "blocks of 512 bytes are damaged" in source.bad["train/a.tar"]


def test_a_shard_of_other_clips_than_stated_is_an_error(tmp_path: Path) -> None:
    folder = write_set(tmp_path, [*pair("a"), *pair("b")], sample_rates={"2000": 1})
    with pytest.raises(ReadError, match=r"a\.tar: holds more clips than its manifest says"):
        list(read(folder).epoch(0))
    describe(folder)
    with pytest.raises(ReadError, match="a shard without 'file' and 'sample_rates'"):
        read(folder)


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
    with pytest.raises(ReadError, match="no shard that can be read: there is no tar header in it"):
        list(read(tmp_path / "cut").epoch(0))
    (tmp_path / "cut" / "train" / "shard-000001.tar").unlink()
    with pytest.raises(ReadError, match=r"shard-000001.tar: no shard that can be read \(No such file"):
        read(tmp_path / "cut")


def test_an_absent_split_is_empty(shards: Path) -> None:
    assert list(read(shards, split="none").epoch(0)) == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not list open files in /proc")
def test_leaving_an_epoch_in_the_middle_closes_its_shards(many: Manifest) -> None:
    def held() -> int:
        links = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
        return sum(link.startswith(many.place) for link in links)

    batches = Reader(many, "train", 2, threads=2).epoch(0)
    next(batches)
    assert held() == 7
    batches.close()  # type: ignore[attr-defined]
    assert held() == 0
