"""The two things that are learned: to fill in hidden patches, and to mark calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chorus.train import student
from chorus.train.augment import augment, mix
from chorus.train.config import FinetuneConfig, PhaseConfig, Recipe
from chorus.train.data import StepBatch, spectrograms
from chorus.train.detector import Detector
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Predictor
from chorus.train.losses import Targets, detection_loss
from chorus.train.mae import MaskedAutoencoder, Reconstruction
from chorus.train.pseudo import pseudo_targets


class PretrainTask:
    """Masked autoencoding: the loss is the error of the predicted patches."""

    def __init__(self, model: MaskedAutoencoder, front_end: FrontEnd, recipe: Recipe, device: torch.device) -> None:
        self.autoencoder, self.front_end, self.device = model, front_end, device
        self.config: PhaseConfig = recipe.pretrain
        self.model: nn.Module = model

    def flops(self, piece: StepBatch) -> float:
        """Of learning from a batch."""
        return piece.clips * self.autoencoder.flops(self.front_end.bins, piece.frames)

    def loss(self, piece: StepBatch, generator: torch.Generator) -> Tensor:
        return self.reconstruct(piece, generator).loss

    def reconstruct(self, piece: StepBatch, generator: torch.Generator) -> Reconstruction:
        """A pass over a batch."""
        shown, valid, resolution = spectrograms(self.front_end, piece, self.device)
        if self.model.training:
            shown = augment(shown, generator, **self.config.augment.model_dump())
        result: Reconstruction = self.autoencoder(shown, valid, resolution, generator)
        return result

    def judge(self, pieces: Sequence[StepBatch]) -> dict[str, float]:
        """Mean loss over batches, with the same masks each time; also in the spectrogram's own units, (10 dB)^2."""
        found = [self.reconstruct(p, torch.Generator().manual_seed(i)) for i, p in enumerate(pieces)]
        loss, plain = torch.stack([torch.stack([r.loss, r.plain]) for r in found]).mean(0).tolist()
        return {"valid_loss": loss, "valid_plain_loss": plain}

    def panels(self, piece: StepBatch, clips: int = 3) -> list[tuple[str, Any]]:
        """Panels for log.draw_reconstruction: original, what was seen, and with the predictions put in."""
        shown, valid, resolution = spectrograms(self.front_end, piece, self.device)
        shown, resolution = shown[:clips], resolution[:clips]
        generator = torch.Generator().manual_seed(0)
        result = self.autoencoder(shown, None if valid is None else valid[:clips], resolution, generator, 1.0)
        seen, filled = self.autoencoder.picture(shown, result)
        named = (("original", shown), ("visible patches", seen), ("reconstructed", filled))
        return [(name, values.float().cpu().numpy()) for name, values in named]


class FinetuneTask:
    """Detection: the loss compares activity, onset and offset with the labels."""

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

    def flops(self, piece: StepBatch) -> float:
        """Of learning from a batch."""
        return piece.clips * self.detector.flops(self.front_end.bins, piece.frames)

    def loss(self, piece: StepBatch, generator: torch.Generator) -> Tensor:
        config = self.config
        shown, valid, resolution = spectrograms(self.front_end, piece, self.device)
        targets = self.targets(piece, shown, valid, resolution)
        changes = config.augment.model_dump()
        if self.model.training:
            if config.mix:
                shown, targets = mix(shown, targets, config.mix, config.mix_db, generator)
            if piece.teacher == "detector":
                changes["noise_db"] = max(changes["noise_db"], student.NOISE_DB)
            shown = augment(shown, generator, **changes)
        seen = None if piece.whole else valid
        return piece.weight * detection_loss(self.model(shown, seen, resolution), targets, config.edge_weight)

    def targets(self, piece: StepBatch, shown: Tensor, valid: Tensor | None, resolution: Tensor) -> Targets:
        """The labels of a batch, or what its clips say themselves, or the teacher of them."""
        if piece.teacher == "itself":
            return pseudo_targets(shown, valid, self.config.edge_frames)
        if piece.teacher == "detector" and self.teacher:
            return student.taught_targets(self.teacher, piece, shown, valid, resolution, self.config.edge_frames)
        if piece.targets is None:
            raise ValueError("the batch has no targets")
        return piece.targets.to(self.device)

    def judge(self, pieces: Sequence[StepBatch]) -> dict[str, float]:
        """Mean loss over batches."""
        losses = [self.loss(p, torch.Generator().manual_seed(i)) for i, p in enumerate(pieces)]
        return {"valid_loss": float(torch.stack(losses).mean())}
