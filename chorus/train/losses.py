"""Loss of the detector: which frames are calls, where they start, where they end.

Activity: binary cross-entropy over the frames whose truth is known. Onset and offset: the targets are Gaussian bumps of
height 1, so nearly all frames are near 0; CenterNet's focal loss (Zhou et al. 2019, arXiv 1904.07850, eq. 1) weighs
down the easy ones and those close to a boundary.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass
class Targets:
    """Truth of a batch, each (B, frames) float32. `*_known` is the weight of a frame in the loss: 0 = not known."""

    activity: Tensor
    onset: Tensor
    offset: Tensor
    activity_known: Tensor
    edge_known: Tensor

    def to(self, device: torch.device) -> Targets:
        """The same on another device."""
        parts = (self.activity, self.onset, self.offset, self.activity_known, self.edge_known)
        return Targets(*(p.to(device, non_blocking=True) for p in parts))


def activity_loss(logit: Tensor, target: Tensor, known: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean binary cross-entropy over known frames; logit, target, known: (B, frames)."""
    soft = target * (1 - 2 * smoothing) + smoothing
    loss = F.binary_cross_entropy_with_logits(logit, soft, reduction="none")
    return (loss * known).sum() / known.sum().clamp(min=1)


def edge_loss(logit: Tensor, target: Tensor, known: Tensor, alpha: float = 2.0, beta: float = 4.0) -> Tensor:
    """CenterNet focal loss over known frames, divided by the number of peaks; logit, target, known: (B, frames)."""
    p = logit.sigmoid()
    peak = (target >= 1.0).to(logit.dtype)
    hit = (1 - p) ** alpha * F.logsigmoid(logit)
    miss = (1 - target) ** beta * p**alpha * F.logsigmoid(-logit)
    loss = -(peak * hit + (1 - peak) * miss) * known
    return loss.sum() / (peak * known).sum().clamp(min=1)


def detection_loss(logits: Tensor, targets: Targets, edge_weight: float = 0.5, smoothing: float = 0.0) -> Tensor:
    """logits (B, 3, frames) in the order activity, onset, offset -> scalar, computed in float32."""
    activity, onset, offset = logits.float().unbind(1)
    loss = activity_loss(activity, targets.activity, targets.activity_known, smoothing)
    edges = edge_loss(onset, targets.onset, targets.edge_known) + edge_loss(offset, targets.offset, targets.edge_known)
    return loss + edge_weight * edges
