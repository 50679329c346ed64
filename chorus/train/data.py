"""From the shard reader to the tensors of a training step."""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from chorus.schemas.sample import Sample
from chorus.shards.read import Batch, Clip, Manifest, Reader, ShardCache, Stretch
from chorus.train.config import FinetuneConfig, PhaseConfig, Recipe
from chorus.train.device import is_gpu, sent
from chorus.train.distributed import World
from chorus.train.frontend import FrontEnd
from chorus.train.losses import Targets
from chorus.train.rehearsal import Rehearsal, Teacher
from chorus.train.targets import frame_targets, is_call

T = TypeVar("T")
ALONE = World()


@dataclass
class Group:
    """Clips of one rate and hop class: waves (B, samples), float32 or 16 bits as stored; lengths (B,) in samples; FFT
    window scales as drawn."""

    waves: Tensor
    lengths: Tensor
    rate: int
    scales: list[float]
    hop_class: int = 0


@dataclass
class StepBatch:
    """What goes through the model at once. Clips whose `teacher` is not "labels" (see rehearsal.py) have no targets
    yet. `padded`: some clips have fewer frames than others; `whole`: each has sound in every patch all the same, so
    that none needs to be left out of attention. `asked`: what a teacher was asked about it ahead of its turn (see
    student.py)."""

    groups: list[Group]
    targets: Targets | None
    frames: int
    padded: bool
    clips: int
    audio_s: float
    teacher: Teacher = "labels"
    whole: bool = False
    asked: Any = None


@dataclass
class Step:
    """What one step learns from: `pieces`, whose gradients are added up. `epoch` and `next_batch` are the reader's
    position after it."""

    pieces: list[StepBatch]
    epoch: int
    next_batch: int


@dataclass(frozen=True)
class Crop:
    """Chooses the stretch of a clip that a step sees: `frames` frames, with chance `on_event` placed on a call."""

    front_end: FrontEnd
    frames: int
    on_event: float = 0.0

    def __call__(self, sample: Sample, draws: random.Random) -> Stretch:
        grid = self.front_end.geometry(sample.sample_rate, hop_class=sample.hop_class or 0)
        length = self.frames * grid.frame_s
        room = sample.duration_s - length
        if room <= 0:
            return 0.0, sample.duration_s
        calls = [e for e in sample.events if is_call(e)]
        start = draws.uniform(0, room)
        if calls and draws.random() < self.on_event:
            call = draws.choice(calls)
            start = draws.uniform(call.start_s - length, call.end_s)
        start = min(max(start, 0.0), room)
        return start, start + length


@dataclass
class Steps:
    """Steps without end, from (epoch, batch) on: `rate_groups` batches of the reader, cut into `accumulate` pieces.

    A step of which no clip can be read is left out. Several processes must all take each step, in as many pieces: one
    that has no clip for a piece gets silence that does not count.
    """

    reader: Reader
    front_end: FrontEnd
    crop_frames: int
    patch_frames: int
    rate_groups: int = 1
    accumulate: int = 1
    with_targets: bool = False
    edge_frames: float = 1.5
    pinned: bool = False
    rehearsals: Sequence[Rehearsal] = ()

    def __call__(self, epoch: int, start: int) -> Iterator[Step]:
        """The steps, put together in a thread while the one before is learned from."""
        return ahead(self.made(epoch, start))

    def made(self, epoch: int, start: int) -> Iterator[Step]:
        """The steps, put together here."""
        try:
            yield from self._made(epoch, start)
        finally:
            for rehearsal in self.rehearsals:
                rehearsal.close()

    def _made(self, epoch: int, start: int) -> Iterator[Step]:
        while True:
            found = False
            batches = self.reader.epoch(epoch, start)
            for number, together in itertools.groupby(batches, lambda b: b.number // self.rate_groups):
                found = True
                pieces = self.pieces(list(together))
                for rehearsal in self.rehearsals:
                    pieces += rehearsal.pieces(epoch, number)
                yield Step(pieces, epoch, (number + 1) * self.rate_groups)
            if not found and start == 0:
                return
            epoch, start = epoch + 1, 0

    def pieces(self, batches: list[Batch]) -> list[StepBatch]:
        """Batches of several rates -> step batches, each with clips of every rate as far as there are any."""
        pieces = []
        count = self.accumulate
        for first in range(count):
            cut = [replace(b, clips=b.clips[(first + k) % count :: count]) for k, b in enumerate(batches)]
            if filled := [b for b in cut if b.clips]:
                pieces.append(self.collate(filled))
            elif self.reader.world > 1:
                pieces.append(self.silence(batches[0].sample_rate))
        return [pin(piece) for piece in pieces] if self.pinned else pieces

    def silence(self, rate: int) -> StepBatch:
        """A clip of nothing: 0 clips, no frame of which is known."""
        hop, frames = self.front_end.geometry(rate).hop, self.patch_frames
        group = Group(torch.zeros(1, hop * frames), torch.tensor([hop * frames]), rate, [1.0])
        targets = Targets(*torch.zeros(5, 1, frames)) if self.with_targets else None
        return StepBatch([group], targets, frames, padded=False, clips=0, audio_s=0.0)

    def collate(self, batches: list[Batch]) -> StepBatch:
        """Batches of several rates -> one step batch. Shorter clips are padded, and marked so."""
        batches = [part for batch in batches for part in by_hop_class(batch)]
        hops = [self.hop(b) for b in batches]
        pairs = list(zip(batches, hops, strict=True))
        counts = [min(len(c.samples) // hop, self.crop_frames) for b, hop in pairs for c in b.clips]
        patch = self.patch_frames
        # with labels every frame is judged; without, the last part of a patch is not worth padding
        columns = -(-max(counts) // patch) if self.with_targets else max(counts) // patch
        frames = min(self.crop_frames, columns * patch) or patch
        counts = [min(count, frames) for count in counts]
        labelled = pairs if self.with_targets else []
        targets = [self.targets(c, b.sample_rate, hop, frames) for b, hop in labelled for c in b.clips]
        return StepBatch(
            groups=[gather_waves(b, hop * frames, self.pinned) for b, hop in pairs],
            targets=join_targets(targets) if targets else None,
            frames=frames,
            padded=min(counts) < frames,
            whole=-(-min(counts) // patch) * patch >= frames,
            clips=len(counts),
            audio_s=sum(n * hop / b.sample_rate for n, (b, hop) in zip(counts, per_clip(pairs), strict=True)),
        )

    def hop(self, batch: Batch) -> int:
        """Samples of a frame of clips that are of one hop class."""
        return self.front_end.geometry(batch.sample_rate, hop_class=hop_class(batch)).hop

    def targets(self, clip: Clip, rate: int, hop: int, frames: int) -> Targets:
        """Targets (1, frames) of one clip."""
        own = min(len(clip.samples) // hop, frames)
        return frame_targets(clip.sample, clip.first_s, own, hop / rate, self.edge_frames, padded_to=frames)


def ahead(items: Iterator[T], count: int = 2) -> Generator[T]:
    """The same items, made in a thread up to `count` before they are asked for."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, items, end) for _ in range(count))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(pool.submit(next, items, end))
                yield item  # type: ignore[misc]
        finally:
            pool.shutdown(cancel_futures=True)
            getattr(items, "close", lambda: None)()


def pin(batch: StepBatch) -> StepBatch:
    """The same in memory that a GPU can fetch from while it computes."""
    groups = [replace(g, waves=g.waves.pin_memory(), lengths=g.lengths.pin_memory()) for g in batch.groups]
    parts = vars(batch.targets) if batch.targets else {}
    targets = Targets(**{name: part.pin_memory() for name, part in parts.items()}) if parts else None
    return replace(batch, groups=groups, targets=targets)


def hop_class(batch: Batch) -> int:
    """That of the first clip: see `by_hop_class`."""
    return batch.clips[0].sample.hop_class or 0


def by_hop_class(batch: Batch) -> list[Batch]:
    """The batch in parts whose clips are of one hop class."""
    classes = sorted({clip.sample.hop_class or 0 for clip in batch.clips})
    if len(classes) == 1:
        return [batch]
    return [replace(batch, clips=[c for c in batch.clips if (c.sample.hop_class or 0) == k]) for k in classes]


def per_clip(pairs: list[tuple[Batch, int]]) -> list[tuple[Batch, int]]:
    """The (batch, hop) of each clip, in order."""
    return [pair for pair in pairs for _ in pair[0].clips]


def gather_waves(batch: Batch, size: int, pinned: bool) -> Group:
    """Stack a batch's clips, cut or padded with zeros to `size` samples."""
    waves, lengths = batch.tensors(size, pinned)
    scales = [c.sample.n_fft_scale or 1.0 for c in batch.clips]
    return Group(waves, lengths, batch.sample_rate, scales, hop_class(batch))


def join_targets(parts: list[Targets]) -> Targets:
    """Stack targets along the batch."""
    names = ("activity", "onset", "offset", "activity_known", "edge_known")
    joined = {name: torch.cat([getattr(p, name) for p in parts]) for name in names}
    return replace(parts[0], **joined)


def spectrograms(front_end: FrontEnd, step: StepBatch, device: torch.device) -> tuple[Tensor, Tensor | None, Tensor]:
    """A step's (spectrogram (B, bins, frames), validity (B, frames) or None without padding, resolution (B, 3))."""
    shown, valid, resolution = [], [], []
    for group in step.groups:
        waves = group.waves.to(device, non_blocking=True)
        with torch.autocast(device.type, enabled=False):
            s, v = front_end(waves, group.lengths, group.rate, group.scales, group.hop_class)
        shown.append(s)
        valid.append(v)
        resolution.append(front_end.resolutions(group.rate, group.scales, group.hop_class))
    return torch.cat(shown), torch.cat(valid) if step.padded else None, sent(torch.cat(resolution), device)


@dataclass(frozen=True)
class ShardSet:
    """A shard set, read the way a recipe wants it; a remote one through `cache`, None: that of the workspace."""

    manifest: Manifest
    recipe: Recipe
    front_end: FrontEnd
    seed: int
    world: World
    cache: ShardCache | None = None

    def reader(self, split: str, config: PhaseConfig, crop: Crop | None = None, world: World = ALONE) -> Reader:
        """A reader of this process' clips in `world`: crops as stored, for the device to convert; without `crop` whole
        clips as float32."""
        return Reader(
            self.manifest,
            split,
            max(1, config.batch_clips // config.rate_groups),
            self.seed,
            crop,
            threads=config.threads,
            rank=world.rank,
            world=world.size,
            dtype="int16" if crop else "float32",
            cache=self.cache,
        )

    def steps(self, reader: Reader, config: PhaseConfig, accumulate: int) -> Steps:
        """The steps of a reader."""
        labels = config if isinstance(config, FinetuneConfig) else None
        return Steps(
            reader,
            self.front_end,
            config.crop_frames,
            self.recipe.encoder.patch_frames,
            config.rate_groups,
            accumulate,
            with_targets=labels is not None,
            edge_frames=labels.edge_frames if labels else 1.0,
            pinned=is_gpu(self.world.device),
        )

    def training(self, config: PhaseConfig, beside: Mapping[Teacher, Manifest] | None = None) -> Steps:
        """This process' part of the training split; clips of other sets come along, by who marks their calls."""
        on_event = config.on_event if isinstance(config, FinetuneConfig) else 0.0
        crop = Crop(self.front_end, config.crop_frames, on_event)
        pieces = -(-config.accumulate // self.world.size)  # each process has its part of the clips only
        steps = self.steps(self.reader("train", config, crop, self.world), config, pieces)
        per_epoch = -(-steps.reader.batches_per_epoch() // config.rate_groups)
        anywhere = config.model_copy(update={"on_event": 0.0})
        pools = {name: replace(self, manifest=pool).training(anywhere) for name, pool in (beside or {}).items()}
        steps.rehearsals = [
            Rehearsal(replace(pool, with_targets=False), per_epoch, name) for name, pool in pools.items()
        ]
        return steps

    def fixed(self, config: PhaseConfig, count: int) -> list[StepBatch]:
        """The same few batches of the validation split for all processes; none where there is no such split."""
        if not self.manifest.split("valid")["shards"]:
            return []
        reader = self.reader("valid", config, Crop(self.front_end, config.crop_frames))
        steps = self.steps(reader, config, config.accumulate * self.world.size)
        return [step.pieces[0] for step in itertools.islice(steps.made(0, 0), count)]
