"""What augmentation may use beside a clip: the right kind, of the same split, and only where a step asks for it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas import Split
from chorus.shards.augment.recipe import Recipe
from chorus.shards.partners import Partners, Role
from chorus.shards.plan import plan
from chorus.shards.settings import ShardSettings
from tests.shards.helpers import call, recording, tables

MIX = {"probability": 1.0, "snr_db": (0.0, 0.0), "clips": (3, 3)}
STITCH = {"probability": 1.0, "fade_s": (0.01, 0.01), "match_db": 0.0}
NOISE = {"probability": 1.0, "snr_db": (0.0, 0.0), "beds": ["white"], "lake_share": 1.0, "most_rise_db": 0.0}


def partners(count: int = 40, seconds: float = 10.0, **steps: Any) -> Partners:
    """Windows 0.. of `count` clips at 8 and 16 kHz (even, odd numbers); every fifth is without calls; four species."""
    window = np.arange(count)
    return Partners(
        {8000: window[::2], 16000: window[1::2]},
        np.full(count, seconds),
        window % 5 != 0,
        window % 5 == 0,
        lambda w: frozenset({f"species {w // 2 % 4}"}),
        ShardSettings(clip_seconds=10, copies=1, recipe=Recipe.model_validate(steps)),
    )


def drawn(found: Partners, key: str, window: int, rate: int) -> dict[Role, list[int]]:
    by_role: dict[Role, list[int]] = {}
    for role, other in found.drawn(key, window, rate):
        by_role.setdefault(role, []).append(other)
    return by_role


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_each_step_gets_what_it_needs(seed: int) -> None:
    found = drawn(partners(mix=MIX, stitch=STITCH, noise=NOISE), f"k{seed}", 3, 16000)
    assert len(found[Role.mix]) == 2 and all(w % 2 == 1 and w % 5 and w != 3 for w in found[Role.mix])
    assert len(found[Role.stitch]) == 1 and found[Role.stitch][0] % 2 == 1 and found[Role.stitch] != [3]
    assert len(found[Role.noise]) == 1 and found[Role.noise][0] % 10 == 5
    assert drawn(partners(mix=MIX), f"k{seed}", 3, 16000) == {Role.mix: found[Role.mix]}


def test_nothing_is_drawn_for_steps_that_will_not_be_applied() -> None:
    half = {name: step | {"probability": 0.5} for name, step in (("mix", MIX), ("stitch", STITCH), ("noise", NOISE))}
    found = partners(**half)
    counts = Counter(role for k in range(400) for role in drawn(found, f"k{k}", 3, 16000))
    assert all(160 < counts[role] < 240 for role in (Role.mix, Role.stitch, Role.noise))
    assert drawn(partners(), "k", 3, 16000) == {}


@pytest.mark.parametrize(("relation", "same"), [("group", {True}), ("chorus", {False}), ("any", {True, False})])
def test_species_follow_the_recipe(relation: str, same: set[bool]) -> None:
    found = partners(mix=MIX | {"relation": {relation: 1.0}})
    others = [w for k in range(60) for w in drawn(found, f"k{k}", 3, 16000)[Role.mix]]
    assert {w // 2 % 4 == 1 for w in others} == same


def test_without_a_clip_that_fits_there_is_none() -> None:
    found = partners(count=4, mix=MIX | {"relation": {"group": 1.0}})
    assert drawn(found, "k", 3, 16000) == {}
    assert drawn(partners(count=1, stitch=STITCH, mix=MIX, noise=NOISE), "k", 0, 8000) == {}


def test_lower_rates_where_the_recipe_says_so() -> None:
    found = partners(mix=MIX | {"lower_rates": 1.0})
    assert all(w % 2 == 0 for k in range(20) for w in drawn(found, f"k{k}", 3, 16000)[Role.mix])
    assert drawn(found, "k", 4, 8000) == {}


def test_sequences_get_clips_for_their_length() -> None:
    short = partners(seconds=2.0, stitch=STITCH)
    assert len(drawn(short, "k", 3, 16000)[Role.stitch]) == 5
    minutes = partners(stitch=STITCH | {"length_s": (120.0, 120.0)})
    assert len(drawn(minutes, "k", 3, 16000)[Role.stitch]) == 12


def test_partners_are_of_the_same_split_and_never_held_out() -> None:
    recordings = [recording(f"s/{k}.wav", rate=(1000, 2000)[k % 2]) for k in range(24)]
    recordings += [recording(f"t/{k}.wav", split="test") for k in range(4)]
    recordings += [recording(f"dcase/{k}.wav") for k in range(4)]
    calls = [call(r["recording_id"], float(t), t + 0.5, species="orca") for r in recordings for t in (5, 30)]
    recipe = Recipe.model_validate({"mix": MIX | {"lower_rates": 0.5}, "stitch": STITCH, "noise": NOISE})
    chosen = ShardSettings(clip_seconds=5, copies=2, recipe=recipe)
    rows = plan(tables(recordings, calls, held_out=("dcase",)), chosen).table.to_pylist()
    split_of = {row["cuts"][0]["recording_id"]: row["split"] for row in rows}
    roles: Counter[str] = Counter()
    for row in rows:
        assert row["cuts"][0]["role"] == "base" and (len(row["cuts"]) == 1 or row["copy"] > 0)
        for cut in row["cuts"][1:]:
            roles[cut["role"]] += 1
            assert row["split"] == Split.train.value == split_of[cut["recording_id"]]
            assert cut["sample_rate"] <= row["sample_rate"] or cut["role"] == "noise"
            assert not cut["recording_id"].startswith("dcase")
            if cut["role"] == "noise":
                assert cut["events"] == []
    assert set(roles) == {"mix", "stitch", "noise"}
    assert any(name.startswith("t/") and split == "test" for name, split in split_of.items())


def test_noise_of_the_lake_comes_from_where_everything_was_listened_to() -> None:
    """Rows of wind lie in recordings that are annotated in many ways; only some stretches are known to hold no call."""
    recordings = [recording(f"full/{k}.wav", 30) for k in range(8)]
    calls = [call(r["recording_id"], t, t + 1, label="A") for r in recordings for t in range(2, 30, 3)]
    intervals = [{"start_s": 12.0, "end_s": 33.0}, {"start_s": 30.0, "end_s": 50.0}]
    ways: dict[str, dict[str, Any]] = {
        "none": {"annotated": "none"},
        "weak": {"annotated": "weak"},
        "untold": {"annotated": "partial"},
        "around": {"annotated": "partial", "annotated_intervals": intervals},
        "beside": {"annotated": "partial", "annotated_intervals": [{"start_s": 0.0, "end_s": 30.5}]},
        "other": {"channels": 2},
        "known": {},
    }
    for name, facts in ways.items():
        recordings += [recording(f"{name}/{k}.wav", **facts) for k in range(8)]
        calls += [call(f"{name}/{k}.wav", 30, 31, label="wind", kind="noise") for k in range(8)]
        calls += [call(f"{name}/{k}.wav", 30, 31, label="B", channel=2) for k in range(8) if name == "other"]
    wanted = pa.array([row["call_id"] for row in calls if row["label"] != "B"])
    found = tables(recordings, calls, wanted=wanted, reviewed=pa.array([], pa.string()))
    recipe = Recipe.model_validate({"noise": NOISE})
    chosen = ShardSettings(clip_seconds=10, copies=4, recipe=recipe, negative_ratio=5, negative_margin_s=30)
    cuts = [cut for row in plan(found, chosen).table.to_pylist() for cut in row["cuts"]]
    assert {cut["source"] for cut in cuts if cut["role"] == "base"} == {"full", *ways}
    assert {cut["source"] for cut in cuts if cut["role"] == "noise"} == {"around", "known"}
