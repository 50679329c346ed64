"""The training loop: one function for both phases.

    for each step: learning rate -> loss -> backward -> guarded step; every few steps: log, save, look.

It knows nothing of shards, recipes or files but its checkpoint: a Task gives the loss of a batch, a function gives
batches from a position (epoch, batch) on, a Watcher is told the figures.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from chorus.train import checkpoint
from chorus.train.optim import guarded_step, make_optimizer, parameter_groups, schedule, set_rate

#: How often in a phase the Watcher is asked to take a closer look (validation loss, a picture).
LOOKS = 8
#: Steps after which the pace is known well enough to foretell the end.
PACE_STEPS = 20


class StepLike(Protocol):
    """What the loop needs to know of a batch."""

    clips: int
    audio_s: float
    epoch: int
    next_batch: int


class Task(Protocol):
    """What is learned: a model, and the loss of a batch."""

    model: nn.Module

    def loss(self, batch: Any, generator: torch.Generator) -> Tensor: ...


class Watcher(Protocol):
    """Who is told how it goes."""

    def step(self, clips: int, audio_s: float) -> None: ...
    def log(self, record: dict[str, float]) -> None: ...
    def look(self, step: int) -> None: ...


@dataclass(frozen=True)
class Settings:
    """The loop's own settings; see config.PhaseConfig for their meaning. `identity` names the run: a checkpoint of
    another one is refused."""

    steps: int
    lr: float
    betas: tuple[float, float]
    weight_decay: float
    warmup: float
    clip_norm: float
    max_seconds: float | None = None
    layer_decay: float = 1.0
    save_every_s: float = 60.0
    log_every: int = 10
    seed: int = 0
    identity: str = ""


@dataclass
class Position:
    """Where a run stands: `progress` is the share of the schedule that is done; `history` holds the logged records."""

    step: int = 0
    progress: float = 0.0
    elapsed_s: float = 0.0
    epoch: int = 0
    batch: int = 0
    clips: int = 0
    audio_s: float = 0.0
    skipped: int = 0
    done: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


class Stop:
    """SIGTERM and Ctrl-C set a flag that the loop looks at after each step; a second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self.before[number] = signal.signal(number, self.ask)
        return self

    def ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)


class Trainer:
    """A model, its optimizer and its position, saved and restored as one."""

    def __init__(self, task: Task, settings: Settings, path: Path, device: torch.device) -> None:
        self.task, self.settings, self.path, self.device = task, settings, path, device
        self.parameters = [p for p in task.model.parameters() if p.requires_grad]
        groups = parameter_groups(task.model, settings.lr, settings.weight_decay, settings.layer_decay)
        self.optimizer = make_optimizer(groups, settings.betas)
        self.position = Position()

    def save(self) -> None:
        """Write the checkpoint."""
        checkpoint.save(
            self.path,
            {
                "identity": self.settings.identity,
                "model": self.task.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "position": vars(self.position),
                "random": checkpoint.random_state(),
            },
        )

    def restore(self) -> None:
        """Go on from the checkpoint. Raises ReadError when it is damaged or belongs to another run."""
        state = checkpoint.load(self.path)
        if state.get("identity") != self.settings.identity:
            raise checkpoint.ReadError(
                "belongs to a run with another recipe, seed or shard set; choose another --out", str(self.path)
            )
        self.task.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.position = Position(**state["position"])
        checkpoint.restore_random_state(state["random"])

    def advance(self, elapsed_s: float) -> None:
        """Move along the schedule by one step.

        The steps still planned share what is left of the schedule. Only where they would not fit into `max_seconds` at
        the pace so far, the rest is shared by those that fit: so a run on a fast enough machine depends on its seed
        alone, and on a slow one the learning rate still comes down in time.
        """
        position, settings = self.position, self.settings
        position.elapsed_s = elapsed_s
        left = settings.steps - position.step + 1
        if settings.max_seconds is not None and position.step >= PACE_STEPS:
            left = min(left, math.floor((settings.max_seconds - elapsed_s) / (elapsed_s / position.step)) + 1)
        position.progress = 1.0 if left <= 1 else position.progress + (1.0 - position.progress) / left

    def learn(self, batch: StepLike, factor: float) -> tuple[Tensor, Tensor, Tensor]:
        """One step at `factor` of the peak rate: (loss, gradient norm, skipped), all still on the device."""
        generator = torch.Generator().manual_seed((self.settings.seed << 32) + self.position.step)
        set_rate(self.optimizer, factor)
        half = torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")
        with half:
            loss = self.task.loss(batch, generator)
        loss.backward()
        norm, skipped = guarded_step(self.optimizer, self.parameters, self.settings.clip_norm)
        self.position.step += 1
        self.position.epoch, self.position.batch = batch.epoch, batch.next_batch
        self.position.clips += batch.clips
        self.position.audio_s += batch.audio_s
        return loss.detach(), norm, skipped


def train(
    trainer: Trainer, batches: Callable[[int, int], Iterator[Any]], watcher: Watcher, stop: Stop | None = None
) -> Position:
    """Run until the schedule is done, or until `stop` is asked for; save at the end, and every so often before.

    The returned position is `done` when the schedule was finished. Raises ValueError when there are no batches.
    """
    with contextlib.ExitStack() as stack:
        stop = stop or stack.enter_context(Stop())
        return _train(trainer, batches, watcher, stop)


def _train(trainer: Trainer, batches: Callable[[int, int], Iterator[Any]], watcher: Watcher, stop: Stop) -> Position:
    position, settings = trainer.position, trainer.settings
    if position.done:
        return position
    started = time.monotonic() - position.elapsed_s
    saved = time.monotonic()
    pending = Pending()
    trainer.task.model.train()
    stream = batches(position.epoch, position.batch)
    looked = int(position.progress * LOOKS)
    while position.progress < 1 and not stop.asked:
        batch = next(stream, None)
        if batch is None:
            raise ValueError("no clip could be read")
        pending.add(batch, *trainer.learn(batch, schedule(position.progress, settings.warmup)))
        watcher.step(batch.clips, batch.audio_s)
        trainer.advance(time.monotonic() - started)
        if position.step % settings.log_every == 0 or position.progress >= 1:
            watcher.log(pending.record(position, trainer.optimizer.param_groups[-1]["lr"]))
        if int(position.progress * LOOKS) > looked:
            looked = int(position.progress * LOOKS)
            look(trainer, watcher)
        if time.monotonic() - saved > settings.save_every_s:
            trainer.save()
            saved = time.monotonic()
    position.done = position.progress >= 1
    pending.count_skipped(position)
    trainer.save()
    return position


def look(trainer: Trainer, watcher: Watcher) -> None:
    """Let the watcher use the model; training goes on as if it had not."""
    state = checkpoint.random_state()
    trainer.task.model.eval()
    with torch.no_grad():
        watcher.look(trainer.position.step)
    trainer.task.model.train()
    checkpoint.restore_random_state(state)


class Pending:
    """Figures of the steps since the last log, left on the device until they are asked for."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.values: list[Tensor] = []
        self.clips, self.audio_s, self.since = 0, 0.0, time.monotonic()

    def add(self, batch: StepLike, loss: Tensor, norm: Tensor, skipped: Tensor) -> None:
        self.values.append(torch.stack([loss.float(), norm.float(), skipped]))
        self.clips += batch.clips
        self.audio_s += batch.audio_s

    def count_skipped(self, position: Position) -> None:
        """Add the skipped steps to the position."""
        if self.values:
            position.skipped += int(torch.stack(self.values)[:, 2].sum())
            self.clear()

    def record(self, position: Position, lr: float) -> dict[str, float]:
        """Mean loss and gradient norm of the steps that counted, and speed; kept in the position's history."""
        table = torch.stack(self.values).cpu()
        spent = max(time.monotonic() - self.since, 1e-9)
        good = table[table[:, 2] == 0]
        loss, norm = good[:, :2].mean(0).tolist() if len(good) else (float("nan"), float("nan"))
        record = {
            "step": float(position.step),
            "loss": loss,
            "gradient_norm": norm,
            "lr": lr,
            "clips_per_s": self.clips / spent,
            "audio_s_per_s": self.audio_s / spent,
        }
        self.count_skipped(position)
        record["skipped"] = float(position.skipped)
        position.history.append(record)
        return record
