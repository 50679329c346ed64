"""The loop: resume to the bit, stop when asked, skip what is not finite, keep to the time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from chorus.errors import ReadError
from chorus.train import loop
from chorus.train.checkpoint import newest
from chorus.train.distributed import World
from chorus.train.loop import Settings, Trainer, train


@dataclass
class Piece:
    x: Tensor
    number: tuple[int, int] = (0, 0)
    audio_s: float = 2.0

    @property
    def clips(self) -> int:
        return len(self.x)


@dataclass
class Ready:
    x: Tensor
    counts: Tensor


@dataclass
class Step:
    pieces: list[Piece]
    epoch: int
    next_batch: int


class Task:
    """A small net with dropout: its steps depend on the model, the data, the generator and torch's own numbers."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.model: nn.Module = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
        self.bad_steps: set[int] = set()
        self.seen: list[tuple[int, int]] = []
        self.told: list[tuple[int, int]] = []

    def foresee(self, piece: Piece) -> None:
        self.told.append(piece.number)

    def prepare(self, piece: Piece, generator: torch.Generator) -> Ready:
        self.seen.append(piece.number)
        return Ready(piece.x + torch.randn(piece.x.shape, generator=generator), torch.tensor([len(piece.x)]))

    def errors(self, ready: Ready) -> Tensor:
        errors: Tensor = self.model(ready.x).square().sum()[None]
        return errors * float("nan") if len(self.seen) in self.bad_steps else errors

    def weights(self, counts: Tensor) -> Tensor:
        return 1 / counts

    def flops(self, piece: Piece) -> float:
        return 1e3 * piece.clips


def steps(epoch: int, start: int) -> Iterator[Step]:
    """Four steps to an epoch."""
    while True:
        for number in range(start, 4):
            x = torch.randn(4, 4, generator=torch.Generator().manual_seed(100 * epoch + number))
            yield Step([Piece(x, (epoch, number))], epoch, number + 1)
        epoch, start = epoch + 1, 0


class Watch:
    def __init__(self, stop_at: int = 0, send: int = 0) -> None:
        self.records: list[dict[str, float]] = []
        self.looks: list[int] = []
        self.steps, self.stop_at, self.send = 0, stop_at, send

    def step(self, clips: int, audio_s: float) -> None:
        self.steps += 1
        if self.steps == self.stop_at:
            os.kill(os.getpid(), self.send or signal.SIGTERM)

    def log(self, record: dict[str, float]) -> None:
        self.records.append(record)

    def look(self, step: int) -> dict[str, float]:
        torch.rand(3)
        self.looks.append(step)
        return {"valid_loss": float(step)}


def settings(**more: Any) -> Settings:
    base = {"steps": 6, "lr": 0.05, "betas": (0.9, 0.95), "weight_decay": 0.05, "warmup": 0.2, "clip_norm": 1.0}
    return Settings(**{**base, "log_every": 2, "identity": "a", **more})


def trainer(path: Path, **more: Any) -> Trainer:
    return Trainer(Task(), settings(**more), path, World())


def weights(t: Trainer) -> list[Tensor]:
    return [p.detach() for p in t.task.model.parameters()]


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_stopped_and_resumed_is_the_same_to_the_bit(tmp_path: Path, cut: int) -> None:
    torch.manual_seed(5)
    straight = trainer(tmp_path / "a", ema=0.9)
    assert train(straight, steps, Watch()).done
    torch.manual_seed(5)
    first = trainer(tmp_path / "b", ema=0.9)
    stopped = train(first, steps, Watch(stop_at=cut))
    assert (stopped.step, stopped.done) == (cut, False)
    torch.manual_seed(99)
    second = trainer(tmp_path / "b", ema=0.9)
    assert second.restore()
    assert train(second, steps, Watch()).done
    assert second.task.seen == straight.task.seen[cut:]
    assert all(torch.equal(a, b) for a, b in zip(weights(straight), weights(second), strict=True))
    for a, b in zip(straight.optimizer.state.values(), second.optimizer.state.values(), strict=True):
        assert all(torch.equal(a[k], b[k]) for k in ("step", "exp_avg", "exp_avg_sq"))
    assert all(torch.equal(value, second.tensors()[name]) for name, value in straight.tensors().items())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_save_and_end(tmp_path: Path, number: int) -> None:
    t, before = trainer(tmp_path), signal.getsignal(number)
    position = train(t, steps, Watch(stop_at=2, send=number))
    assert (position.step, position.done) == (2, False)
    assert newest(t.folder) == t.folder / "step-00000002"
    assert signal.getsignal(number) is before


def test_epochs_follow_each_other(tmp_path: Path) -> None:
    t = trainer(tmp_path)
    train(t, steps, Watch())
    assert t.task.seen == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    assert (t.position.clips, t.position.audio_s) == (24, 12.0)


def test_steps_that_are_not_finite_are_skipped_and_counted(tmp_path: Path) -> None:
    t, watch = trainer(tmp_path), Watch()
    t.task.bad_steps = {2, 5}
    train(t, steps, watch)
    assert t.position.skipped == 2
    assert all(w.isfinite().all() for w in weights(t))
    assert watch.records[0]["loss"] == watch.records[0]["loss"]
    assert watch.records[-1]["skipped"] == 2


def test_a_step_in_pieces_is_the_same_step(tmp_path: Path) -> None:
    """Gradients add up to that of the whole, whatever counts in a piece: here clips whose first value is above 0."""

    class Plain(Task):
        def prepare(self, piece: Piece, generator: torch.Generator) -> Ready:
            return Ready(piece.x, (piece.x[:, 0] > 0).sum()[None])

        def errors(self, ready: Ready) -> Tensor:
            errors: Tensor = (self.model(ready.x)[:, 0].square() * (ready.x[:, 0] > 0)).sum()[None]
            return errors

    def cut(sizes: list[int]) -> Trainer:
        task = Plain()
        task.model = nn.Linear(4, 1)
        nn.init.ones_(task.model.weight)
        t = Trainer(task, settings(), tmp_path, World())
        x = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
        for _ in range(3):
            with torch.no_grad():
                expected = task.model(x)[x[:, 0] > 0].square().mean()
            learned = t.learn(Step([Piece(part) for part in x.split(sizes)], 0, 1))
            assert torch.allclose(learned[0], expected)
        return t

    whole, pieces = cut([6]), cut([1, 3, 2])
    for a, b in zip(weights(whole), weights(pieces), strict=True):
        assert torch.allclose(a, b, atol=1e-7)


def test_no_step_waits_for_the_device(tmp_path: Path) -> None:
    """Values are read back when they are logged and never in between."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):
        reads = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            Count.reads += func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.is_nonzero.default)
            return func(*args, **(kwargs or {}))

    t = trainer(tmp_path, ema=0.9)
    stream = steps(0, 0)
    with Count():
        for _ in range(5):
            t.learn(next(stream))
            t.advance(1.0)
    assert Count.reads == 0
    with Count():
        float(torch.ones(()))
    assert Count.reads == 1


def test_the_average_follows_the_weights_and_comes_back(tmp_path: Path) -> None:
    t = trainer(tmp_path, ema=0.5)
    first = [w.clone() for w in weights(t)]
    train(t, steps, Watch(stop_at=1))
    assert t.average is not None
    for start, now, mean in zip(first, weights(t), t.average.weights.values(), strict=True):
        assert torch.allclose(mean, start + (now - start) * (1 - 2 / 11), atol=1e-6)
    again = trainer(tmp_path, ema=0.5)
    assert again.restore()
    assert again.average is not None
    assert all(torch.equal(again.average.weights[n], w) for n, w in t.average.weights.items())


def test_the_watcher_is_told_and_changes_nothing(tmp_path: Path) -> None:
    quiet, loud = trainer(tmp_path / "a"), trainer(tmp_path / "b")
    torch.manual_seed(1)
    train(quiet, steps, type("Blind", (Watch,), {"look": lambda self, step: {}})())
    torch.manual_seed(1)
    watch = Watch()
    train(loud, steps, watch)
    assert watch.looks[-1] == 6
    assert [r["step"] for r in watch.records] == [2, 4, 6]
    assert all(r["tflop_per_s"] > 0 and r["memory_gb"] > 0 and "mfu" not in r for r in watch.records)
    assert watch.records[0]["eta_s"] > watch.records[-1]["eta_s"] == 0
    history = loud.position.history
    assert [r["step"] for r in history if "valid_loss" in r] == watch.looks
    assert all(torch.equal(a, b) for a, b in zip(weights(quiet), weights(loud), strict=True))


def test_the_schedule_is_shortened_when_steps_are_slow(tmp_path: Path) -> None:
    t = trainer(tmp_path, steps=1000, max_seconds=10.0)
    elapsed = 0.0
    while t.position.progress < 1:
        before = t.position.progress
        t.position.step += 1
        elapsed += 0.1
        t.advance(elapsed)
        assert t.position.progress > before
    assert 95 <= t.position.step <= 100


def test_slow_checkpoints_are_written_more_rarely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes a second and a checkpoint two, so the next one comes after a hundred more."""
    clock = [0.0]

    class Slow(Trainer):
        def learn(self, step: Any) -> Tensor:
            clock[0] += 1.0
            self.position.step += 1
            return torch.zeros(3)

        def save(self) -> None:
            clock[0] += 2.0
            saved.append(self.position.step)

    monkeypatch.setattr(loop.time, "monotonic", lambda: clock[0])
    saved: list[int] = []
    train(Slow(Task(), settings(steps=250, save_every_s=20.0), tmp_path, World()), steps, Watch())
    assert saved == [21, 122, 223, 250]


def test_the_first_step_compiles_and_tells_nothing_of_the_pace(tmp_path: Path) -> None:
    t = trainer(tmp_path, steps=1000, max_seconds=100.0)
    elapsed, progress = 50.0, []
    while t.position.progress < 1:
        t.position.step += 1
        t.advance(elapsed)
        elapsed += 0.5
        progress.append(t.position.progress)
    assert 95 <= t.position.step <= 101
    assert progress[20] < 0.05, "no leap when the pace is first known"


def test_the_schedule_is_that_of_the_steps_when_there_is_time(tmp_path: Path) -> None:
    t = trainer(tmp_path, steps=200, max_seconds=1000.0)
    for step in range(1, 201):
        t.position.step = step
        t.advance(0.1 * step + 5.0)
        assert t.position.progress == pytest.approx(step / 200)
    assert t.position.progress == 1


def test_a_finished_run_and_another_run(tmp_path: Path) -> None:
    train(trainer(tmp_path), steps, Watch())
    again = trainer(tmp_path)
    again.restore()
    assert train(again, steps, Watch()).step == 6
    assert again.task.seen == []
    with pytest.raises(ReadError, match="another recipe, seed or shard set"):
        trainer(tmp_path, identity="b").restore()


def test_no_batches_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no clip could be read"):
        train(trainer(tmp_path), lambda epoch, start: iter(()), Watch())


def test_silence_of_processes_is_no_training(tmp_path: Path) -> None:
    """Where no clip can be read each of several processes gets silence, which ends after an epoch of it."""

    def silence(epoch: int, start: int) -> Iterator[Step]:
        for step in steps(epoch, start):
            yield Step([replace(piece, x=piece.x[:0]) for piece in step.pieces], step.epoch, step.next_batch)

    with pytest.raises(ValueError, match="no clip could be read"):
        train(trainer(tmp_path, steps=100), silence, Watch())


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    """The newest has its full size, but not its contents."""
    for count in (4, 6):
        once = trainer(tmp_path, steps=20)
        once.restore()
        train(once, steps, Watch(stop_at=count - once.position.step))
    data = next((tmp_path / "step-00000006").glob("*.distcp"))
    data.write_bytes(bytes(data.stat().st_size))
    again = trainer(tmp_path, steps=20)
    assert again.restore()
    assert again.position.step == 4
    for path in tmp_path.glob("step-*/*.distcp"):
        path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(ReadError, match=r"step-00000006: no checkpoint of this model that can be read: damaged$"):
        trainer(tmp_path, steps=20).restore()


def test_a_look_computes_as_a_step_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that are spread over GPUs come in bfloat16, so both must run under autocast."""
    monkeypatch.setattr(loop, "mixed_precision", lambda device: torch.autocast(device.type, torch.bfloat16))
    seen = []

    class Looking(Watch):
        def look(self, step: int) -> dict[str, float]:
            seen.append(torch.is_autocast_enabled("cpu"))
            return {}

    train(trainer(tmp_path), steps, Looking())
    assert seen and all(seen)


def test_a_task_is_told_of_each_batch_one_step_before_its_turn(tmp_path: Path) -> None:
    t = trainer(tmp_path)
    before: list[int] = []
    prepare = t.task.prepare

    def noted(piece: Piece, generator: torch.Generator) -> Ready:
        before.append(len(t.task.told) - len(t.task.seen))
        return prepare(piece, generator)

    t.task.prepare = noted
    train(t, steps, Watch())
    assert t.task.told[: len(t.task.seen)] == t.task.seen
    assert set(before) == {2}
