"""Balancing evens out what the training clips hold, keeps their number, and is told in the plan's account."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chorus.shards.balance import Labels, distribution, times
from chorus.shards.plan import Plan, plan
from chorus.shards.settings import ShardSettings
from tests.shards.helpers import call, recording, tables

KEYS = np.random.default_rng(0).integers(0, 2**63, 4000).astype(np.uint64)


def one_class_each(counts: list[int]) -> Labels:
    code = np.repeat(np.arange(len(counts)), counts)
    return Labels(np.arange(len(code)), code, np.ones(len(code), np.int64), [f"c{k}" for k in range(len(counts))])


def after(counts: list[int], **choices: Any) -> Any:
    labels = one_class_each(counts)
    often = times(KEYS[: sum(counts)], labels, ShardSettings(**choices))
    return np.bincount(labels.code, often)


def test_natural_changes_nothing() -> None:
    assert after([700, 30, 4]).tolist() == [700, 30, 4]
    assert after([700, 30, 4], balance=1.0).tolist() == [700, 30, 4]


def test_species_are_made_even_as_far_as_repeats_allow() -> None:
    even = after([900, 300, 300], balance="species")
    assert even.sum() == pytest.approx(1500, rel=0.05)
    assert even == pytest.approx([500] * 3, rel=0.15)
    capped = after([900, 300, 3], balance="species", most_repeats=10)
    assert capped[2] == 30
    assert capped[:2] == pytest.approx([586.5] * 2, rel=0.15)


def test_temperature_lies_between() -> None:
    natural, even = [1600, 400, 100], [700, 700, 700]
    square_root = after(natural, balance=2.0)
    assert square_root == pytest.approx([1200, 600, 300], rel=0.15)
    assert after(natural, balance=1000.0) == pytest.approx(even, rel=0.15)


@given(st.lists(st.integers(1, 300), min_size=2, max_size=8), st.sampled_from(["species", 1.5, 3.0]), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_rarer_classes_are_never_repeated_less(counts: list[int], balance: Any, seed: int) -> None:
    labels = one_class_each(counts)
    chosen = ShardSettings(balance=balance, seed=seed, most_repeats=4)
    often = times(KEYS[: sum(counts)], labels, chosen)
    assert (often == times(KEYS[: sum(counts)], labels, chosen)).all()
    assert often.max() <= 4
    mean = np.bincount(labels.code, often) / counts
    for common, rare in zip(np.argsort(counts)[1:], np.argsort(counts), strict=False):
        assert mean[rare] >= np.floor(mean[common]) - 1e-9 or counts[rare] == counts[common]


def test_the_rarest_class_decides_and_clips_without_one_stay() -> None:
    labels = Labels(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 0]), np.ones(4, np.int64), ["common", "rare"])
    often = times(KEYS[:5], labels, ShardSettings(balance="species"))
    assert often[1] >= often[0] and often[1] >= often[2]
    assert often[3:].tolist() == [1, 1]


def test_distribution_counts_clips_and_events() -> None:
    labels = Labels(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([2, 1, 3]), ["orca", "seal"])
    found = distribution(labels, np.array([0, 0, 1]), ["a", "b"], np.array([1, 3, 1]))
    assert found == {
        "clips": 5,
        "events": 2 + 3 * 1 + 3 * 3,
        "species": {"orca": {"clips": 4, "events": 5}, "seal": {"clips": 3, "events": 9}},
        "sources": {"a": {"clips": 4, "events": 14}, "b": {"clips": 1, "events": 0}},
    }


def planned(**choices: Any) -> Plan:
    recordings = [recording(f"{source}/{k}.wav") for source, n in (("a", 30), ("b", 6)) for k in range(n)]
    species = {"a": "wren", "b": "owl"}
    calls = [call(r["recording_id"], t, t + 1.0, species=species[r["source"]]) for r in recordings for t in (5.0, 35.0)]
    return plan(tables(recordings, calls), ShardSettings(clip_seconds=10, **choices))


@pytest.mark.parametrize("balance", ["natural", "species", "source", 2.0])
def test_the_account_tells_what_is_in_the_plan(balance: Any) -> None:
    found = planned(balance=balance)
    rows = found.table.to_pylist()
    train = [row["cuts"][0] for row in rows if row["split"] == "train"]
    told = found.account["balance"]
    assert told["by"] == balance
    assert told["after"]["clips"] == len(train)
    sources = Counter(cut["source"] for cut in train)
    assert {name: entry["clips"] for name, entry in told["after"]["sources"].items()} == sources
    events = Counter(event["species"] for cut in train for event in cut["events"])
    assert {name: entry["events"] for name, entry in told["after"]["species"].items()} == events
    share = sources["b"] / len(train)
    assert share < 0.2 if balance == "natural" else share > 0.22
    keys = [row["key"] for row in rows]
    assert len(set(keys)) == len(keys)
    others = {row["key"] for row in rows if row["split"] != "train"}
    assert others == {row["key"] for row in planned().table.to_pylist() if row["split"] != "train"}


def test_words_that_are_no_balance() -> None:
    assert ShardSettings(balance="2.5").balance == 2.5
    for wrong in ("even", "0", "nan", "-1"):
        with pytest.raises(ValidationError):
            ShardSettings(balance=wrong)
