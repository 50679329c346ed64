"""Detectors that learned from few labels teach another one, which hears the pool's clips too (noisy student).

The teachers, each trained from scratch with other random numbers, mark the clips without labels as they are, by the
mean of what they say: where one of them errs by chance the others do not. The student, fresh from the pretrained
encoder, learns from these marks and from the labels, with more noise on what it hears. So it meets the backgrounds and
calls that no label was bought for. The labels count less than the marks, else it learns these few by heart. (Xie et al.
2020, "Self-training with Noisy Student improves ImageNet classification", arXiv 1911.04252; Lakshminarayanan et al.
2017, "Simple and scalable predictive uncertainty estimation using deep ensembles", arXiv 1612.01474.)

<run>/teach-1.safetensors ...   the teachers
      teachers.json             their common card
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chorus.train import export
from chorus.train.config import TEACH, FinetuneConfig, Recipe, Stage
from chorus.train.data import StepBatch
from chorus.train.decode import Decodings, decode
from chorus.train.detector import Detector
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Predictor
from chorus.train.losses import Targets
from chorus.train.targets import bumps, covered

CARD = "teachers.json"
#: Steps of the student for each of a teacher's.
LONGER = 2
#: Weight of the labels in what the student learns, beside that of the marks.
LABELS = 0.2
#: The noise floor of what the student hears is raised by up to this much.
NOISE_DB = 12.0


class Committee(nn.Module):
    """Detectors as one: the mean of their logits."""

    def __init__(self, members: Sequence[Detector]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.encoder = members[0].encoder

    def forward(self, spectrogram: Tensor, valid: Tensor | None, resolution: Tensor) -> Tensor:
        """As a Detector's: -> (B, 3, frames)."""
        return torch.stack([member(spectrogram, valid, resolution) for member in self.members]).mean(0)


def weights_of(name: Stage) -> str:
    """The file of a teacher."""
    return f"{name}.safetensors"


def share_steps(config: FinetuneConfig) -> tuple[FinetuneConfig, FinetuneConfig]:
    """The settings of each teacher, which are those of a detector without a student, and of the student; a limit of
    time is for all together."""
    limit = config.max_seconds

    def part(steps: int) -> FinetuneConfig:
        seconds = limit and limit * steps / (config.steps * (len(TEACH) + LONGER))
        return config.model_copy(update={"steps": steps, "max_seconds": seconds})

    return part(config.steps), part(config.steps * LONGER)


def load_teachers(
    run: Path, recipe: Recipe, front_end: FrontEnd, device: torch.device, decodings: Decodings | None = None
) -> Predictor:
    """The teachers of a run as one, with the decoding of their card unless another is given. Raises ReadError when
    their files are damaged."""
    members = []
    for name in TEACH:
        members.append(export.build_detector(recipe))
        export.load_weights(members[-1], run / weights_of(name))
    committee: Any = Committee(members).to(device).eval()
    decodings = decodings or Decodings.from_dict(export.open_card(run / CARD)["decoding"])
    return Predictor(committee, front_end, decodings, recipe.finetune.crop_frames, device)


@torch.no_grad()
def taught_targets(
    teacher: Predictor, piece: StepBatch, shown: Tensor, valid: Tensor | None, resolution: Tensor, edge_frames: float
) -> Targets:
    """What the teacher marks in a batch: its events are calls, what it is not sure of is not known.

    `shown` (B, bins, frames), `valid` (B, frames) bool, None without padding, `resolution` (B, 3).
    """
    found = teacher.detector(shown, valid, resolution).float().sigmoid().transpose(1, 2).cpu().numpy()
    octaves = [teacher.front_end.octave(group.rate) for group in piece.groups for _ in group.lengths]
    parts = [marked(p, teacher, octave, edge_frames) for p, octave in zip(found, octaves, strict=True)]
    joined = torch.stack([torch.stack(part) for part in parts], dim=1).to(shown.device)
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
