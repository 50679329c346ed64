"""The two things that are learned: to fill in hidden patches, and to mark calls."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from chorus.train.augment import augment, mix
from chorus.train.config import FinetuneConfig, PhaseConfig
from chorus.train.data import StepBatch, spectrograms
from chorus.train.detector import Detector
from chorus.train.frontend import FrontEnd
from chorus.train.losses import detection_loss
from chorus.train.mae import MaskedAutoencoder


class PretrainTask:
    """Masked autoencoding: the loss is the error of the predicted patches."""

    def __init__(
        self, model: MaskedAutoencoder, front_end: FrontEnd, config: PhaseConfig, device: torch.device
    ) -> None:
        self.autoencoder, self.front_end, self.config, self.device = model, front_end, config, device
        self.model: nn.Module = model

    def loss(self, batch: StepBatch, generator: torch.Generator) -> Tensor:
        shown, valid, resolution = spectrograms(self.front_end, batch, self.device)
        if self.model.training:
            shown = augment(shown, generator, **self.config.augment.model_dump())
        loss: Tensor = self.autoencoder(shown, valid, resolution, generator).loss
        return loss

    def reconstruct(self, batch: StepBatch, clips: int = 3) -> list[tuple[str, Any]]:
        """Panels for log.draw_reconstruction: original, what was seen, and with the predictions put in."""
        shown, valid, resolution = spectrograms(self.front_end, batch, self.device)
        shown, resolution = shown[:clips], resolution[:clips]
        generator = torch.Generator().manual_seed(0)
        result = self.autoencoder(shown, None if valid is None else valid[:clips], resolution, generator, 1.0)
        seen, filled = self.autoencoder.picture(shown, result)
        named = (("original", shown), ("visible patches", seen), ("reconstructed", filled))
        return [(name, values.float().cpu().numpy()) for name, values in named]


class FinetuneTask:
    """Detection: the loss compares activity, onset and offset with the labels."""

    def __init__(self, model: Detector, front_end: FrontEnd, config: FinetuneConfig, device: torch.device) -> None:
        self.front_end, self.config, self.device = front_end, config, device
        self.model: nn.Module = model

    def loss(self, batch: StepBatch, generator: torch.Generator) -> Tensor:
        if batch.targets is None:
            raise ValueError("the batch has no targets")
        config = self.config
        shown, valid, resolution = spectrograms(self.front_end, batch, self.device)
        targets = batch.targets.to(self.device)
        if self.model.training:
            if config.mix:
                shown, targets = mix(shown, targets, config.mix, config.mix_db, generator)
            shown = augment(shown, generator, **config.augment.model_dump())
        return detection_loss(self.model(shown, valid, resolution), targets, config.edge_weight)
