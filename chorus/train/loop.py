"""The training loop: one function for both phases.

    for each step: learning rate -> losses -> backward -> guarded step; every few steps: log, save, look.

It knows nothing of shards, recipes or files but its checkpoints: a Task gives the loss of a batch, a function gives
steps from a position (epoch, batch) on, a Watcher is told the figures. All random numbers of a step are drawn from its
number, so a run goes on after a stop as if there had been none, and no state of generators needs to be kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from chorus.errors import ReadError
from chorus.train import checkpoint
from chorus.train.device import mixed_precision
from chorus.train.distributed import World
from chorus.train.ema import Average
from chorus.train.meter import Meter
from chorus.train.optim import guarded_step, make_optimizer, parameter_groups, schedule, set_rate

#: How often in a phase the Watcher is asked to take a closer look (validation loss, a picture).
LOOKS = 8
#: Most of the time that checkpoints may take: those of large models are written more rarely than asked for.
SAVING = 0.02
#: Steps after which the pace is known well enough to foretell the end.
PACE_STEPS = 20


class StepLike(Protocol):
    """What one step learns from: batches whose gradients are added up, with their `clips` and `audio_s`, and the
    reader's position after them."""

    pieces: Sequence[Any]
    epoch: int
    next_batch: int


class Task(Protocol):
    """What is learned: a model, the loss of a batch, and the floating-point operations of learning from it. `foresee`
    is told of each batch one step before its turn: what a GPU can then be asked for need not be waited for.

    A loss has terms. Each is a sum of errors, `errors` (terms,), over the number of things that can err, `ready.counts`
    (terms,), which is known before the model is asked. `weights` makes of the counts of a whole step what each sum is
    multiplied by; so the loss is the same however the step is cut into pieces and dealt to processes.
    """

    model: nn.Module

    def foresee(self, piece: Any) -> None: ...
    def prepare(self, piece: Any, generator: torch.Generator) -> Any: ...
    def errors(self, ready: Any) -> Tensor: ...
    def weights(self, counts: Tensor) -> Tensor: ...
    def flops(self, piece: Any) -> float: ...


class Watcher(Protocol):
    """Who is told how it goes. What `look` finds is kept with the logged records."""

    def step(self, clips: int, audio_s: float) -> None: ...
    def log(self, record: dict[str, float]) -> None: ...
    def look(self, step: int) -> dict[str, float]: ...


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
    ema: float = 0.0
    save_every_s: float = 60.0
    log_every: int = 10
    seed: int = 0
    identity: str = ""


@dataclass
class Position:
    """Where a run stands: `progress` is the share of the schedule that is done; `history` holds the logged records.
    `clips`, `audio_s` and `skipped` are counted up to the last record."""

    step: int = 0
    progress: float = 0.0
    elapsed_s: float = 0.0
    epoch: int = 0
    batch: int = 0
    clips: int = 0
    audio_s: float = 0.0
    skipped: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the schedule is finished."""
        return self.progress >= 1

    def losses(self) -> list[float]:
        """The logged losses of training."""
        return [record["loss"] for record in self.history if "loss" in record]


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


class OtherRun(ReadError):
    """A checkpoint belongs to a run that is not this one."""


class NoClips(ValueError):
    """There is nothing to learn from."""


def seed_of(*numbers: int) -> int:
    """A seed for torch from the run's seed, a step and a rank."""
    return int.from_bytes(hashlib.sha256(repr(numbers).encode()).digest()[:7], "big")


class Trainer:
    """A model, its optimizer, the average of its encoder and its position, saved and restored as one.

    The model is on its device, spread over the processes where there are several. Checkpoints lie in `folder`.
    """

    def __init__(self, task: Task, settings: Settings, folder: Path, world: World) -> None:
        self.task, self.settings, self.folder, self.world = task, settings, folder, world
        self.parameters = [p for p in task.model.parameters() if p.requires_grad]
        groups = parameter_groups(task.model, settings.lr, settings.weight_decay, settings.layer_decay)
        self.optimizer = make_optimizer(groups, settings.betas)
        self.average = Average(getattr(task.model, "encoder", task.model), settings.ema) if settings.ema else None
        self.position = Position()
        self.begun: tuple[int, float] | None = None

    def tensors(self) -> dict[str, Tensor]:
        """Everything a checkpoint holds but the position, by name; reading into them restores the run."""
        tensors = {f"model.{name}": value for name, value in self.task.model.state_dict().items()}
        for name, parameter in self.task.model.named_parameters():
            state = self.optimizer.state.get(parameter, {})
            tensors |= {f"optimizer.{name}.{key}": value for key, value in state.items()}
        if self.average:
            tensors |= {f"average.{name}": value for name, value in self.average.weights.items()}
        return tensors

    def save(self) -> None:
        """Write a checkpoint. Raises ChorusError when there is no room."""
        facts = {"identity": self.settings.identity, "processes": self.world.size, "position": asdict(self.position)}
        checkpoint.save(self.folder, self.position.step, self.tensors(), facts, self.world)

    def restore(self) -> bool:
        """Go on from the newest whole checkpoint; False where there is none. Raises ReadError when none can be read or
        it belongs to another run."""
        damaged = None
        for path in self.world.told(checkpoint.newest_first(self.folder) if self.world.first else []):
            facts = checkpoint.read_facts(path)
            if facts.get("identity") != self.settings.identity:
                raise OtherRun(
                    "belongs to a run with another recipe, seed or shard set, or start; choose another --out",
                    str(self.folder),
                )
            try:
                checkpoint.load(path, self.tensors(), self.world)
            except ReadError as error:
                damaged = damaged or error
                continue
            self.position = Position(**facts["position"])
            return True
        if damaged:
            raise damaged
        return False

    def advance(self, elapsed_s: float) -> None:
        """Move along the schedule by one step.

        The steps still planned share what is left of the schedule. Only where they would not fit into `max_seconds` at
        the pace so far, the rest is shared by those that fit: so a run on a fast enough machine depends on its seed
        alone, and on a slow one the learning rate still comes down in time.
        """
        position, settings = self.position, self.settings
        position.elapsed_s = elapsed_s
        left = settings.steps - position.step + 1
        self.begun = self.begun or (position.step, elapsed_s)  # the first step compiles, so it does not count
        steps, seconds = position.step - self.begun[0], elapsed_s - self.begun[1]
        if settings.max_seconds is not None and steps >= PACE_STEPS:
            left = min(left, math.floor((settings.max_seconds - elapsed_s) / (seconds / steps)) + 1)
        position.progress = 1.0 if left <= 1 else position.progress + (1.0 - position.progress) / left

    def learn(self, step: StepLike) -> Tensor:
        """One step: (loss, gradient norm, 1 where the step was skipped), still on the device."""
        position, device = self.position, self.world.device
        seed = seed_of(self.settings.seed, position.step, self.world.rank)
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        set_rate(self.optimizer, schedule(position.progress, self.settings.warmup))
        loss = torch.zeros((), device=device)
        with mixed_precision(device):
            ready = [self.task.prepare(piece, generator) for piece in step.pieces]
        counts = self.world.total(torch.stack([piece.counts for piece in ready]).sum(0))
        weights = self.world.size * self.task.weights(counts)  # of losses and gradients the processes take the mean
        for piece in ready:
            with mixed_precision(device):
                part = (self.task.errors(piece) * weights).sum()
            part.backward()
            loss += part.detach()
        norm, skipped = guarded_step(self.optimizer, self.parameters, self.settings.clip_norm)
        position.step += 1
        position.epoch, position.batch = step.epoch, step.next_batch
        if self.average:
            self.average.update(position.step)
        return torch.stack([loss, norm.float(), skipped])


def train(
    trainer: Trainer, steps: Callable[[int, int], Iterator[Any]], watcher: Watcher, stop: Stop | None = None
) -> Position:
    """Run until the schedule is done, or until `stop` is asked for; save at the end, and every so often before.

    The returned position is `done` when the schedule was finished. Raises NoClips when there are no steps.
    """
    if trainer.position.done:
        return trainer.position
    with contextlib.ExitStack() as stack:
        stop = stop or stack.enter_context(Stop())
        stream = steps(trainer.position.epoch, trainer.position.batch)
        stack.callback(getattr(stream, "close", lambda: None))
        return _train(trainer, stream, watcher, stop)


def _train(trainer: Trainer, stream: Iterator[Any], watcher: Watcher, stop: Stop) -> Position:
    position, settings, world = trainer.position, trainer.settings, trainer.world
    started, saved, pause = time.monotonic() - position.elapsed_s, position.elapsed_s, settings.save_every_s
    meter, pace = Meter(world), Pace(position)
    trainer.task.model.train()
    ending, heard, begun = False, 0, None
    following = foreseen(trainer, stream)
    while not ending:
        step, following = following, foreseen(trainer, stream)
        if step is None:
            raise NoClips("no clip could be read")
        looked = int(position.progress * LOOKS)
        heard, begun = heard + sum(p.clips for p in step.pieces), step.epoch if begun is None else begun
        learned = trainer.learn(step)
        count(trainer, step, learned, meter, watcher)
        # The processes must agree on the time and on the end, else some would save while others go on.
        elapsed, asked, most = world.highest(time.monotonic() - started, float(stop.asked), float(heard))
        if not most and step.epoch > begun + 1:  # a whole epoch of the silence that processes without clips get
            raise NoClips("no clip could be read")
        trainer.advance(elapsed)
        ending = position.done or bool(asked)
        saving = ending or elapsed - saved > pause
        if saving or position.step % settings.log_every == 0:
            note(trainer, meter, pace, watcher)
        if int(position.progress * LOOKS) > looked:
            look(trainer, watcher)
        if saving:
            trainer.save()
            [saved] = world.highest(time.monotonic() - started)
            pause = max(settings.save_every_s, (saved - elapsed) / SAVING)
    return position


def foreseen(trainer: Trainer, stream: Iterator[Any]) -> Any:
    """The step after the one whose turn it is, None where there is none; the task is told of it."""
    step = next(stream, None)
    with mixed_precision(trainer.world.device):
        for piece in step.pieces if step else ():
            trainer.task.foresee(piece)
    return step


def count(trainer: Trainer, step: StepLike, learned: Tensor, meter: Meter, watcher: Watcher) -> None:
    """Add a step to the meter and tell the watcher of it."""
    clips, audio_s = sum(p.clips for p in step.pieces), sum(p.audio_s for p in step.pieces)
    meter.add(learned, clips, audio_s, sum(trainer.task.flops(p) for p in step.pieces))
    watcher.step(clips, audio_s)


class Pace:
    """How long the rest of the schedule will take, from the share done since this process began."""

    def __init__(self, position: Position) -> None:
        self.progress, self.elapsed_s = position.progress, position.elapsed_s

    def left_s(self, position: Position) -> float:
        """Seconds to the end."""
        done = max(position.progress - self.progress, 1e-9)
        return (position.elapsed_s - self.elapsed_s) / done * (1 - position.progress)


def note(trainer: Trainer, meter: Meter, pace: Pace, watcher: Watcher) -> None:
    """Read the meter; the record goes to the watcher and into the position's history."""
    position = trainer.position
    figures, totals = meter.read()
    position.clips += int(totals["clips"])
    position.audio_s += totals["audio_s"]
    position.skipped += int(totals["skipped"])
    lr = trainer.optimizer.param_groups[-1]["lr"]
    record = {"step": float(position.step), **figures, "lr": lr, "skipped": float(position.skipped)}
    record |= {"elapsed_s": position.elapsed_s, "eta_s": pace.left_s(position)}
    position.history.append(record)
    watcher.log(record)


def look(trainer: Trainer, watcher: Watcher) -> None:
    """Let the watcher use the model; the next step draws its random numbers anew and does not feel it."""
    position = trainer.position
    trainer.task.model.eval()
    with torch.no_grad(), mixed_precision(trainer.world.device):
        found = watcher.look(position.step)
    trainer.task.model.train()
    if found:
        position.history.append({"step": float(position.step), **found})
