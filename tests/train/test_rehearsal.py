"""Clips without labels that come along with labelled ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from chorus.shards.read import Manifest, Reader
from chorus.train.data import Crop, Group, Step, StepBatch, Steps
from chorus.train.frontend import FrontEnd
from chorus.train.rehearsal import ENOUGH, MANY, Beside, Rehearsal, labelled_calls
from tests.train.helpers import write_shards

FRONT_END = FrontEnd(32)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return Manifest.open(write_shards(tmp_path_factory.mktemp("labelled"), (32_000,), clips=3, shards=2))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return Manifest.open(write_shards(tmp_path_factory.mktemp("pool"), (250_000,), clips=2, shards=3))


def steps(manifest: Manifest, with_targets: bool) -> Steps:
    reader = Reader(manifest, "train", 2, choose=Crop(FRONT_END, 64))
    return Steps(reader, FRONT_END, 64, 8, with_targets=with_targets)


def rates(manifest: Manifest) -> set[int]:
    return {rate for shard in manifest.shards("train") for rate in shard.rates}


def with_calls(labelled: Manifest, *calls: int) -> Manifest:
    """The same set with so many calls at 32 kHz in each shard."""
    split = labelled.split("train")
    entries = [{**e, "strong_calls": {"32000": n}} for e, n in zip(split["shards"], calls, strict=True)]
    data: dict[str, Any] = {**labelled.data, "splits": {"train": {**split, "shards": entries}}}
    return replace(labelled, data=data)


def test_only_octaves_with_few_labels_come_along(labelled: Manifest, pool: Manifest, tmp_path: Path) -> None:
    beside = Beside.of(pool, labelled, FRONT_END)
    assert beside.itself is not None
    assert beside.detector is None
    assert rates(beside.itself) == {250_000}
    assert beside.itself.digest == pool.digest
    assert Beside.of(pool, pool, FRONT_END) == Beside()
    assert Beside().manifests() == {}
    near = Manifest.open(write_shards(tmp_path / "near", (48_000,), clips=1, shards=1))
    assert Beside.of(near, labelled, FRONT_END) == Beside()
    mixed = Manifest.open(write_shards(tmp_path / "mixed", (48_000, 250_000), clips=1, shards=1))
    assert Beside.of(mixed, labelled, FRONT_END) == Beside()


def test_who_marks_depends_on_the_labels_of_the_octave(labelled: Manifest, tmp_path: Path) -> None:
    near = Manifest.open(write_shards(tmp_path / "near", (48_000,), clips=1, shards=1))
    mixed = Manifest.open(write_shards(tmp_path / "mixed", (48_000, 250_000), clips=1, shards=1))

    def who(pool: Manifest, *calls: int) -> list[str]:
        return list(Beside.of(pool, with_calls(labelled, *calls), FRONT_END).manifests())

    assert who(near, 0, 0) == who(near, ENOUGH - 2, 1) == ["itself"]
    assert who(near, ENOUGH - 1, 1) == who(near, MANY - 1, 0) == ["detector"]
    assert who(near, MANY - 1, 1) == []
    assert who(mixed, ENOUGH, 0) == ["detector"]
    split = near.split("train")
    untold = {**near.data, "splits": {"train": {**split, "shards": [{**split["shards"][0], "sample_rates": {}}]}}}
    assert who(replace(near, data=untold), 0, 0) == ["itself"], "a shard that does not tell its rates"
    octave = FRONT_END.octave(32_000)
    assert labelled_calls(labelled, FRONT_END)[octave] >= MANY, "a set without the count is taken at its word"


def judging_on(labelled: Manifest, names: list[str]) -> Manifest:
    """The same set with these recordings in its test split."""
    splits = {**labelled.data["splits"], "test": {**labelled.split("test"), "recordings": names}}
    return replace(labelled, data={**labelled.data, "splits": splits})


def test_recordings_that_the_labelled_set_judges_on_do_not_come_along(labelled: Manifest, pool: Manifest) -> None:
    names = pool.split("train")["recordings"]
    beside = Beside.of(pool, judging_on(labelled, names[:2]), FRONT_END).itself
    assert beside is not None
    heard = {clip.sample.recording_id for batch in Reader(beside, "train", 2).epoch(0) for clip in batch.clips}
    assert heard == set(names[2:])
    assert Beside.of(pool, judging_on(labelled, names), FRONT_END) == Beside()
    assert not Beside.of(pool, labelled, FRONT_END).itself.without  # type: ignore[union-attr]


def test_a_pool_of_which_nothing_can_be_read_is_gone_over_once(pool: Manifest) -> None:
    whole = steps(replace(pool, without=frozenset(pool.split("train")["recordings"])), with_targets=False)
    rehearsal = Rehearsal(whole, 3)
    assert rehearsal.pieces(0, 0) == []
    whole.made = None  # type: ignore[assignment]
    assert rehearsal.pieces(0, 1) == rehearsal.pieces(1, 0) == []


def test_they_come_with_each_step(labelled: Manifest, pool: Manifest) -> None:
    whole = steps(labelled, with_targets=True)
    whole.rehearsals = [
        Rehearsal(steps(pool, with_targets=False), 3),
        Rehearsal(steps(pool, with_targets=False), 3, "detector"),
    ]
    for step in itertools.islice(whole(0, 0), 8):
        _, *others = step.pieces
        assert [piece.teacher for piece in step.pieces] == ["labels", "itself", "detector"]
        for other in others:
            assert other.targets is None
            assert {group.rate for group in other.groups} == {250_000}


def test_a_run_that_goes_on_gets_the_same(labelled: Manifest, pool: Manifest) -> None:
    def made(epoch: int, start: int, count: int) -> list[Step]:
        whole = steps(labelled, with_targets=True)
        whole.rehearsals = [Rehearsal(steps(pool, with_targets=False), 3)]
        return list(itertools.islice(whole(epoch, start), count))

    once = made(0, 0, 12)
    for at in (1, 4, 7, 10):
        again = made(once[at - 1].epoch, once[at - 1].next_batch, 2)
        for a, b in zip(once[at:], again, strict=False):
            assert torch.equal(a.pieces[1].groups[0].waves, b.pieces[1].groups[0].waves)
    heard = {bytes(s.pieces[1].groups[0].waves.numpy().tobytes()) for s in once}
    assert len(heard) > 6


class Uneven:
    """A pool whose second epoch has a step more."""

    rate_groups = 1

    @property
    def reader(self) -> Any:
        return self

    def batches_per_epoch(self) -> int:
        return 3

    def made(self, epoch: int, start: int) -> Iterator[Step]:
        while True:
            for number in range(start, 4 if epoch == 1 else 3):
                group = Group(torch.tensor([[float(epoch), float(number)]]), torch.tensor([2]), 8000, [1.0])
                yield Step([StepBatch([group], None, 8, False, 1, 1.0)], epoch, number + 1)
            epoch, start = epoch + 1, 0


def test_epochs_of_other_lengths_do_not_shift_what_comes_along() -> None:
    def heard(rehearsal: Rehearsal, places: range) -> list[list[float]]:
        pieces = [rehearsal.pieces(place // 5, place % 5)[0] for place in places]
        return [piece.groups[0].waves[0].tolist() for piece in pieces]

    through = heard(Rehearsal(Uneven(), 5), range(12))  # type: ignore[arg-type]
    assert through == [[float(place // 3), float(place % 3)] for place in range(12)]
    for first in range(12):
        assert heard(Rehearsal(Uneven(), 5), range(first, 12)) == through[first:]  # type: ignore[arg-type]
