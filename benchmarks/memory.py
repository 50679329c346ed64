"""How much GPU memory a step of pretraining needs: an estimate, for want of a GPU.

`python -m benchmarks memory` runs the forward pass of `1b` on the CPU, compiled and under bfloat16 as on a GPU, with a
quarter of its width and few blocks, and adds up what autograd keeps for the backward pass. What a block keeps grows
with the width and the clips, so the rest is arithmetic; weights, gradients, moments and the running average are
counted. Left out: what single operations need for a moment (up to some GB), and what the allocator cannot use.
`python -m chorus.train.bench --recipe 1b` measures the peak where there is a GPU.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch

from chorus.train import bench
from chorus.train.distributed import World, prepare

RECIPE, FRAMES, BATCH, NARROWER = "1b", 1024, 128, 4
RATIOS = (0.25, 1.0)
#: Bytes of a parameter: weight, gradient and two moments; and of the encoder's running average. All in float32.
PARAMETER, AVERAGE = 16, 4
GOAL_GB = 72


def narrow(encoder: int, decoder: int) -> dict[str, Any]:
    """The recipe with so many blocks, and a part of its width."""
    recipe = copy.deepcopy(bench.read_recipe(RECIPE))
    for part, depth in (("encoder", encoder), ("decoder", decoder)):
        sizes = {name: recipe[part][name] // NARROWER for name in ("dim", "heads", "mlp")}
        recipe[part] |= {**sizes, "depth": depth}
    return recipe


def kept(encoder: int, decoder: int, clips: int, ratio: float) -> int:
    """Bytes that autograd keeps of a forward pass, weights apart."""
    recipe = narrow(encoder, decoder)
    front_end = bench.build_front_end(recipe)
    model = bench.build_model(recipe, front_end, ratio)
    prepare(model, World(torch.device("cpu")), compile_blocks=True, recompute=False)
    held = {p.untyped_storage().data_ptr() for p in (*model.parameters(), *model.buffers())}
    sizes: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in held:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    covered = model.cover(torch.randn(clips, front_end.bins, FRAMES), None, torch.zeros(clips, 3))
    with torch.autocast("cpu", torch.bfloat16), torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        loss = model(covered).loss  # noqa: F841  (what is kept must live until it is counted)
    return sum(sizes.values())


def per_clip(encoder: int, decoder: int, ratio: float) -> float:
    """Bytes kept for each further clip."""
    return (kept(encoder, decoder, 4, ratio) - kept(encoder, decoder, 2, ratio)) / 2


def activations(ratio: float) -> float:
    """Bytes kept for a clip by the whole model."""
    sizes = bench.read_recipe(RECIPE)
    one = per_clip(1, 1, ratio)
    further = per_clip(2, 1, ratio) - one, per_clip(1, 2, ratio) - one
    depths = sizes["encoder"]["depth"] - 1, sizes["decoder"]["depth"] - 1
    return NARROWER * (one + sum(size * depth for size, depth in zip(further, depths, strict=True)))


def main() -> Iterator[str]:
    """The report's lines."""
    count = bench.count(bench.read_recipe(RECIPE))
    state = PARAMETER * count["total"] + AVERAGE * count["encoder"]
    yield f"{RECIPE}, clips of {FRAMES} frames; no GPU was used"
    yield f"weights, gradients, moments and average: {state / 1e9:.1f} GB"
    for ratio in RATIOS:
        clip = activations(ratio)
        whole = (state + BATCH * clip) / 1e9
        goal = f" (goal <= {GOAL_GB} GB)" if ratio == RATIOS[0] else ""
        yield f"decode_ratio {ratio:g}: {clip / 1e6:.0f} MB a clip; {BATCH} clips {whole:.1f} GB with the rest{goal}"
