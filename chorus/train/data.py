"""From the shard reader to the tensors of a training step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from chorus.schemas.sample import Sample
from chorus.shards.read import Batch, Clip, Reader, Stretch
from chorus.train.frontend import FrontEnd
from chorus.train.losses import Targets
from chorus.train.targets import frame_targets, is_call


@dataclass
class Group:
    """Clips of one rate: waves (B, samples), lengths (B,) in samples, the drawn FFT window scales."""

    waves: Tensor
    lengths: Tensor
    rate: int
    scales: list[float]


@dataclass
class StepBatch:
    """What one step learns from. `epoch` and `next_batch` are the reader's position after it."""

    groups: list[Group]
    targets: Targets | None
    frames: int
    padded: bool
    clips: int
    audio_s: float
    epoch: int
    next_batch: int


@dataclass(frozen=True)
class Crop:
    """Chooses the stretch of a clip that a step sees: `frames` frames, with chance `on_event` placed on a call."""

    front_end: FrontEnd
    frames: int
    on_event: float = 0.0

    def __call__(self, sample: Sample, draws: random.Random) -> Stretch:
        length = self.frames * self.front_end.geometry(sample.sample_rate).frame_s
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
    """Step batches without end, from (epoch, batch) on: `rate_groups` reader batches each."""

    reader: Reader
    front_end: FrontEnd
    crop_frames: int
    patch_frames: int
    rate_groups: int = 1
    with_targets: bool = False
    edge_frames: float = 1.5

    def __call__(self, epoch: int, start: int) -> Iterator[StepBatch]:
        while True:
            found = False
            waiting: list[Batch] = []
            for batch in self.reader.epoch(epoch, start):
                found = True
                waiting.append(batch)
                if len(waiting) == self.rate_groups:
                    yield self.collate(waiting)
                    waiting = []
            if waiting:
                yield self.collate(waiting)
            if not found and start == 0:
                return
            epoch, start = epoch + 1, 0

    def collate(self, batches: list[Batch]) -> StepBatch:
        """Batches of several rates -> one step. Shorter clips are padded, and marked so."""
        hops = [self.front_end.geometry(b.sample_rate).hop for b in batches]
        pairs = list(zip(batches, hops, strict=True))
        counts = [min(len(c.samples) // hop, self.crop_frames) for b, hop in pairs for c in b.clips]
        frames = min(self.crop_frames, -(-max(counts) // self.patch_frames) * self.patch_frames) or self.patch_frames
        targets = (
            [self.targets(c, b.sample_rate, frames) for b in batches for c in b.clips] if self.with_targets else []
        )
        return StepBatch(
            groups=[gather_waves(b, hop * frames) for b, hop in pairs],
            targets=join_targets(targets) if targets else None,
            frames=frames,
            padded=min(counts) < frames,
            clips=len(counts),
            audio_s=sum(n * hop / b.sample_rate for n, (b, hop) in zip(counts, per_clip(pairs), strict=True)),
            epoch=batches[-1].epoch,
            next_batch=batches[-1].number + 1,
        )

    def targets(self, clip: Clip, rate: int, frames: int) -> Targets:
        """Targets (1, frames) of one clip."""
        hop = self.front_end.geometry(rate).hop
        own = min(len(clip.samples) // hop, frames)
        return frame_targets(clip.sample, clip.first_s, own, hop / rate, self.edge_frames, padded_to=frames)


def per_clip(pairs: list[tuple[Batch, int]]) -> list[tuple[Batch, int]]:
    """The (batch, hop) of each clip, in order."""
    return [pair for pair in pairs for _ in pair[0].clips]


def gather_waves(batch: Batch, size: int) -> Group:
    """Stack a batch's clips, cut or padded with zeros to `size` samples."""
    waves = torch.zeros(len(batch.clips), size)
    lengths = torch.tensor([min(len(c.samples), size) for c in batch.clips])
    for row, clip in enumerate(batch.clips):
        cut = torch.from_numpy(clip.samples[:size])
        waves[row, : len(cut)] = cut
    scales = [c.sample.n_fft_scale or 1.0 for c in batch.clips]
    return Group(waves, lengths, batch.sample_rate, scales)


def join_targets(parts: list[Targets]) -> Targets:
    """Stack targets along the batch."""
    names = ("activity", "onset", "offset", "activity_known", "edge_known")
    joined = {name: torch.cat([getattr(p, name) for p in parts]) for name in names}
    return replace(parts[0], **joined)


def spectrograms(front_end: FrontEnd, step: StepBatch, device: torch.device) -> tuple[Tensor, Tensor | None, Tensor]:
    """A step's (spectrogram (B, bins, frames), validity (B, frames) or None without padding, resolution (B, 3))."""
    shown, valid, resolution = [], [], []
    for group in step.groups:
        waves, lengths = group.waves.to(device, non_blocking=True), group.lengths.to(device, non_blocking=True)
        with torch.autocast(device.type, enabled=False):
            s, v = front_end(waves, lengths, group.rate, group.scales)
        shown.append(s)
        valid.append(v)
        resolution.append(front_end.resolutions(group.rate, group.scales))
    return torch.cat(shown), torch.cat(valid) if step.padded else None, torch.cat(resolution).to(device)
