"""All that Chorus knows of GPUs: the other modules ask here, and need not know which kind it is."""

from __future__ import annotations

import sys
from typing import Any

import torch
from torch import Tensor

CPU = torch.device("cpu")
#: The kind of device that counts as a GPU.
GPU = "cuda"
#: Dense bfloat16 peak of a device in FLOP/s (without sparsity), by a part of its name: what MFU is a share of.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}


def is_gpu(device: torch.device) -> bool:
    """Whether a device is a GPU."""
    return device.type == GPU


def module() -> Any:
    """torch's module for the kind of GPU."""
    return getattr(torch, GPU)


def best() -> torch.device:
    """A GPU where there is one, else the CPU."""
    return torch.device(GPU if module().is_available() else "cpu")


def choose(local_rank: int) -> torch.device:
    """The GPU of a process, the `local_rank`-th of its machine; it is also the one that torch takes from now on."""
    device = torch.device(GPU, local_rank % module().device_count())
    module().set_device(device)
    return device


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor that was made on the CPU, on the device; no GPU is waited for."""
    return tensor.pin_memory().to(device, non_blocking=True) if is_gpu(device) else tensor.to(device)


def mixed_precision(device: torch.device) -> torch.autocast:
    """What the model computes under, whether it learns or is looked at: bfloat16 on GPUs."""
    return torch.autocast(device.type, torch.bfloat16, enabled=is_gpu(device))


class Fetched:
    """A tensor on its way to the CPU; what the device is told to do after it need not be waited for."""

    def __init__(self, tensor: Tensor) -> None:
        self.here = tensor.to(CPU, non_blocking=True)
        self.arrival = module().Event() if is_gpu(tensor.device) else None
        if self.arrival:
            self.arrival.record()

    def wait(self) -> Tensor:
        """The tensor, on the CPU."""
        if self.arrival:
            self.arrival.synchronize()
        return self.here


def finish(device: torch.device) -> None:
    """Wait until the device has done all it was told to."""
    if is_gpu(device):
        module().synchronize(device)


def peak_of(device: torch.device) -> float | None:
    """The device's peak in FLOP/s; None where it is not known, as on a CPU."""
    if not is_gpu(device):
        return None
    name = module().get_device_name(device)
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def peak_memory_gb(device: torch.device) -> float:
    """Most memory held so far, in 1e9 bytes: of the GPU, or on a CPU of this process (0 where that is not told)."""
    if is_gpu(device):
        return float(module().max_memory_allocated(device) / 1e9)
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def forget_peak_memory(device: torch.device) -> None:
    """Measure the most memory held from now on; on a CPU it cannot be forgotten."""
    if is_gpu(device):
        module().reset_peak_memory_stats(device)
