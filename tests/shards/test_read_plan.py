"""The plan of an epoch: what the manifest alone tells, windows, buckets of length."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.shards.read.index import Place
from chorus.shards.read.manifest import Shard
from chorus.shards.read.plan import LENGTH_BUCKETS, Plan, by_length

RATES = (8000, 44100)


def shard_of(number: int, clips: list[tuple[int, int]]) -> tuple[Shard, list[Place]]:
    """A shard of (rate, frames) clips, as its manifest describes it, and its clips."""
    file = f"train/shard-{number:06d}.tar"
    rates = {rate: sum(r == rate for r, _ in clips) for rate in {r for r, _ in clips}}
    return Shard(file, rates), [Place(file, f"{number}-{k}", r, n, (0, 0), (0, 0)) for k, (r, n) in enumerate(clips)]


contents = st.lists(st.lists(st.tuples(st.sampled_from(RATES), st.integers(1, 30)), max_size=9), max_size=7)


@given(contents, st.integers(1, 6), st.integers(1, 4), st.integers(0, 3), st.booleans(), st.data())
@settings(max_examples=40, deadline=None)
def test_batches_are_as_many_as_the_manifest_says_whatever_is_missing(
    clips: list[list[tuple[int, int]]], size: int, window: int, epoch: int, shuffle: bool, data: st.DataObject
) -> None:
    made = [shard_of(k, inside) for k, inside in enumerate(clips)]
    places = {shard.file: found for shard, found in made}
    plan = Plan([shard for shard, _ in made], size, 5, epoch, shuffle, window)
    seen = []
    for number, (shards, count) in enumerate(zip(plan.windows(), plan.sizes(), strict=True)):
        assert len(shards) <= window
        there = [place for shard in shards for place in places[shard.file]]
        kept = [place for place in there if data.draw(st.booleans())]
        assert len(plan.batches(number, shards, kept)) == count
        batches = plan.batches(number, shards, there)
        assert len(batches) == count
        assert all(0 < len(b) <= size and {p.rate for p in b} == {rate} for rate, b in batches)
        seen += [place.key for _, batch in batches for place in batch]
    assert sorted(seen) == sorted(place.key for found in places.values() for place in found)


@given(st.lists(st.integers(1, 10**6), max_size=200))
def test_buckets_are_in_order_of_length_and_keep_the_order_inside(lengths: list[int]) -> None:
    places = [Place("a", str(k), 8000, n, (0, 0), (0, 0)) for k, n in enumerate(lengths)]
    found = by_length(places)
    assert sorted(p.key for p in found) == sorted(p.key for p in places)
    keys = [int(p.key) for p in found]
    breaks = [k for k in range(1, len(keys)) if keys[k] < keys[k - 1]]
    assert len(breaks) < LENGTH_BUCKETS
    for k in breaks:
        assert max(p.frames for p in found[:k]) < min(p.frames for p in found[k:])


def test_batches_are_uniform_in_length() -> None:
    """Most clips have full length, some any: padding to the longest of a batch costs little."""
    draws = random.Random(0)
    clips = [(8000, 80_000 if draws.random() < 0.9 else draws.randint(4_000, 79_999)) for _ in range(4096)]
    shard, places = shard_of(0, clips)
    batches = Plan([shard], 32, 0, 0).batches(0, [shard], places)
    padded = sum(max(p.frames for p in b) * len(b) for _, b in batches)
    assert padded / sum(frames for _, frames in clips) < 1.02
    full = [b for _, b in batches if {p.frames for p in b} == {80_000}]
    assert len(full) > 0.85 * len(batches)
    shuffled = [int(p.key.split("-")[1]) for b in full for p in b]
    assert abs(sum(b > a for a, b in pairwise(shuffled)) / len(shuffled) - 0.5) < 0.05
