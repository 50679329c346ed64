"""The figures of the steps since the last log: loss, speed, use of the machine. They stay on the device until then."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from chorus.train.device import peak_memory_gb, peak_of
from chorus.train.distributed import World


class Meter:
    """Adds up steps; `read` gives their figures over all processes and begins anew."""

    def __init__(self, world: World) -> None:
        self.world, self.peak = world, peak_of(world.device)
        self.clear()

    def clear(self) -> None:
        self.values: list[Tensor] = []
        self.counts = torch.zeros(3, dtype=torch.float64)
        self.since = time.monotonic()

    def add(self, learned: Tensor, clips: int, audio_s: float, flops: float) -> None:
        """`learned` holds loss, gradient norm and 1 where the step was skipped."""
        self.values.append(learned)
        self.counts += torch.tensor([clips, audio_s, flops], dtype=torch.float64)

    def read(self) -> tuple[dict[str, float], dict[str, float]]:
        """(figures, totals) since the last call: means over the steps that counted; clips, audio_s and skipped."""
        table = self.world.mean(torch.stack(self.values)).cpu()
        clips, audio_s, flops = self.world.total(self.counts).tolist()
        spent = max(time.monotonic() - self.since, 1e-9)
        good = table[table[:, 2] == 0]
        loss, norm = good[:, :2].mean(0).tolist() if len(good) else (float("nan"), float("nan"))
        figures = {
            "loss": loss,
            "gradient_norm": norm,
            "clips_per_s": clips / spent,
            "audio_s_per_s": audio_s / spent,
            "tflop_per_s": flops / spent / 1e12,
            "memory_gb": peak_memory_gb(self.world.device),
        }
        if self.peak:
            figures["mfu"] = flops / spent / (self.peak * self.world.size)
        totals = {"clips": clips, "audio_s": audio_s, "skipped": float(table[:, 2].sum())}
        self.clear()
        return figures, totals
