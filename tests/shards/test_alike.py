"""Sets of one lake and one seed have a recording in the same split, whatever clips are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from chorus.shards.plan import SPLIT_ALONE, Plan, plan
from chorus.shards.settings import ShardSettings
from chorus.shards.splits import Kin, of_set
from chorus.shards.tables import Tables, linked_sources, select
from tests.shards.helpers import call, click_lake, recording, tables

LABELLED = ShardSettings()


def scene(count: int = 60, seed: int = 1) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Recordings of many lengths with a few calls each, every fourth without; two species."""
    rng = np.random.default_rng(seed)
    recordings = [recording(f"s/{k:02d}.wav", float(rng.integers(30, 300))) for k in range(count)]
    calls = [
        call(row["recording_id"], start, start + 1, label="AB"[int(rng.integers(2))])
        for row in recordings[: 3 * count // 4]
        for start in np.sort(rng.uniform(0, row["duration_s"] - 2, rng.integers(1, 12))).tolist()
    ]
    return recordings, calls


def asked_for(recordings: list[dict[str, Any]], calls: list[dict[str, Any]], names: list[str]) -> Tables:
    """The lake when the calls of some recordings are asked for."""
    wanted = [row["call_id"] for row in calls if row["recording_id"] in names]
    nothing = pa.array([], pa.string())
    return tables(recordings, calls, wanted=pa.array(wanted), reviewed=nothing, asked=pa.array(names))


def splits(planned: Plan) -> dict[str, str]:
    found = planned.recordings
    return dict(zip(found["recording_id"].to_pylist(), found["split"].to_pylist(), strict=True))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("other", [{"unlabelled": True}, {"clip_seconds": 3}, {"negative_ratio": 0, "max_rate": 500}])
def test_other_clips_of_the_same_recordings(other: dict[str, Any], seed: int) -> None:
    found = tables(*scene())
    one = splits(plan(found, ShardSettings(seed=seed)))
    two = splits(plan(found, ShardSettings(seed=seed, **other)))
    shared = one.keys() & two.keys()
    assert len(shared) >= 45 and {one[name] for name in shared} == {"train", "valid", "test"}
    assert all(one[name] == two[name] for name in shared)


def test_some_of_the_recordings() -> None:
    recordings, calls = scene()
    whole = splits(plan(tables(recordings, calls), LABELLED))
    half = plan(asked_for(recordings, calls, sorted(whole)[::2]), LABELLED)
    assert set(splits(half)) == set(sorted(whole)[::2]) & {row["recording_id"] for row in calls}
    assert all(whole[name] == split for name, split in splits(half).items())
    assert half.account["split_as_other_sets"] and not half.notes


def test_recordings_under_other_licences_do_not_move() -> None:
    recordings, calls = scene()
    for row in recordings[::3]:
        row["licence"] = "CC-BY-NC-4.0"
    whole = splits(plan(tables(recordings, calls), LABELLED))
    free = splits(plan(tables(recordings, calls), ShardSettings(licence=("commercial",))))
    assert free.keys() < whole.keys() and all(whole[name] == split for name, split in free.items())


def test_a_set_that_would_lack_a_part_is_split_by_itself_and_says_so() -> None:
    recordings, calls = scene()
    whole = splits(plan(tables(recordings, calls), LABELLED))
    calling = {row["recording_id"] for row in calls}
    train = [name for name, split in sorted(whole.items()) if split == "train" and name in calling][:6]
    few = plan(asked_for(recordings, calls, train), LABELLED)
    assert set(splits(few).values()) == {"train", "valid", "test"}
    assert few.notes == (SPLIT_ALONE,) and not few.account["split_as_other_sets"]
    one = plan(asked_for(recordings, calls, train[:1]), LABELLED)
    assert list(splits(one).values()) == ["train"] and not one.notes


def test_recordings_that_are_not_asked_for_are_not_counted() -> None:
    recordings, calls = scene()
    recordings[1] |= {"audio": "missing"}
    planned = plan(asked_for(recordings, calls, ["s/00.wav", "s/02.wav"]), LABELLED)
    assert not planned.refused


def test_a_part_that_has_no_calls_is_none() -> None:
    lake = [Kin(f"s/{k:02d}", "s", 1) for k in range(30)]
    places = of_set(lake, {one.recording_id: 1 for one in lake}, LABELLED.shares, 0).places
    by_split = {place[0]: name for name, place in places.items()}
    quiet = {name: int(split == "train") for split, name in by_split.items()}
    train = {name: 1 for name, place in places.items() if place[0] == "train"}
    divided = of_set(lake, train | quiet, LABELLED.shares, 0)
    assert not divided.as_in_others
    assert {divided.places[name][0] for name in train} == {"train", "valid", "test"}


def test_sources_that_share_copies_are_split_together() -> None:
    copies = {"a/1": "x", "b/1": "x", "b/2": "y", "c/2": "y", "d/3": "z", "e/3": "z"}
    assert linked_sources(["a/9"], copies) == ["a", "b", "c"]
    assert linked_sources(["f/1", "d/1"], copies) == ["d", "e", "f"]


def test_the_rest_of_a_source_comes_along_for_the_splits(tmp_path: Path) -> None:
    lake = click_lake(tmp_path, hours=0.02)
    (first, *_) = names = [row["recording_id"] for row in lake.query("SELECT DISTINCT recording_id FROM calls").rows()]
    found = select(lake, f"recording_id = '{first}'")
    assert found.asked is not None and found.asked.to_pylist() == [first]
    assert set(names) <= set(found.recordings["recording_id"].to_pylist())
    assert plan(found, LABELLED).recordings["recording_id"].to_pylist() == [first]
