"""From clips to the tensors of a step."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from chorus.schemas.sample import Sample
from chorus.shards.read import Manifest, Reader
from chorus.train.data import Crop, Steps, spectrograms
from chorus.train.frontend import FrontEnd
from tests.train.helpers import sample, write_shards


def steps(shards: Path, crop_frames: int = 64, **more: Any) -> Steps:
    front_end = FrontEnd(32)
    reader = Reader(Manifest.open(shards), "train", 2, choose=Crop(front_end, crop_frames))
    return Steps(reader, front_end, crop_frames, 8, rate_groups=2, with_targets=True, **more)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("shards"), clips=2, shards=2)


def test_a_step_mixes_rates_on_one_grid(shards: Path) -> None:
    batches = list(itertools.islice(steps(shards)(0, 0), 2))
    assert [b.clips for b in batches] == [4, 4]
    for batch in batches:
        assert batch.frames == 64
        assert not batch.padded
        assert batch.audio_s == pytest.approx(4 * 0.64)
        shown, valid, resolution = spectrograms(FrontEnd(32), batch, torch.device("cpu"))
        assert shown.shape == (4, 32, 64)
        assert valid is None
        assert resolution.shape == (4, 3)
        assert batch.targets is not None
        assert batch.targets.activity.shape == (4, 64)


def test_epochs_follow_and_positions_resume(shards: Path) -> None:
    whole = list(itertools.islice(steps(shards)(0, 0), 5))
    assert [(b.epoch, b.next_batch) for b in whole] == [(0, 2), (0, 4), (1, 2), (1, 4), (2, 2)]
    rest = list(itertools.islice(steps(shards)(whole[1].epoch, whole[1].next_batch), 3))
    for a, b in zip(whole[2:], rest, strict=True):
        assert torch.equal(a.groups[0].waves, b.groups[0].waves)


def test_clips_shorter_than_the_crop_are_padded_and_marked(shards: Path) -> None:
    batch = next(steps(shards, crop_frames=512)(0, 0))
    assert batch.frames == 152
    assert batch.padded
    shown, valid, _ = spectrograms(FrontEnd(32), batch, torch.device("cpu"))
    assert valid is not None
    assert valid.sum(1).tolist() == [150] * 4
    assert (shown[:, :, 150:] == 0).all()
    assert batch.targets is not None
    assert (batch.targets.activity_known[:, 150:] == 0).all()


def test_labels_lie_where_the_sound_is(shards: Path) -> None:
    """The picture is brighter in the frames that are marked as calls."""
    bright, active = [], []
    for batch in itertools.islice(steps(shards)(0, 0), 4):
        assert batch.targets is not None
        bright.append(spectrograms(FrontEnd(32), batch, torch.device("cpu"))[0].amax(1))
        active.append(batch.targets.activity > 0)
    loud, called = torch.cat(bright), torch.cat(active)
    assert loud[called].mean() > loud[~called].mean() + 1.0


def test_crops_fall_on_calls_when_asked() -> None:
    clip = Sample.model_validate(sample("k", "train", 16000, 160_000, [(3.0, 3.2)]))
    on_call, anywhere = Crop(FrontEnd(32), 64, 1.0), Crop(FrontEnd(32), 64, 0.0)

    def share(crop: Crop) -> float:
        found = [crop(clip, random.Random(i)) for i in range(200)]
        assert all(a >= 0 and b <= 10 and b - a == pytest.approx(0.64) for a, b in found)
        return sum(a < 3.2 and b > 3.0 for a, b in found) / 200

    assert share(on_call) == 1
    assert 0.02 < share(anywhere) < 0.2
    assert Crop(FrontEnd(32), 5000)(clip, random.Random(0)) == (0.0, 10.0)


def test_an_unreadable_split_gives_no_steps(shards: Path) -> None:
    empty = steps(shards)
    empty.reader.shards = []
    assert list(empty(0, 0)) == []
