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

#: Exponents of the focal loss, as in its paper.
ALPHA, BETA = 2.0, 4.0


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


def activity_errors(logit: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Sum of the binary cross-entropy over known frames; logit, target, known: (B, frames)."""
    return (F.binary_cross_entropy_with_logits(logit, target, reduction="none") * known).sum()


def edge_errors(logit: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Sum of CenterNet's focal loss over known frames; logit, target, known: (B, frames)."""
    p = logit.sigmoid()
    hit = (1 - p) ** ALPHA * F.logsigmoid(logit)
    miss = (1 - target) ** BETA * p**ALPHA * F.logsigmoid(-logit)
    return -(torch.where(target >= 1.0, hit, miss) * known).sum()


def detection_errors(logits: Tensor, targets: Targets) -> Tensor:
    """logits (B, 3, frames) in the order activity, onset, offset -> sums (3,) of their errors, in float32."""
    activity, onset, offset = logits.float().unbind(1)
    return torch.stack(
        [
            activity_errors(activity, targets.activity, targets.activity_known),
            edge_errors(onset, targets.onset, targets.edge_known),
            edge_errors(offset, targets.offset, targets.edge_known),
        ]
    )


def detection_counts(targets: Targets) -> Tensor:
    """What each of the errors is divided by, (3,): known frames, and peaks of onset and of offset among them."""
    peaks = [((edge >= 1.0) * targets.edge_known).sum() for edge in (targets.onset, targets.offset)]
    return torch.stack([targets.activity_known.sum(), *peaks])
