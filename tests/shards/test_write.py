"""One shard: the bytes of its tar, its sidecar, and where its time went."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas import Sample
from chorus.shards import make_shards
from chorus.shards.build import build
from chorus.shards.plan import plan
from chorus.shards.settings import ShardSettings
from chorus.shards.sound import Places, Sounds
from chorus.shards.spent import Spent, shares
from chorus.shards.tar import OWNER, Tar
from tests.shards.helpers import call, click_lake, recording, samples_of, tables

KEY = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-é", min_size=1, max_size=150)


@settings(max_examples=30)
@given(st.dictionaries(KEY, st.tuples(st.binary(max_size=3000), st.binary(max_size=600)), max_size=8))
def test_the_tar_is_that_of_webdataset(clips: dict[str, tuple[bytes, bytes]]) -> None:
    from webdataset import TarWriter

    ours, theirs = io.BytesIO(), io.BytesIO()
    tar = Tar(ours)
    with TarWriter(theirs, user=OWNER, group=OWNER, mode=0o644, mtime=0, encoder=False, compress=False) as writer:
        for key, (sound, label) in clips.items():
            writer.write({"__key__": key, "flac": sound, "json": label})
            tar.add(f"{key}.flac", sound)
            tar.add(f"{key}.json", label)
    tar.close()
    assert ours.getvalue() == theirs.getvalue()
    assert (tar.size, tar.sha256) == (len(ours.getvalue()), hashlib.sha256(ours.getvalue()).hexdigest())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    lake = click_lake(folder, hours=0.02)
    out = folder / "o"
    make_shards(lake, out=out, shards_home=folder, clip_seconds=2, shard_clips=8, quiet=True)
    return out


def test_the_sidecar_tells_what_the_shard_holds(made: Path) -> None:
    sidecars = [json.loads(path.read_text()) for path in made.glob("*/shard-*.json")]
    assert len(sidecars) > 2
    for sidecar in sidecars:
        data = (made / sidecar["file"]).read_bytes()
        assert (sidecar["bytes"], sidecar["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    every = [sample for sample, _, _ in samples_of(made)]
    assert sum(s["samples"] for s in sidecars) == len(every)
    assert sum(s["seconds"] for s in sidecars) == pytest.approx(sum(sample.duration_s for sample in every))
    inputs = {name: digest for sidecar in sidecars for name, digest in sidecar["inputs"].items()}
    assert inputs.keys() == {parent for sample in every for parent in sample.parents}


def test_labels_without_change_are_valid_samples(made: Path) -> None:
    """They are written from the plan as it is, which must be what the model itself would write."""
    import tarfile

    checked = 0
    for path in made.glob("*/shard-*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".json"):
                    text = tar.extractfile(member).read()  # type: ignore[union-attr]
                    assert json.loads(text) == Sample.model_validate_json(text).model_dump(mode="json")
                    checked += 1
    assert checked > 10


def test_sound_at_a_rate_that_flac_cannot_state_is_brought_to_the_nearest(tmp_path: Path) -> None:
    sound = np.zeros(3 * 97_656)
    sound[97_656:97_756] = 0.5
    soundfile.write(tmp_path / "0.wav", sound, 97_656)
    found = tables([recording("s/0.wav", 3, rate=97_656)], [call("s/0.wav", 1, 1 + 100 / 97_656)])
    chosen = ShardSettings(clip_seconds=2, negative_ratio=0)
    (row,) = plan(found, chosen).table.to_pylist()
    with Sounds(Places({"s": str(tmp_path)})) as sounds:
        clip = build(row, sounds, chosen, Spent())
    read, rate = soundfile.read(io.BytesIO(clip.sound))
    assert (rate, len(read)) == (clip.content["sample_rate"], clip.content["frames"]) == (97_660, 2 * 97_660)
    assert clip.content["augment"] == [{"name": "resample", "params": {"from_hz": 97_656, "to_hz": 97_660}}]
    loud = np.flatnonzero(read > 0.25)[[0, -1]] / rate
    assert loud == pytest.approx([clip.content["events"][0][name] for name in ("start_s", "end_s")], abs=2 / rate)


def test_time_of_a_stage_inside_another_is_counted_once() -> None:
    spent = Spent()
    started = time.perf_counter()
    with spent.on("write"):
        time.sleep(0.01)
        with spent.on("read"):
            time.sleep(0.02)
        with spent.on("read"):
            time.sleep(0.02)
    assert spent.total() == pytest.approx(time.perf_counter() - started, rel=0.1)
    assert spent["read"] >= 0.04 and 0.01 <= spent["write"] < spent["read"]
    assert sum(shares(spent).values()) == pytest.approx(1)
    assert shares(Counter()) == {}
