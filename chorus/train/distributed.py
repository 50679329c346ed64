"""Several processes that train one model: who takes part, how the model is spread over them, what they agree on.

One process needs none of it. Under `torchrun` each process runs the same program with clips of its own; FSDP2 keeps a
part of every weight, gradient and moment in each process and brings a block's weights together while it computes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from chorus.train.device import CPU, choose, is_gpu
from chorus.train.vit import Block

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """The processes of a run, and this one's place among them. With one process every method is for nothing."""

    device: torch.device = CPU
    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process speaks for all: it writes files and shows progress."""
        return self.rank == 0

    def mean(self, values: Tensor) -> Tensor:
        """The mean over the processes, on the values' device."""
        return self.total(values) / self.size if self.size > 1 else values

    def total(self, values: Tensor) -> Tensor:
        """The sum over the processes, on the values' device."""
        if self.size > 1:
            values = values.clone()
            dist.all_reduce(values)
        return values

    def highest(self, *values: float) -> list[float]:
        """The largest of each value over the processes. The host waits for the other hosts, not for its device."""
        if self.size == 1:
            return list(values)
        agreed = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(agreed, dist.ReduceOp.MAX)
        found: list[float] = agreed.tolist()
        return found

    def told(self, value: T) -> T:
        """The first process' value, in all of them."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def wait(self) -> None:
        """Until all have come here."""
        self.highest(0.0)


def launched() -> int:
    """How many processes `torchrun` has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launch_name() -> str | None:
    """What a launch and its restarts by `torchrun` have in common; None where that is not told."""
    name = os.environ.get("TORCHELASTIC_RUN_ID", "none")
    return None if name == "none" else name


def restarted() -> bool:
    """Whether `torchrun` has started these processes again after a failure."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"


@contextmanager
def join(device: torch.device) -> Iterator[World]:
    """The processes that `torchrun` has started, each with a GPU of its own where `device` is CUDA."""
    if launched() == 1:
        yield World(device)
        return
    if is_gpu(device):
        device = choose(int(os.environ["LOCAL_RANK"]))
    # A restart finds the addresses of the processes before it in torchrun's store: each attempt gets its own keys.
    store, rank, size = next(dist.rendezvous("env://"))
    attempt = dist.PrefixStore(f"{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}/{size}", store)
    backend = "cpu:gloo,cuda:nccl" if is_gpu(device) else "gloo"
    dist.init_process_group(backend, store=attempt, rank=rank, world_size=size)
    try:
        yield World(device, rank, size)
    finally:
        dist.destroy_process_group()


def blocks(model: nn.Module) -> list[Block]:
    """The transformer blocks: the unit that is compiled, recomputed and spread."""
    return [m for m in model.modules() if isinstance(m, Block)]


def prepare(model: nn.Module, world: World, compile_blocks: bool, recompute: bool, backend: str = "inductor") -> None:
    """Make the model ready to train in place; names of parameters stay. The order matters: each step wraps the last."""
    if recompute:
        for block in blocks(model):
            recompute_pointwise(block)
    if compile_blocks:
        keep_little()
        # Blocks share their code but differ in drop path, widths, windows and lengths: each combination is compiled
        # once, and those of a phase before are not needed any more.
        torch._dynamo.reset()
        for limit in ("recompile_limit", "accumulated_recompile_limit"):
            setattr(torch._dynamo.config, limit, max(getattr(torch._dynamo.config, limit), 16 * len(blocks(model))))
        for block in blocks(model):
            block.compile(backend=backend)
    if world.size > 1:
        spread(model, world)


def keep_little() -> None:
    """Let compiled blocks compute norms, GELU and casts of weights again in the backward pass, where that is cheap,
    instead of keeping them: a third less memory. (Without it, what the backward pass writes out anyway is kept.)"""
    import torch._functorch.config as compiler

    if hasattr(compiler, "ban_recompute_materialized_backward"):
        compiler.ban_recompute_materialized_backward = False


def recompute_pointwise(block: Block) -> None:
    """Keep the results of a block's matrix products and attention; compute the rest again in the backward pass."""
    from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

    aten = torch.ops.aten
    kept = [
        *(aten.mm.default, aten.addmm.default, aten.bmm.default),
        *(aten._scaled_dot_product_flash_attention.default, aten._scaled_dot_product_efficient_attention.default),
        *(aten._scaled_dot_product_cudnn_attention.default, aten._scaled_dot_product_flash_attention_for_cpu.default),
    ]
    context, inner = partial(create_selective_checkpoint_contexts, kept), block.forward

    def forward(*inputs: Any) -> Any:  # a function of ours, or torch.compile finds nothing to compile
        return checkpoint(inner, *inputs, use_reentrant=False, context_fn=context)

    block.forward = forward  # type: ignore[method-assign, assignment]


def spread(model: nn.Module, world: World) -> None:
    """FSDP2, block by block and then the rest. On CUDA blocks compute in bfloat16; masters and sums stay float32."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    # torch warns of results that are views: nothing here changes a result in place.
    warnings.filterwarnings("ignore", message=r"FSDP2-wrapped module .* returned a view tensor")
    mesh = init_device_mesh(world.device.type, (world.size,))
    policy = MixedPrecisionPolicy()
    if is_gpu(world.device):
        policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32, cast_forward_inputs=False)
    for part in (*blocks(model), model):
        fully_shard(part, mesh=mesh, mp_policy=policy)


def local(tensor: Tensor) -> Tensor:
    """This process' part of a spread tensor; any other tensor itself. Both share memory with the original."""
    part: Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return part


def whole(tensor: Tensor) -> Tensor:
    """A spread tensor brought together (all processes must ask); any other tensor itself."""
    full: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return full


def gather(weights: Mapping[str, Tensor], world: World) -> dict[str, Any]:
    """Weights brought together on the first process' CPU, one after the other; nothing on the others."""
    found = ((name, whole(weight.detach())) for name, weight in weights.items())
    return {name: weight.cpu() for name, weight in found if world.first}
