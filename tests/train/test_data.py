"""From clips to the tensors of a step."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chorus.schemas.sample import Sample
from chorus.shards.read import Batch, Clip, Manifest, Reader
from chorus.train.data import Crop, Step, Steps, ahead, spectrograms
from chorus.train.frontend import FrontEnd
from tests.train.helpers import sample, write_shards


def steps(shards: Path, crop_frames: int = 64, rank: int = 0, world: int = 1, **more: Any) -> Steps:
    front_end = FrontEnd(32)
    reader = Reader(Manifest.open(shards), "train", 2, choose=Crop(front_end, crop_frames), rank=rank, world=world)
    return Steps(reader, front_end, crop_frames, 8, rate_groups=2, with_targets=True, **more)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("shards"), (32_000, 48_000), clips=2, shards=2)


def test_a_step_mixes_rates_on_one_grid(shards: Path) -> None:
    batches = [step.pieces[0] for step in itertools.islice(steps(shards)(0, 0), 2)]
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
        assert torch.equal(a.pieces[0].groups[0].waves, b.pieces[0].groups[0].waves)


def test_clips_of_a_hop_class_are_laid_on_their_own_grid(shards: Path) -> None:
    rate, frames = 32_000, 96_000
    samples = np.random.default_rng(0).standard_normal(frames).astype(np.float32)
    made = [
        Clip(Sample(**sample(f"c{k}", "train", rate, frames, [(0.2, 0.4)], hop_class=k)), 0.0, samples) for k in (0, 1)
    ]
    batch = steps(shards, crop_frames=128).collate([Batch(0, 0, rate, made)])
    assert [(g.hop_class, g.waves.shape[1]) for g in batch.groups] == [(0, 128 * 320), (1, 128 * 160)]
    shown, _, resolution = spectrograms(FrontEnd(32), batch, torch.device("cpu"))
    assert shown.shape == (2, 32, 128)
    assert resolution[1, 2] == resolution[0, 2] - 1
    assert batch.targets is not None
    active = [t.nonzero().flatten().tolist() for t in batch.targets.activity]
    assert active == [list(range(20, 40)), list(range(40, 80))]


def clips(step: Step) -> list[bytes]:
    """The sound of each clip of a step."""
    return [wave.numpy().tobytes() for piece in step.pieces if piece.clips for g in piece.groups for wave in g.waves]


@pytest.mark.parametrize(("world", "accumulate"), [(2, 1), (3, 2), (1, 3)])
def test_a_step_holds_the_same_clips_however_it_is_dealt(shards: Path, world: int, accumulate: int) -> None:
    whole = list(itertools.islice(steps(shards)(0, 0), 3))
    parts = [
        list(itertools.islice(steps(shards, rank=r, world=world, accumulate=accumulate)(0, 0), 3)) for r in range(world)
    ]
    for k, step in enumerate(whole):
        assert sorted(clips(step)) == sorted(clip for part in parts for clip in clips(part[k]))
        assert {(part[k].epoch, part[k].next_batch) for part in parts} == {(step.epoch, step.next_batch)}


def test_a_process_without_a_clip_takes_part_with_silence(shards: Path) -> None:
    found = [next(steps(shards, rank=r, world=6, accumulate=2)(0, 0)).pieces for r in range(6)]
    assert [len(pieces) for pieces in found] == [2] * 6
    silent = [piece for pieces in found for piece in pieces if piece.clips == 0]
    assert len(silent) == 12 - 4
    for piece in silent:
        assert piece.targets is not None
        assert not piece.targets.activity_known.any()
        shown, _, _ = spectrograms(FrontEnd(32), piece, torch.device("cpu"))
        assert shown.isfinite().all()


def test_steps_are_made_ahead_and_errors_come_through() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for n in range(10):
            made.append(n)
            yield n
        raise ValueError("the end")

    stream = ahead(numbers(), count=2)
    assert next(stream) == 0
    stream.close()
    assert len(made) <= 4
    with pytest.raises(ValueError, match="the end"):
        list(ahead(numbers()))


def test_clips_shorter_than_the_crop_are_padded_and_marked(shards: Path) -> None:
    batch = next(steps(shards, crop_frames=512)(0, 0)).pieces[0]
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
    for batch in (step.pieces[0] for step in itertools.islice(steps(shards)(0, 0), 4)):
        assert batch.targets is not None
        bright.append(spectrograms(FrontEnd(32), batch, torch.device("cpu"))[0].amax(1))
        active.append(batch.targets.activity > 0)
    loud, called = torch.cat(bright), torch.cat(active)
    assert loud[called].mean() > loud[~called].mean() + 1.0


def test_crops_fall_on_calls_when_asked() -> None:
    clip = Sample.model_validate(sample("k", "train", 48_000, 480_000, [(3.0, 3.2)]))
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


def test_no_patch_is_left_out_of_attention_where_each_has_sound(tmp_path: Path) -> None:
    """Clips of 10 s have 1,000 frames, which are 62 and a half patches."""
    shards = write_shards(tmp_path, (48_000,), clips=2, shards=1, seconds=1.5)
    made = steps(shards, crop_frames=1024)
    (piece,) = next(made(0, 0)).pieces
    assert (piece.frames, piece.padded, piece.whole) == (152, True, True)
    unlabelled = replace(made, with_targets=False)
    (piece,) = next(unlabelled(0, 0)).pieces
    assert (piece.frames, piece.padded, piece.whole) == (144, False, True)
