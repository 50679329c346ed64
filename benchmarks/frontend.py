"""How much memory the front end moves, and what share of a step on a GPU that makes: an estimate, for want of one.

`python -m benchmarks frontend` runs the front end on the CPU and adds up the bytes that its operations read and write,
each tensor once per operation, as a GPU without caches would move them. Its operations wait for memory, not for
arithmetic, so bytes over bandwidth is about their time. The rest of the step is taken to run at half of the peak, which
is the goal. `python -m chorus.train.bench` measures the same share where there is a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from chorus.train import bench
from chorus.train.device import PEAKS

RATE, SECONDS, CLIPS = 48_000, 10.24, 4
RECIPES = ("base", "large", "huge", "1b")
#: Bytes a second of memory, from the makers' data sheets, and the share of it that plain kernels reach.
BANDWIDTH = {"H100": 3.35e12, "H200": 4.8e12}
REACHED, MFU = 0.8, 0.5
#: The goal for `1b`.
SHARE = 0.01
#: These read or write single elements of their first tensor, or give it another shape.
TOUCH_LITTLE = ("aten.gather", "aten.scatter_")
MOVE_NOTHING = ("aten.transpose_", "aten._unsafe_view", "aten.new_empty", "aten.empty")


class Traffic(TorchDispatchMode):
    """Adds up in `moved` what operations read and write, in bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        read = given[1:] if writes_only(func) else given
        read = read[1:] if str(func).startswith(TOUCH_LITTLE) else read
        inputs = {t.data_ptr(): span(t) for t in read}
        result = func(*args, **(kwargs or {}))
        if not func.is_view and not str(func).startswith(MOVE_NOTHING):
            out = kwargs.get("out") if kwargs else None
            if out is not None:
                inputs.pop(out.data_ptr(), None)
            written = [] if str(func).startswith("aten.scatter_") else tree_leaves(result)
            self.moved += sum(inputs.values()) + sum(span(t) for t in written if isinstance(t, Tensor))
        return result


def writes_only(func: Any) -> bool:
    """Whether its first tensor is written without being read."""
    return str(func).startswith(("aten.copy_", "aten.fill_"))


def span(tensor: Tensor) -> int:
    """Bytes that its elements lie in: frames that overlap share theirs, and beside a real part lies the imaginary."""
    if not tensor.numel():
        return 0
    steps = [(size - 1, stride) for size, stride in zip(tensor.shape, tensor.stride(), strict=True)]
    reach = 1 + sum(more * stride for more, stride in steps)
    apart = min((stride for more, stride in steps if more and stride), default=1)
    return tensor.element_size() * min(reach, tensor.numel() * apart)


def moved(recipe: dict[str, Any]) -> float:
    """Bytes per clip, of sound as it is stored."""
    front_end = bench.build_front_end(recipe)
    samples = (3000 * torch.randn(CLIPS, round(SECONDS * RATE))).to(torch.int16)
    bench.spectrogram(front_end, samples, RATE)  # windows and filters are made once
    with Traffic() as traffic:
        bench.spectrogram(front_end, samples, RATE)
    return traffic.moved / CLIPS


def flops(recipe: dict[str, Any]) -> float:
    """Operations of a step per clip."""
    front_end = bench.build_front_end(recipe)
    with torch.device("meta"):
        model = bench.build_model(recipe, front_end)
    return model.flops(front_end.bins, round(SECONDS * RATE) // front_end.geometry(RATE).hop)


def main() -> Iterator[str]:
    """The report's lines."""
    yield f"clips of {SECONDS} s at {RATE} Hz; no GPU was used: {REACHED:.0%} of bandwidth and {MFU:.0%} MFU assumed"
    for name in RECIPES:
        recipe = bench.read_recipe(name)
        size = moved(recipe)
        whole = flops(recipe)
        shares = {gpu: size / (REACHED * speed) / (whole / (MFU * PEAKS[gpu])) for gpu, speed in BANDWIDTH.items()}
        shown = ", ".join(f"{share:.2%} of a step on an {gpu}" for gpu, share in shares.items())
        goal = f" (goal <= {SHARE:.0%})" if name == "1b" else ""
        yield f"{name}: {size / 1e6:.0f} MB moved, {whole / 1e9:,.0f} GFLOP a step: {shown}{goal}"
