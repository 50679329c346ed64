"""Batches of a split, epoch after epoch, on any number of ranks, from any position.

Order. The shards of an epoch are shuffled and taken by windows of `window_shards` (16). All clips of a window are
shuffled together, sorted into at most 8 buckets by length for each sample rate, and cut into batches: a batch has one
rate, and lengths of one bucket, or of neighbours where a bucket ends. The batches of a window are shuffled. The order
depends on (seed, epoch), the manifest, `batch_size` and `window_shards`, and on nothing else: not on ranks, threads,
or how fast anything is.

Position. A place in an epoch is a batch number. It stands for (epoch, shard, offset): number n lies in the window whose
batches begin at or before n, and is the (n minus that beginning)-th of them; how many batches each window has follows
from the manifest. To go on from n nothing before n is decoded, and shards of earlier windows are not even opened.

Ranks. The clips of every batch are dealt to the `world` ranks, so all ranks count the same batches, take the same
number of steps, and may go on from batch n with another number of ranks. A rank gets an empty batch where there are
fewer clips than ranks, or where its clips are bad: it has to take part in that step with nothing. The rank that the
dealing begins with moves on by one each batch, so that these do not always fall on the same. (Alone, with world = 1,
no empty batch comes.) Each machine opens every shard, since clips of all shards of a window are dealt to all.

Memory. One batch is decoded ahead of the one that is asked for, or as many more as keep all threads at work.

Damage. A shard that is missing, or not as long as its manifest says, ends the reading at the start with one line: an
exact epoch is not to be had. A clip that is damaged is left out and noted in `bad`; one of a recording that the
manifest is read `without` is left out and not noted. Both leave their batch short.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chorus.errors import ChorusError, ReadError, UsageError
from chorus.schemas.sample import Sample
from chorus.shards.read.buffers import Buffers
from chorus.shards.read.cache import ShardCache
from chorus.shards.read.decode import Choose, Clip, DType, Room, Stretch, label, sound
from chorus.shards.read.index import Place
from chorus.shards.read.manifest import Manifest
from chorus.shards.read.plan import WINDOW_SHARDS, Plan
from chorus.shards.read.remote import is_remote
from chorus.shards.read.window import OpenShard, Windows

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Batch", "Choose", "Reader", "Stretch"]

#: Batches that are decoded ahead, at least; and clips that a thread takes at a time.
AHEAD_BATCHES = 1
CLIPS_AT_A_TIME = 8
#: Batches whose memory is kept for the next ones.
KEPT_BUFFERS = 8


@dataclass(frozen=True)
class Batch:
    """Clips of one sample rate. `number` is the batch's place in its epoch."""

    epoch: int
    number: int
    sample_rate: int
    clips: list[Clip]

    def tensors(self, frames: int | None = None, pinned: bool = False) -> tuple[Tensor, Tensor]:
        """The sound (clips, frames) in the reader's dtype, cut or padded with zeros to `frames` (default: those of the
        longest clip), and each clip's own number of samples in it (clips,). `pinned`: where a GPU can fetch it from."""
        import torch

        size = max((len(c.samples) for c in self.clips), default=0) if frames is None else frames
        lengths = torch.tensor([min(len(c.samples), size) for c in self.clips], dtype=torch.int64)
        dtype = torch.from_numpy(self.clips[0].samples).dtype if self.clips else torch.float32
        waves = torch.empty(len(self.clips), size, dtype=dtype, pin_memory=pinned)
        for row, clip in zip(waves, self.clips, strict=True):
            cut = torch.from_numpy(clip.samples[:size])
            row[: len(cut)] = cut
            row[len(cut) :] = 0
        return waves, lengths


@dataclass(frozen=True)
class Task:
    """A batch to be decoded."""

    number: int
    rate: int
    places: list[Place]
    shards: dict[str, OpenShard]


@dataclass
class Reader:
    """Batches of a split (see the module for order, position, ranks, memory and damage).

    `batch_size` clips to a batch, of all ranks together; fewer where a rate runs out. `choose` picks the stretch of a
    clip to decode; without it the clip comes whole. `dtype` float32 (in -1..1) or int16 (as stored). `threads` decode.
    Shards of a remote set are kept in `cache`; those of the next window come while this one is read. Clips left out are
    in `bad`: 'shard:key' -> reason, or the shard alone for clips that cannot even be named.

    Raises ReadError, when made, for a shard that is missing or not as long as its manifest says.
    """

    manifest: Manifest
    split: str
    batch_size: int
    seed: int = 0
    choose: Choose | None = None
    shuffle: bool = True
    threads: int = 1
    rank: int = 0
    world: int = 1
    dtype: DType = "float32"
    window_shards: int = WINDOW_SHARDS
    cache: ShardCache | None = None
    bad: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.world:
            raise UsageError(f"rank {self.rank} of {self.world}: expected 0 to {self.world - 1}")
        self.shards = self.manifest.shards(self.split)
        remote = is_remote(self.manifest.place)
        cache = self.cache or ShardCache() if remote else None
        self._windows = Windows(self.manifest.place, cache, self.rank, self.bad)
        if cache:
            self._check_cache(cache)
        else:
            self._windows.check_files(self.shards)

    def plan(self, epoch: int) -> Plan:
        """Which clips make up which batch of an epoch."""
        return Plan(self.shards, self.batch_size, self.seed, epoch, self.shuffle, self.window_shards)

    def batches_per_epoch(self, epoch: int = 0) -> int:
        """Batches of an epoch over all ranks. Known from the manifest; it can differ a little between epochs."""
        return sum(self.plan(epoch).sizes())

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """This rank's part of the batches of an epoch from number `start` on, decoded ahead in the background.

        Raises ReadError for a shard that is none or holds other clips than its manifest says.
        """
        waiting: deque[tuple[Task, list[Future[list[Clip]]]]] = deque()
        room = Buffers(self.dtype, KEPT_BUFFERS * self.batch_size).take
        with ThreadPoolExecutor(max(1, self.threads)) as pool:
            try:
                for task in self._tasks(self.plan(epoch), start):
                    waiting.append((task, self._submit(pool, epoch, task, room)))
                    while self._enough([parts for _, parts in waiting]):
                        yield from self._finished(epoch, *waiting.popleft())
                while waiting:
                    yield from self._finished(epoch, *waiting.popleft())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _tasks(self, plan: Plan, start: int) -> Iterator[Task]:
        """This rank's clips of every batch from `start` on."""
        for first, window in self._windows.of(plan, start):
            for number, (rate, places) in enumerate(window.batches, first):
                if number >= start:
                    mine = places[(self.rank + number) % self.world :: self.world]
                    yield Task(number, rate, mine, window.shards)

    # ---- decoding

    def _submit(self, pool: ThreadPoolExecutor, epoch: int, task: Task, room: Room) -> list[Future[list[Clip]]]:
        pieces = [task.places[i : i + CLIPS_AT_A_TIME] for i in range(0, len(task.places), CLIPS_AT_A_TIME)]
        return [pool.submit(self._load, epoch, task, piece, room) for piece in pieces]

    def _enough(self, waiting: list[list[Future[list[Clip]]]]) -> bool:
        """Whether so much is being decoded without the first batch that this may be waited for."""
        rest = waiting[1:]
        return len(rest) >= AHEAD_BATCHES and sum(map(len, rest)) >= 2 * self.threads

    def _load(self, epoch: int, task: Task, places: list[Place], room: Room) -> list[Clip]:
        """Decode a few clips of a batch: all labels, then all sounds, for what runs again runs faster."""
        labels = [(place, self._label(epoch, task, place)) for place in places]
        clips = [self._clip(task, place, *found, room) for place, found in labels if found]
        return [clip for clip in clips if clip]

    def _label(self, epoch: int, task: Task, place: Place) -> tuple[Sample, Stretch] | None:
        try:
            sample = label(task.shards[place.shard].tar, place)
            if not self.manifest.without.isdisjoint((sample.recording_id, *sample.parents)):
                return None
            if self.choose:
                return sample, self.choose(sample, random.Random(f"{self.seed}/{epoch}/{place.key}"))
            return sample, (0.0, sample.duration_s)
        except (OSError, ValueError, ReadError) as error:
            self._note(place, error)
            return None

    def _clip(self, task: Task, place: Place, sample: Sample, stretch: Stretch, room: Room) -> Clip | None:
        try:
            samples, first_s = sound(task.shards[place.shard].tar, place, stretch, room)
            return Clip(sample, first_s, samples)
        except (OSError, ValueError, ReadError) as error:
            self._note(place, error)
            return None

    def _note(self, place: Place, error: Exception) -> None:
        self.bad[f"{place.shard}:{place.key}"] = str(error) or type(error).__name__

    def _finished(self, epoch: int, task: Task, parts: list[Future[list[Clip]]]) -> Iterator[Batch]:
        clips = [clip for part in parts for clip in part.result()]
        if clips or self.world > 1:
            yield Batch(epoch, task.number, task.rate, clips)

    def _check_cache(self, cache: ShardCache) -> None:
        """The window that is read and the next fit into the cache."""
        largest = sorted((shard.bytes or 0 for shard in self.shards), reverse=True)
        needed = sum(largest[: 2 * self.window_shards])
        if needed > cache.limit:
            raise ChorusError(
                f"{cache.folder}: {cache.limit:,} bytes do not hold two windows of {self.window_shards} shards "
                f"({needed:,} bytes): raise the limit (chorus train --cache-gib) or make the window smaller"
            )
