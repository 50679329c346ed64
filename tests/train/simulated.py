"""A GPU made of the CPU, for a process of its own: `main` trains on it and writes down what the host waited for.

Its tensors lie in main memory but say that they lie on another device, and count as lying on one: an operation on
tensors of both is an error, as it is on a GPU, and whoever asks for a value is put down. torch lets programs add such
a device (kind "PrivateUse1"), for one process and until it ends. It shows what needs no GPU to be seen: that all
tensors of a step meet on one device, and that the host does not wait for it. It shows nothing of speed.
"""

from __future__ import annotations

import contextlib
import io
import json
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

KIND = "simulated"
#: What a value is asked for by, in the host's language and in torch's.
ASKING = ("item", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__")
UNKNOWN_SIZE = ("aten.nonzero", "aten.masked_select", "aten._unique", "aten.equal", "aten._local_scalar_dense")


class Stream:
    """There is one, and all that it was told to do is done."""

    device_type, device_index = KIND, 0

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None: ...

    def wait_stream(self, _: Stream) -> None: ...

    def synchronize(self) -> None: ...


class Event:
    """A mark in what the device is told to do. Waiting for it costs nothing once a step has been told after it."""

    def record(self) -> None:
        self.step = Log.step

    def synchronize(self) -> None:
        if Log.step - self.step < 2:
            Log.note("event")


class Machine(backend_registration._DummyBackendModule):  # type: ignore[misc]
    """What `torch.cuda` is to a GPU."""

    stream_of_all = Stream()
    Event = Event

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float32]

    def is_available(self) -> bool:
        return True

    def get_device_name(self, _: object) -> str:
        return "a simulated H200"

    def max_memory_allocated(self, _: object) -> int:
        return 0

    def reset_peak_memory_stats(self, _: object) -> None: ...

    def synchronize(self, _: object) -> None: ...

    def get_rng_state(self, *_: object) -> Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, *_: object) -> None: ...

    def current_stream(self) -> Stream:
        return self.stream_of_all

    def stream(self, _: Stream) -> Stream:
        return self.stream_of_all


class Log:
    """Where the host waited for the device, and where a transfer to it made the host wait, while `on`."""

    on, step = False, 0
    waits: Counter[str] = Counter()

    @classmethod
    def note(cls, what: str) -> None:
        if cls.on:
            *_, at = (f for f in traceback.extract_stack() if f.filename != __file__ and "/torch/" not in f.filename)
            cls.waits[f"{Path(at.filename).name}:{at.lineno}: {at.line} ({what})"] += 1


@contextlib.contextmanager
def watched() -> Iterator[None]:
    Log.on, Log.step = True, Log.step + 1
    try:
        yield
    finally:
        Log.on = False


class Far(Tensor):
    """A tensor on the device; `near` holds its numbers."""

    near: Tensor

    @staticmethod
    def __new__(cls, near: Tensor) -> Far:
        return Tensor._make_wrapper_subclass(  # type: ignore[attr-defined, no-any-return]
            cls, near.shape, near.stride(), near.storage_offset(), dtype=near.dtype, device=torch.device(KIND, 0)
        )

    def __init__(self, near: Tensor) -> None:
        self.near = near

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return work(function, args, kwargs or {})


def asking(name: str) -> Any:
    """A method that hands out a value."""

    def ask(tensor: Far, *args: Any) -> Any:
        Log.note(name)
        return getattr(tensor.near, name)(*args)

    return ask


def destination(args: Any) -> bool | None:
    """Whether an operation is told to put its result on the device; None where it is told nothing."""
    places = [x for x in tree_leaves(args) if isinstance(x, torch.device)]
    return places[0].type == KIND if places else None


def work(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """An operation of which some inputs or the result lie on the device."""
    name, told = str(function), destination((args, kwargs))
    tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
    far = [t for t in tensors if isinstance(t, Far)]
    near = [t for t in tensors if not isinstance(t, Far) and t.dim()]  # a number counts as lying anywhere
    copies = "copy_" in name or name.startswith("aten.to.")
    if far and near and not copies:
        raise RuntimeError(f"{name} of tensors on two devices: {[(tuple(t.shape), str(t.device)) for t in tensors]}")
    away = bool(far) if told is None else told
    by_mask = name.startswith("aten.index") and any(t.dtype == torch.bool for t in tree_leaves(args[1]))
    unknown = by_mask or name.startswith(UNKNOWN_SIZE)
    moved = bool(kwargs.get("non_blocking"))
    if far and (unknown or (not away and not moved) or (copies and not isinstance(args[0], Far))):
        Log.note(name)
    if near and away and not moved:
        Log.note(name)
    args, kwargs = tree_map(nearby, (args, kwargs))
    result = function(*args, **kwargs | ({"pin_memory": False} if "pin_memory" in kwargs else {}))
    same = {id(t.near): t for t in far}
    return tree_map(lambda x: same.get(id(x), Far(x)) if away and isinstance(x, Tensor) else x, result)


def nearby(x: Any) -> Any:
    """A tensor's numbers, and the CPU for the device."""
    if isinstance(x, torch.device):
        return torch.device("cpu")
    return x.near if isinstance(x, Far) else x


class Simulation(TorchDispatchMode):
    """Operations that make a tensor on the device from nothing or from one on the CPU."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        far = destination((args, kwargs)) or any(isinstance(t, Far) for t in tree_leaves((args, kwargs)))
        return work(function, args, kwargs) if far else function(*args, **kwargs)


def begin() -> None:
    """From now on this process has the device, and Chorus takes it for a GPU."""
    from chorus.shards.read import Batch
    from chorus.train import device
    from chorus.train.infer import Predictor

    backend_registration._setup_privateuseone_for_python_backend(KIND, Machine())
    fallback = torch.library.Library("_", "IMPL", "AutocastPrivateUse1")
    fallback.fallback(torch.library.fallthrough_kernel)
    for name in ASKING:
        setattr(Far, name, asking(name))
    tensor, generator = torch.tensor, torch.Generator
    torch.tensor = lambda data, device=None, **kw: tensor(data, **kw).to(device)  # type: ignore[assignment]
    torch.Generator = lambda _=None: generator()  # type: ignore[assignment, misc]
    run: Any = Predictor.run
    # inference mode has no place for tensors that are wrapped
    Predictor.run = torch.no_grad()(run.__wrapped__)  # type: ignore[method-assign]
    tensors = Batch.tensors
    Batch.tensors = lambda batch, size=None, pinned=False: tensors(batch, size)  # type: ignore[method-assign]
    Tensor.pin_memory = lambda self: self  # type: ignore[assignment, method-assign]
    device.GPU = KIND
    Simulation().__enter__()
    torch._C._far = fallback  # type: ignore[attr-defined]  # lives as long as the process


def caught() -> list[str]:
    """What a GPU would not do, or make the host wait for, tried here."""
    far, found = torch.ones(2).to(KIND), []
    try:
        far + torch.ones(2)
    except RuntimeError:
        found.append("two devices")
    tries = {"value": lambda: float(far[0]), "copy": far.cpu, "size": lambda: far[far > 0], "pageable": far.near.to}
    for name, ask in tries.items():
        with watched():
            ask(KIND) if name == "pageable" else ask()
        if Log.waits.total():
            found.append(name)
        Log.waits.clear()
    return found


def main(folder: Path) -> None:
    """Pretrain and fine-tune a tiny recipe there, on many labels and on few, with a teacher; what was waited for within
    steps goes to said.json."""
    import chorus.train
    from chorus.train import bench
    from chorus.train.loop import Trainer
    from tests.train.helpers import write_recipe, write_shards

    begin()
    found, learn, steps = caught(), Trainer.learn, Counter[str]()

    def watch(trainer: Trainer, step: Any) -> Tensor:
        with watched():
            learned = learn(trainer, step)
        steps[f"{trainer.folder.name} on {learned.device.type}"] += 1
        return learned

    Trainer.learn = watch  # type: ignore[method-assign]
    short = {"steps = 6": "steps = 2", "mix = 0.5": "mix = 0.5\ntune_clips = 2"}
    asked: dict[str, Any] = {"recipe": str(write_recipe(folder, **short)), "shards": write_shards(folder / "shards")}
    summary = chorus.train.run(None, **asked, out=folder / "run", device=KIND, compiled=False, quiet=True)
    few = write_shards(folder / "few", (16_000,), clips=3, counted=True)
    asked |= {"shards": few, "pretrained": folder / "run"}
    chorus.train.run("finetune", **asked, out=folder / "taught", device=KIND, compiled=False, quiet=True)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        bench.main(["--recipe", str(asked["recipe"]), "--device", KIND, "--no-compile", "--batch", "1", "--steps", "1"])
    assert "MFU" in said.getvalue()
    told = {"caught": found, "steps": steps, "waits": Log.waits, "device": summary.device}
    (folder / "said.json").write_text(json.dumps(told))
