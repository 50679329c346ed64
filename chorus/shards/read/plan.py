"""Which clips make up which batch of an epoch. How many batches there are, and where each lies, follows from the
manifest alone: no shard is opened for it, and all ranks agree."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chorus.shards.read.index import Place
from chorus.shards.read.manifest import Shard

#: Shards whose clips are shuffled together.
WINDOW_SHARDS = 16
#: Buckets that the clips of one rate in a window are put into by their length.
LENGTH_BUCKETS = 8

#: Sample rate and clips of a batch.
Clips = tuple[int, list[Place]]


@dataclass(frozen=True)
class Plan:
    """An epoch over `shards`. Equal arguments give equal batches."""

    shards: Sequence[Shard]
    batch_size: int
    seed: int
    epoch: int
    shuffle: bool = True
    window_shards: int = WINDOW_SHARDS

    def windows(self) -> list[list[Shard]]:
        """The shards in the order of the epoch, a window at a time."""
        shards = list(self.shards)
        if self.shuffle:
            random.Random(f"{self.seed}/{self.epoch}/shards").shuffle(shards)
        return [shards[i : i + self.window_shards] for i in range(0, len(shards), self.window_shards)]

    def sizes(self) -> list[int]:
        """The number of batches in each window."""
        return [sum(self.counts(window).values()) for window in self.windows()]

    def counts(self, window: Iterable[Shard]) -> dict[int, int]:
        """The number of batches of each rate in a window."""
        clips: Counter[int] = Counter()
        for shard in window:
            clips.update(shard.rates)
        return {rate: -(-clips[rate] // self.batch_size) for rate in sorted(clips)}

    def batches(self, number: int, window: Sequence[Shard], places: Iterable[Place]) -> list[Clips]:
        """All batches of window `number`, in order. Clips that are missing make the last batches of a rate short, or
        empty; their number stays."""
        order = random.Random(f"{self.seed}/{self.epoch}/window-{number}")
        by_rate: dict[int, list[Place]] = defaultdict(list)
        for place in places:
            by_rate[place.rate].append(place)
        batches: list[Clips] = []
        for rate, count in self.counts(window).items():
            found = by_rate[rate]
            if self.shuffle:
                order.shuffle(found)
            found = by_length(found)
            batches += [(rate, found[k * self.batch_size : (k + 1) * self.batch_size]) for k in range(count)]
        if self.shuffle:
            order.shuffle(batches)
        return batches


def by_length(places: list[Place]) -> list[Place]:
    """Clips of one rate, the bucket of the shortest first; order inside a bucket stays.

    The greatest length, which clips have unless their recording ends, is a bucket of its own; the others that occur, in
    order, are cut into LENGTH_BUCKETS - 1 equal runs (fewer where there are fewer lengths).
    """
    lengths = sorted({place.frames for place in places})
    runs = max(len(lengths), LENGTH_BUCKETS) - 1
    bucket = {frames: k * (LENGTH_BUCKETS - 1) // runs for k, frames in enumerate(lengths)}
    return sorted(places, key=lambda place: bucket[place.frames])
