"""Clips without labels that come along with labelled ones."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from chorus.shards.read import Manifest, Reader
from chorus.train.data import Crop, Step, Steps
from chorus.train.frontend import FrontEnd
from chorus.train.rehearsal import ENOUGH, Rehearsal, labelled_octaves, unlabelled_part
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


def test_only_octaves_without_labels_come_along(labelled: Manifest, pool: Manifest, tmp_path: Path) -> None:
    part = unlabelled_part(pool, labelled, FRONT_END)
    assert part is not None
    assert rates(part) == {250_000}
    assert part.digest == pool.digest
    assert unlabelled_part(pool, pool, FRONT_END) is None
    near = Manifest.open(write_shards(tmp_path / "near", (48_000,), clips=1, shards=1))
    assert unlabelled_part(near, labelled, FRONT_END) is None
    mixed = Manifest.open(write_shards(tmp_path / "mixed", (48_000, 250_000), clips=1, shards=1))
    assert unlabelled_part(mixed, labelled, FRONT_END) is None


def test_an_octave_is_labelled_from_enough_calls_on(labelled: Manifest) -> None:
    def octaves(*calls: dict[str, int]) -> set[int]:
        split = labelled.split("train")
        entries = [{**e, "strong_calls": n} for e, n in zip(split["shards"], calls, strict=True)]
        data: dict[str, Any] = {**labelled.data, "splits": {"train": {**split, "shards": entries}}}
        return labelled_octaves(replace(labelled, data=data), FRONT_END)

    octave = FRONT_END.octave(32_000)
    assert labelled_octaves(labelled, FRONT_END) == {octave}, "a set without the count is taken at its word"
    assert octaves({"32000": ENOUGH}, {}) == {octave}
    assert octaves({"32000": ENOUGH - 1}, {"32000": 1}) == {octave}
    assert octaves({"32000": ENOUGH - 2}, {"32000": 1}) == set()


def test_they_count_as_much_as_the_labelled_ones(labelled: Manifest, pool: Manifest) -> None:
    part = unlabelled_part(pool, labelled, FRONT_END)
    assert part is not None
    whole = steps(labelled, with_targets=True)
    whole.rehearsal = Rehearsal(steps(part, with_targets=False), 3)
    for step in itertools.islice(whole(0, 0), 8):
        first, second = step.pieces
        assert not first.pseudo
        assert second.pseudo
        assert second.targets is None
        assert {group.rate for group in second.groups} == {250_000}
        assert second.weight * second.clips == pytest.approx(first.clips * first.weight)


def test_a_run_that_goes_on_gets_the_same(labelled: Manifest, pool: Manifest) -> None:
    part = unlabelled_part(pool, labelled, FRONT_END)
    assert part is not None

    def made(epoch: int, start: int, count: int) -> list[Step]:
        whole = steps(labelled, with_targets=True)
        whole.rehearsal = Rehearsal(steps(part, with_targets=False), 3)
        return list(itertools.islice(whole(epoch, start), count))

    once = made(0, 0, 12)
    for at in (1, 4, 7, 10):
        again = made(once[at - 1].epoch, once[at - 1].next_batch, 2)
        for a, b in zip(once[at:], again, strict=False):
            assert torch.equal(a.pieces[1].groups[0].waves, b.pieces[1].groups[0].waves)
    heard = {bytes(s.pieces[1].groups[0].waves.numpy().tobytes()) for s in once}
    assert len(heard) > 6
