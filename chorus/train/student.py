"""A detector that learned from few labels teaches another one, which hears the pool's clips too (noisy student).

The first one, trained from scratch, marks the clips without labels as they are; the second one, fresh from the
pretrained encoder, learns from these marks and from the labels, with more noise on what it hears. So it meets the
backgrounds and calls that no label was bought for, and sees fewer calls in them than its teacher did. It takes over its
teacher's decoding, as that is what made the marks, but for the thresholds (see `chorus.train.steady`). (Xie et al.
2020, "Self-training with Noisy Student improves ImageNet classification", arXiv 1911.04252.)

<run>/teacher.safetensors, teacher.json   the first detector and its card
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from chorus.train import export
from chorus.train.config import FinetuneConfig, Recipe
from chorus.train.data import StepBatch
from chorus.train.decode import Decodings, decode
from chorus.train.device import Fetched, sent
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Predictor
from chorus.train.losses import Targets
from chorus.train.targets import bumps, covered

WEIGHTS, CARD = "teacher.safetensors", "teacher.json"
#: Steps of the student for each of its teacher's.
LONGER = 3
#: The noise floor of what the student hears is raised by up to this much.
NOISE_DB = 12.0


def share_steps(config: FinetuneConfig) -> tuple[FinetuneConfig, FinetuneConfig]:
    """The settings of the teacher, which are those of a detector without a student, and of the student; a limit of time
    is for both together."""
    limit = config.max_seconds

    def part(steps: int) -> FinetuneConfig:
        seconds = limit and limit * steps / (config.steps * (1 + LONGER))
        return config.model_copy(update={"steps": steps, "max_seconds": seconds})

    return part(config.steps), part(config.steps * LONGER)


def load_teacher(run: Path, recipe: Recipe, front_end: FrontEnd, device: torch.device) -> Predictor:
    """The teacher of a run. Raises ReadError when its files are damaged."""
    detector = export.build_detector(recipe)
    export.load_weights(detector, run / WEIGHTS)
    decodings = Decodings.from_dict(export.open_card(run / CARD)["decoding"])
    return Predictor(detector.to(device).eval(), front_end, decodings, recipe.finetune.crop_frames, device)


@dataclass(frozen=True)
class Question:
    """A batch that the teacher is asked about: its `spectrograms` (see `chorus.train.data.spectrograms`), and the
    probabilities (B, 3, frames) that it answers, which a GPU may still be computing."""

    spectrograms: tuple[Tensor, Tensor | None, Tensor]
    answer: Fetched

    @classmethod
    @torch.no_grad()
    def of(cls, teacher: Predictor, spectrograms: tuple[Tensor, Tensor | None, Tensor]) -> Question:
        """Ask it."""
        return cls(spectrograms, Fetched(teacher.detector(*spectrograms).float().sigmoid()))


def taught_targets(teacher: Predictor, piece: StepBatch, asked: Question, edge_frames: float) -> Targets:
    """What the teacher marks in a batch: its events are calls, what it is not sure of is not known."""
    shown, valid, _ = asked.spectrograms
    octaves = [teacher.front_end.octave(group.rate) for group in piece.groups for _ in group.lengths]
    found = asked.answer.wait().transpose(1, 2).numpy()
    parts = [marked(p, teacher, octave, edge_frames) for p, octave in zip(found, octaves, strict=True)]
    joined = sent(torch.stack([torch.stack(part) for part in parts], dim=1), shown.device)
    activity, onset, offset, known = joined if valid is None else joined * valid
    return Targets(activity, onset, offset, known, known)


def marked(
    probabilities: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    teacher: Predictor,
    octave: int,
    edge_frames: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(frames, 3) -> activity, onset, offset and what is known of one clip, (frames,) each. Calls that the clip cuts
    have no start or no end."""
    how = teacher.decodings.at(octave)
    frames = len(probabilities)
    events = [(event.start, event.end) for event in decode(probabilities, how)]
    active = covered(torch.arange(frames) + 0.5, events)
    quiet = torch.from_numpy(probabilities[:, 0] < how.threshold * how.low)
    onset = bumps([start for start, _ in events if start > 0], frames, edge_frames)
    offset = bumps([end for _, end in events if end < frames], frames, edge_frames)
    return active.float(), onset, offset, (active | quiet).float()
