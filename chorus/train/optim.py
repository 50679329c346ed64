"""AdamW with warm-up and cosine decay; steps whose gradient is not finite are skipped without a look at the device."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from chorus.train.distributed import local, whole


def schedule(progress: float, warmup: float) -> float:
    """Factor on the peak learning rate at `progress` in 0..1: linear up over `warmup`, then half a cosine down to 0."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / max(1e-9, 1 - warmup))))


def depth_of(name: str, blocks: int) -> int:
    """Depth of an encoder parameter, for layer-wise decay: 0 for the embedding, i + 1 for block i, then the rest."""
    parts = name.split(".")
    if parts[0] != "encoder" or (parts[-2] == "norm" and "blocks" not in parts):
        return blocks + 1
    return int(parts[parts.index("blocks") + 1]) + 1 if "blocks" in parts else 0


def parameter_groups(
    model: nn.Module, lr: float, weight_decay: float, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """Groups with equal decay and peak rate: weight decay on matrices only; `layer_decay` per block below the head."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    blocks = 1 + max((depth_of(n, 0) - 1 for n, _ in named if "encoder" in n and ".blocks." in n), default=-1)
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for name, parameter in named:
        peak = lr * layer_decay ** (blocks + 1 - depth_of(name, blocks))
        decay = weight_decay if parameter.ndim >= 2 and "cls" not in name and "mask_token" not in name else 0.0
        group = groups.setdefault((peak, decay), {"params": [], "lr": peak, "peak": peak, "weight_decay": decay})
        group["params"].append(parameter)
    return list(groups.values())


def make_optimizer(groups: list[dict[str, Any]], betas: tuple[float, float]) -> torch.optim.AdamW:
    """Fused AdamW, its moments at hand from the start so that a checkpoint can be read into them."""
    optimizer = torch.optim.AdamW(groups, betas=betas, fused=True)
    for parameter in (p for group in optimizer.param_groups for p in group["params"]):
        moments = {name: torch.zeros_like(parameter, requires_grad=False) for name in ("exp_avg", "exp_avg_sq")}
        optimizer.state[parameter] = {"step": torch.zeros((), device=local(parameter).device), **moments}
    return optimizer


def set_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Give every group its peak rate times `factor`."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


def guarded_step(
    optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter], clip_norm: float
) -> tuple[Tensor, Tensor]:
    """Clip the gradient and step, unless the gradient is not finite: then nothing changes, moments included.

    Returns (norm before clipping, 1.0 where the step was skipped) as tensors, so that the device need not be waited
    for. The fused AdamW kernel takes the skip flag itself; it is the one that torch's gradient scaler sets.
    """
    norm = whole(nn.utils.clip_grad_norm_(parameters, clip_norm))
    skipped = (~torch.isfinite(norm)).to(torch.float32)
    optimizer.grad_scale = None  # type: ignore[attr-defined]
    optimizer.found_inf = skipped  # type: ignore[attr-defined]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return norm.detach(), skipped
