"""A running average of weights: steadier than the weights of any one step, for nothing but memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from chorus.train.distributed import local

#: Decay, unless a recipe has another.
DECAY = 0.9999


class Average:
    """Exponential moving average of a module's parameters, float32 and spread over the processes as they are."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.sources = dict(module.named_parameters())
        self.weights: dict[str, Tensor] = {n: p.detach().clone() for n, p in self.sources.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the module's weights after step `step` (from 1 on). Early steps count for more, so that the
        start is forgotten in runs that are short for the decay."""
        decay = min(self.decay, (1 + step) / (10 + step))
        held, now = [local(w) for w in self.weights.values()], [local(p.detach()) for p in self.sources.values()]
        torch._foreach_lerp_(held, now, 1 - decay)
