"""Several processes on CPU: the same model as one, checkpoints for any number of them, restarts by torchrun."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import chorus.train
from chorus.train import distributed, loop
from chorus.train.bench import compiled_graphs
from chorus.train.checkpoint import newest, read_facts
from chorus.train.detector import Detector
from chorus.train.distributed import World, blocks, prepare
from chorus.train.loop import Settings, Trainer, train
from chorus.train.vit import Block, Encoder, rotary
from tests.once import fresh
from tests.train.helpers import write_recipe, write_shards

CPU = torch.device("cpu")
CLIPS = 12


@dataclass
class Piece:
    shown: Tensor
    wanted: Tensor
    known: Tensor
    audio_s: float = 1.0

    @property
    def clips(self) -> int:
        return len(self.shown)

    @property
    def counts(self) -> Tensor:
        return self.known.sum()[None]


@dataclass
class Step:
    pieces: list[Piece]
    epoch: int
    next_batch: int


class Task:
    """A small detector that learns to give fixed numbers, which are known of more frames in some clips than in others;
    nothing in it depends on which process has which clip."""

    def __init__(self, world: World) -> None:
        torch.manual_seed(0)
        self.model: nn.Module = Detector(Encoder(16, 2, 2, 32, 8, 8), channels=8, blocks=1)
        prepare(self.model, world, compile_blocks=False, recompute=False)

    def foresee(self, piece: Piece) -> None: ...

    def prepare(self, piece: Piece, generator: torch.Generator | None = None) -> Piece:
        return piece

    def errors(self, piece: Piece) -> Tensor:
        error = self.model(piece.shown, None, torch.zeros(piece.clips, 3)) - piece.wanted
        errors: Tensor = (error.square().mean(1) * piece.known).sum()[None]
        return errors

    def weights(self, counts: Tensor) -> Tensor:
        return 1 / counts

    def flops(self, piece: Piece) -> float:
        return 1.0


def piece(step: int, rank: int = 0, size: int = 1) -> Piece:
    """A process' clips of a step."""
    numbers = torch.Generator().manual_seed(step)
    shown, wanted = torch.randn(CLIPS, 32, 16, generator=numbers), torch.randn(CLIPS, 3, 16, generator=numbers)
    known = (torch.rand(CLIPS, 16, generator=numbers) < torch.rand(CLIPS, 1, generator=numbers)).float()
    return Piece(shown[rank::size], wanted[rank::size], known[rank::size])


def steps_of(world: World) -> Callable[[int, int], Iterator[Step]]:
    def steps(epoch: int, start: int) -> Iterator[Step]:
        while True:
            yield Step([piece(start, world.rank, world.size)], 0, start + 1)
            start += 1

    return steps


class Watch:
    def __init__(self, stop_at: int = 0) -> None:
        self.steps, self.stop_at = 0, stop_at

    def step(self, clips: int, audio_s: float) -> None:
        self.steps += 1
        if self.steps == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)

    def log(self, record: dict[str, float]) -> None: ...

    def look(self, step: int) -> dict[str, float]:
        return {}


def trainer(folder: Path, world: World) -> Trainer:
    settings = Settings(8, 1e-2, (0.9, 0.95), 0.05, 0.1, 1.0, ema=0.9, log_every=2, identity="a")
    return Trainer(Task(world), settings, folder, world)


def judged(t: Trainer) -> list[float]:
    """Losses of fixed clips."""
    with torch.no_grad():
        return [float(t.task.errors(p) / p.counts) for p in (piece(1000 + k) for k in range(3))]


def start_and_stop(folder: Path) -> dict[str, Any]:
    """Train; the last process is asked to stop at step 3."""
    with distributed.join(CPU) as world:
        t = trainer(folder, world)
        position = train(t, steps_of(world), Watch(stop_at=3 if world.rank == world.size - 1 else 0))
        local = sum(distributed.local(p).numel() for p in t.parameters)
        return {"step": position.step, "losses": judged(t), "local": local, "clips": position.clips}


def go_on(folder: Path) -> dict[str, Any]:
    """Go on from the checkpoint to the end."""
    with distributed.join(CPU) as world:
        t = trainer(folder, world)
        assert t.restore()
        loaded = judged(t)
        return {"loaded": loaded, "losses": judged(t) if train(t, steps_of(world), Watch()).done else []}


def pretrain(folder: Path) -> bool:
    """A whole run."""
    recipe, shards = str(folder / "test.toml"), folder / "shards"
    return chorus.train.run("pretrain", recipe=recipe, shards=shards, out=folder / "whole", device="cpu").interrupted


def member(rank: int, size: int, port: int, work: Callable[[Path], Any], folder: Path, found: Any) -> None:
    """One process of several."""
    environment = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "MASTER_PORT": port}
    os.environ.update({"MASTER_ADDR": "127.0.0.1", **{k: str(v) for k, v in environment.items()}})
    torch.set_num_threads(1)
    found.put((rank, work(folder)))


def together(size: int, work: Callable[[Path], Any], folder: Path) -> list[Any]:
    """What `work` returns in each of `size` processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = multiprocessing.get_context("forkserver").Queue()
    members = [fresh(member, r, size, port, work, folder, found) for r in range(size)]
    results = dict(found.get(timeout=60) for _ in members)
    for process in members:
        process.join(timeout=60)
        assert process.exitcode == 0
    return [results[rank] for rank in range(size)]


def test_saved_by_four_processes_and_loaded_by_one_two_and_three(tmp_path: Path) -> None:
    """The same losses after loading, and the same training from there on, as of one process that never stopped."""
    straight = trainer(tmp_path / "straight", World())
    train(straight, steps_of(World()), Watch())
    four = together(4, start_and_stop, tmp_path / "four")
    whole = sum(p.numel() for p in straight.parameters)
    assert sum(r["local"] for r in four) == whole
    assert max(r["local"] for r in four) < 0.4 * whole
    assert [r["step"] for r in four] == [3] * 4
    assert [r["clips"] for r in four] == [3 * CLIPS] * 4
    saved = newest(tmp_path / "four")
    assert saved is not None
    assert read_facts(saved)["processes"] == 4
    for size in (1, 2, 3):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / saved.name).symlink_to(saved)
        results = [go_on(folder)] if size == 1 else together(size, go_on, folder)
        for result in results:
            assert result["loaded"] == pytest.approx(four[0]["losses"], abs=1e-6)
            assert result["losses"] == pytest.approx(judged(straight), abs=1e-5)


def once_killed(folder: Path) -> None:
    """A whole run, one process of which is killed at step 4 the first time that it comes there."""
    learn = Trainer.learn

    def learn_or_die(trainer: Trainer, step: Any) -> Tensor:
        if trainer.position.step == 4 and trainer.world.rank == 1 and not (folder / "killed").exists():
            (folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return learn(trainer, step)

    Trainer.learn, loop.SAVING = learn_or_die, float("inf")  # type: ignore[method-assign]  # a checkpoint at each step
    torch.set_num_threads(1)
    recipe, shards = str(folder / "test.toml"), folder / "shards"
    summary = chorus.train.run("pretrain", recipe=recipe, shards=shards, out=folder / "out", device="cpu", quiet=True)
    (folder / f"said-{os.environ['RANK']}").write_text(summary.table())


def elastic(folder: Path) -> None:
    """What `torchrun --standalone --nproc-per-node 2 --max-restarts 3` does, with processes that start at once."""
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    place = {"rdzv_backend": "c10d", "rdzv_endpoint": "localhost:0", "run_id": "test"}
    how = LaunchConfig(1, 1, 2, max_restarts=3, start_method="fork", monitor_interval=0.1, **place)
    elastic_launch(how, once_killed)(folder)


def test_torchrun_starts_a_killed_run_again_from_its_last_checkpoint(tmp_path: Path) -> None:
    shards = write_shards(tmp_path / "shards")
    manifest = json.loads((shards / "manifest.json").read_text())
    del manifest["splits"]["valid"]  # nothing to look at: quicker
    (shards / "manifest.json").write_text(json.dumps(manifest))
    write_recipe(tmp_path, **{"log_every = 2\n\n[fine": "log_every = 2\nsave_every_s = 1e-6\n\n[fine"})
    agent = fresh(elastic, tmp_path)
    agent.join(timeout=120)
    assert agent.exitcode == 0
    assert (tmp_path / "killed").exists()
    assert "6 steps (resumed at step 4)" in (tmp_path / "said-0").read_text()
    assert together(2, pretrain, tmp_path) == [False, False]
    ours, theirs = (load_file(tmp_path / name / "encoder.safetensors") for name in ("out", "whole"))
    assert all(torch.allclose(ours[k], theirs[k], atol=1e-6) for k in theirs)
    assert json.loads((tmp_path / "out" / "encoder.json").read_text())["pretrain"]["clips"] == 24


def test_a_hand_made_restart_needs_resume_and_one_by_torchrun_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (distributed.launch_name(), distributed.restarted(), distributed.launched()) == (None, False, 1)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job-7")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert (distributed.launch_name(), distributed.restarted()) == ("job-7", True)


@pytest.mark.parametrize(("compiled", "recompute"), [(False, True), (True, False), (True, True)])
def test_compiled_and_recomputed_blocks_give_the_same_gradients(compiled: bool, recompute: bool) -> None:
    def gradients(compile_blocks: bool, recompute: bool) -> list[Tensor]:
        torch.manual_seed(0)
        model = Detector(Encoder(16, 2, 2, 32, 8, 8), channels=8, blocks=1)
        prepare(model, World(), compile_blocks, recompute, backend="aot_eager")
        clip = piece(0)
        (model(clip.shown, None, torch.zeros(CLIPS, 3)) - clip.wanted).square().mean().backward()
        return [p.grad for p in model.parameters() if p.grad is not None]

    plain, before = gradients(False, False), compiled_graphs()
    ours = gradients(compiled, recompute)
    assert (compiled_graphs() > before) == compiled
    assert len(plain) == len(ours) > 0
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(plain, ours, strict=True))


def test_recomputing_keeps_fewer_values_for_the_backward_pass() -> None:
    def kept(recompute: bool) -> int:
        model = Detector(Encoder(16, 2, 2, 32, 8, 8), channels=8, blocks=1)
        prepare(model, World(), compile_blocks=False, recompute=recompute)
        block, sizes = blocks(model)[0], []
        x, turn = torch.randn(2, 9, 16), (torch.randn(1, 9, 1, 4), torch.randn(1, 9, 1, 4))
        with torch.autograd.graph.saved_tensors_hooks(lambda t: sizes.append(t.numel()) or t, lambda t: t):
            block(x, turn, None)
        return sum(sizes)

    assert kept(True) < 0.7 * kept(False)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")  # torch's compiler's own
def test_compiled_blocks_keep_little_for_the_backward_pass() -> None:
    """Less than a block that is not compiled: torch's own rule would keep as much."""

    def kept(compiled: bool) -> int:
        torch._dynamo.reset()
        torch.manual_seed(0)
        block, found = Block(32, 2, 128), {}
        if compiled:
            prepare(nn.ModuleList([block]), World(), True, False, backend="aot_eager_decomp_partition")

        def note(value: Tensor) -> Tensor:
            storage = value.untyped_storage()
            found[storage.data_ptr()] = (storage.nbytes(), value)
            return value

        x = torch.randn(4, 24, 32, dtype=torch.bfloat16, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(note, lambda value: value), torch.autocast("cpu", torch.bfloat16):
            block(x, rotary(torch.rand(4, 24, 2), 16), None)
        own = {p.untyped_storage().data_ptr() for p in block.parameters()}
        return sum(size for place, (size, _) in found.items() if place not in own)

    assert kept(True) < 0.75 * kept(False)
