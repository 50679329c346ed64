"""The two things that are learned: to fill in hidden patches, and to mark calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chorus.train import student
from chorus.train.augment import augment, mix
from chorus.train.config import FinetuneConfig, PhaseConfig, Recipe
from chorus.train.data import StepBatch, spectrograms
from chorus.train.detector import Detector
from chorus.train.device import sent
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Predictor
from chorus.train.losses import Targets, detection_counts, detection_errors
from chorus.train.mae import Covered, MaskedAutoencoder
from chorus.train.pseudo import pseudo_targets
from chorus.train.rehearsal import Teacher

#: Clips in a picture of the reconstruction.
DRAWN = 3
TEACHERS: tuple[Teacher, ...] = ("labels", "itself", "detector")


class PretrainTask:
    """Masked autoencoding: the loss is the error of the predicted patches."""

    def __init__(self, model: MaskedAutoencoder, front_end: FrontEnd, recipe: Recipe, device: torch.device) -> None:
        self.autoencoder, self.front_end, self.device = model, front_end, device
        self.config: PhaseConfig = recipe.pretrain
        self.model: nn.Module = model

    def flops(self, piece: StepBatch) -> float:
        """Of learning from a batch."""
        return piece.clips * self.autoencoder.flops(self.front_end.bins, piece.frames)

    def foresee(self, piece: StepBatch) -> None:
        """Nothing of a batch can be begun before its turn."""

    def prepare(self, piece: StepBatch, generator: torch.Generator) -> Covered:
        """A batch with most of its patches hidden."""
        shown, valid, resolution = spectrograms(self.front_end, piece, self.device)
        if self.model.training:
            shown = augment(shown, generator, **self.config.augment.model_dump())
        return self.autoencoder.cover(shown, valid, resolution, generator)

    def errors(self, ready: Covered) -> Tensor:
        """Sum of the errors of its patches, (1,)."""
        errors: Tensor = self.autoencoder(ready).errors
        return errors

    def weights(self, counts: Tensor) -> Tensor:
        """Each patch counts the same."""
        return 1 / counts.clamp(min=1)

    def judge(self, pieces: Sequence[StepBatch]) -> dict[str, float]:
        """Mean loss over batches, with the same masks each time; also in the spectrogram's own units, (10 dB)^2."""
        ready = (self.prepare(piece, torch.Generator().manual_seed(i)) for i, piece in enumerate(pieces))
        found = [self.autoencoder(covered) for covered in ready]
        sums = torch.stack([torch.cat([r.errors, r.plain_errors, r.counts]) for r in found]).sum(0)
        loss, plain = (sums[:2] * self.weights(sums[2])).tolist()
        return {"valid_loss": loss, "valid_plain_loss": plain}

    def panels(self, piece: StepBatch) -> list[tuple[str, Any]]:
        """Of the first clips, for log.draw_reconstruction: original, what was seen, and with the predictions put in."""
        shown, valid, resolution = spectrograms(self.front_end, piece, self.device)
        shown, resolution = shown[:DRAWN], resolution[:DRAWN]
        generator = torch.Generator().manual_seed(0)
        covered = self.autoencoder.cover(shown, None if valid is None else valid[:DRAWN], resolution, generator, 1.0)
        seen, filled = self.autoencoder.picture(covered, self.autoencoder(covered).prediction)
        named = (("original", shown), ("visible patches", seen), ("reconstructed", filled))
        return [(name, values.float().cpu().numpy()) for name, values in named]


@dataclass
class Lesson:
    """A batch with the truth about it: what the detector hears (see `Detector.forward`), the targets, and who says so,
    as a place in TEACHERS. `counts` (12,): what the three errors are divided by, and the clips, for each teacher."""

    heard: tuple[Tensor, Tensor | None, Tensor]
    targets: Targets
    teacher: int
    counts: Tensor


class FinetuneTask:
    """Detection: the loss compares activity, onset and offset with the labels. Clips of other teachers together count
    as much as those with labels do, and all in the share that has labels: else the few that are left over at the end of
    an epoch would count as much as a whole batch of them."""

    def __init__(
        self,
        model: Detector,
        front_end: FrontEnd,
        recipe: Recipe,
        device: torch.device,
        teacher: Predictor | None = None,
    ) -> None:
        self.front_end, self.device, self.teacher = front_end, device, teacher
        self.config: FinetuneConfig = recipe.finetune
        self.detector = model
        self.model: nn.Module = model
        self.shares = torch.tensor([1.0, self.config.edge_weight, self.config.edge_weight], device=device)

    def flops(self, piece: StepBatch) -> float:
        """Of learning from a batch."""
        return piece.clips * self.detector.flops(self.front_end.bins, piece.frames)

    def foresee(self, piece: StepBatch) -> None:
        """Ask the teacher about a batch whose turn is to come: by then its answer is on the CPU, and no GPU has to be
        waited for."""
        if self.teacher and piece.teacher == "detector" and piece.clips:
            piece.asked = student.Question.of(self.teacher, spectrograms(self.front_end, piece, self.device))

    def prepare(self, piece: StepBatch, generator: torch.Generator) -> Lesson:
        """A batch with its targets, changed as the recipe says."""
        config = self.config
        if not piece.asked:
            self.foresee(piece)
        heard = piece.asked.spectrograms if piece.asked else spectrograms(self.front_end, piece, self.device)
        targets, (shown, valid, resolution) = self.targets(piece, heard), heard
        changes = config.augment.model_dump()
        if self.model.training:
            if config.mix:
                shown, targets = mix(shown, targets, config.mix, config.mix_db, generator)
            if piece.teacher == "detector":
                changes["noise_db"] = max(changes["noise_db"], student.NOISE_DB)
            shown = augment(shown, generator, **changes)
        teacher = TEACHERS.index(piece.teacher)
        clips = sent(torch.tensor([float(piece.clips)]), self.device)
        counts = by_teacher(torch.cat([detection_counts(targets), clips]), teacher)
        return Lesson((shown, None if piece.whole else valid, resolution), targets, teacher, counts)

    def errors(self, ready: Lesson) -> Tensor:
        """Sums of the three errors for each teacher, (9,)."""
        return by_teacher(detection_errors(self.model(*ready.heard), ready.targets), ready.teacher)

    def weights(self, counts: Tensor) -> Tensor:
        """Of the sums, so that the loss of the labels and the mean of the other teachers' are added up, in the share of
        the clips that has labels."""
        table = counts.unflatten(0, (len(TEACHERS), 4))
        clips = table[:, 3]
        labels = TEACHERS.index("labels")
        labelled = clips[labels] / clips.sum().clamp(min=1)
        others = (clips > 0).sum() - (clips[labels] > 0).long()
        shared = torch.where(torch.arange(len(TEACHERS), device=clips.device) == labels, 1.0, 1 / others.clamp(min=1))
        return (labelled * shared[:, None] * self.shares / table[:, :3].clamp(min=1)).flatten()

    def targets(self, piece: StepBatch, heard: tuple[Tensor, Tensor | None, Tensor]) -> Targets:
        """The labels of a batch, or what its clips say themselves, or the teacher of them; of a batch that only keeps
        step with other processes (see `Steps.silence`) nothing is known."""
        shown, valid, _ = heard
        if not piece.clips:
            return Targets(*torch.zeros(5, *shown[:, 0].shape, device=self.device))
        if piece.teacher == "itself":
            return pseudo_targets(shown, valid, self.config.edge_frames)
        if piece.asked and self.teacher:
            return student.taught_targets(self.teacher, piece, piece.asked, self.config.edge_frames)
        if piece.targets is None:
            raise ValueError("the batch has no targets")
        return piece.targets.to(self.device)

    def judge(self, pieces: Sequence[StepBatch]) -> dict[str, float]:
        """Mean loss over batches."""
        lessons = [self.prepare(piece, torch.Generator().manual_seed(i)) for i, piece in enumerate(pieces)]
        errors = torch.stack([self.errors(lesson) for lesson in lessons]).sum(0)
        counts = torch.stack([lesson.counts for lesson in lessons]).sum(0)
        return {"valid_loss": float((errors * self.weights(counts)).sum())}


def by_teacher(values: Tensor, teacher: int) -> Tensor:
    """(n,) -> (3 n,): in the places of a teacher, 0 in those of the others."""
    before, after = teacher * len(values), (len(TEACHERS) - 1 - teacher) * len(values)
    return F.pad(values, (before, after))
