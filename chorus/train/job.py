"""One training run: both phases or one of them, in a run folder that can be stopped and resumed at any moment.

<run>/run.json, manifest.json             what is trained, and the shard set's manifest
      pretrain/checkpoint.pt, finetune/checkpoint.pt
      encoder.safetensors, encoder.json   the pretrained encoder and its card
      detector.safetensors, model.json    the fine-tuned encoder with its head, and their card
      curves-<phase>.png, reconstruction.png, logs/ (TensorBoard)
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from chorus._version import __version__
from chorus.atomic import remove_parts, write_bytes
from chorus.errors import ChorusError
from chorus.shards.read import Manifest, Reader
from chorus.train import checkpoint, export, log
from chorus.train.config import PHASES, FinetuneConfig, Phase, PhaseConfig, Recipe, load_recipe
from chorus.train.data import Crop, StepBatch, Steps
from chorus.train.decode import Decodings
from chorus.train.infer import Predictor
from chorus.train.loop import Position, Settings, Stop, Trainer, train
from chorus.train.tasks import FinetuneTask, PretrainTask
from chorus.train.tune import ENOUGH_CALLS, items, score, tune_all

#: Batches of the validation split whose loss is looked at while training.
LOOK_BATCHES = 4


@dataclass
class PhaseSummary:
    """How a phase went. `from_step` is where it was resumed; losses are means over the first and last logged steps."""

    phase: Phase
    steps: int
    from_step: int
    first_loss: float
    last_loss: float
    seconds: float
    clips: int
    audio_s: float
    skipped_steps: int
    done: bool

    def line(self) -> str:
        """One plain line."""
        if self.done and self.from_step == self.steps:
            return f"{self.phase}: was finished already ({self.steps:,} steps)"
        resumed = f" (resumed at step {self.from_step:,})" if self.from_step else ""
        skipped = f", {self.skipped_steps:,} steps skipped: gradient not finite" if self.skipped_steps else ""
        return (
            f"{self.phase}: {self.steps:,} steps{resumed} in {self.seconds:,.0f} s, {self.clips:,} clips, "
            f"{self.audio_s / 3600:,.1f} h of sound, loss {self.first_loss:.3f} -> {self.last_loss:.3f}{skipped}"
        )


@dataclass
class RunSummary:
    """What a call of `run` did. `valid_f1`: event F1 on the validation split, at the decoding chosen on it."""

    out: Path
    recipe: str
    device: str
    parameters: dict[str, int]
    phases: list[PhaseSummary] = field(default_factory=list)
    bad_clips: dict[str, str] = field(default_factory=dict)
    valid_f1: float | None = None
    pretrained: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether the run was asked to stop before its end; `resume` goes on with it."""
        return any(not p.done for p in self.phases)

    def table(self) -> str:
        """Plain lines: sizes, each phase, what is in the run folder."""
        sizes = ", ".join(f"{name} {count:,}" for name, count in self.parameters.items())
        lines = [f"recipe {self.recipe} on {self.device}; parameters: {sizes}", *(p.line() for p in self.phases)]
        if any(p.phase == "finetune" for p in self.phases) and not self.pretrained:
            lines.append("the detector was trained from scratch: the run holds no pretrained encoder")
        if self.bad_clips:
            key, reason = next(iter(self.bad_clips.items()))
            lines.append(f"{len(self.bad_clips):,} clips could not be read and were left out, first {key}: {reason}")
        if self.valid_f1 is not None:
            lines.append(f"event F1 on the validation clips (mean of IoU 0.3 and 0.5): {self.valid_f1:.3f}")
        end = "stopped; --resume goes on" if self.interrupted else "finished"
        return "\n".join([*lines, f"{end}: {self.out}"])


def run(
    phase: Phase | None,
    *,
    recipe: str = "tiny",
    shards: Path,
    out: Path,
    resume: bool = False,
    seed: int = 0,
    device: str | None = None,
    max_seconds: float | None = None,
    quiet: bool = False,
) -> RunSummary:
    """Train from a shard set into the run folder `out`; without `phase`, pretrain and then fine-tune.

    `recipe` is a packaged name or a TOML file. `max_seconds` caps the wall time of the phases together: the schedule is
    shortened to fit. `resume` goes on where an earlier call stopped, and does nothing for a phase that is done.
    SIGTERM and Ctrl-C save and return a summary that is `interrupted`. Raises ChorusError, one line, for a bad recipe,
    a shard set that cannot be read, or a folder that holds another run.
    """
    chosen = load_recipe(recipe)
    if max_seconds is not None:
        chosen = limited(chosen, max_seconds, [phase] if phase else list(PHASES))
    job = Job(chosen, Manifest.open(Path(shards)), Path(out), resume, seed, export.choose_device(device), quiet)
    with torch.random.fork_rng(), Stop() as stop:
        for name in [phase] if phase else PHASES:
            done = job.pretrain(stop) if name == "pretrain" else job.finetune(stop)
            if not done:
                break
    return job.summary


def limited(recipe: Recipe, max_seconds: float, phases: list[Phase]) -> Recipe:
    """The recipe with `max_seconds` shared between the phases as their own limits (else their steps) are."""
    weights = {p: getattr(recipe, p).max_seconds or getattr(recipe, p).steps for p in phases}
    share = {p: max_seconds * w / sum(weights.values()) for p, w in weights.items()}
    return recipe.model_copy(
        update={p: getattr(recipe, p).model_copy(update={"max_seconds": s}) for p, s in share.items()}
    )


class Job:
    """The state of one call of `run`."""

    def __init__(
        self, recipe: Recipe, manifest: Manifest, out: Path, resume: bool, seed: int, device: torch.device, quiet: bool
    ) -> None:
        self.recipe, self.manifest, self.out, self.resume = recipe, manifest, out, resume
        self.seed, self.device, self.quiet = seed, device, quiet
        self.front_end = export.build_front_end(recipe)
        self.summary = RunSummary(out, recipe.name, str(device), {})
        if not manifest.split("train")["shards"]:
            raise ChorusError(f"{manifest.folder} has no clips in its train split: nothing to learn from")
        self.check_folder()
        remove_parts(out)
        write_bytes(out / "manifest.json", (manifest.folder / "manifest.json").read_bytes())
        start = {"format": "chorus-run", "chorus": __version__, "recipe": recipe.model_dump(mode="json"), "seed": seed}
        text = json.dumps({**start, "manifest_sha256": manifest.digest}, indent=2) + "\n"
        write_bytes(out / "run.json", text.encode())

    def check_folder(self) -> None:
        """Refuse a folder whose checkpoints belong to another shard set: its manifest must not be replaced."""
        path = self.out / "manifest.json"
        held = any((self.out / phase / "checkpoint.pt").exists() for phase in PHASES)
        if held and path.exists() and Manifest.open(self.out).digest != self.manifest.digest:
            raise ChorusError(f"{self.out} holds a run on another shard set: choose another --out")

    # ---- phases

    def pretrain(self, stop: Stop) -> bool:
        """The masked-autoencoder phase; True when it is done."""
        torch.manual_seed(self.seed)
        model = export.build_autoencoder(self.recipe).to(self.device)
        encoder = sum(p.numel() for p in model.encoder.parameters())
        decoder = sum(p.numel() for p in model.parameters()) - encoder
        self.summary.parameters |= {"encoder": encoder, "decoder": decoder}
        task = PretrainTask(model, self.front_end, self.recipe.pretrain, self.device)
        looked = self.fixed_batches(self.recipe.pretrain, 1)

        def look(step: int) -> dict[str, float]:
            if looked:
                title = f"step {step}: patches are predicted at their own mean and spread"
                log.draw_reconstruction(task.reconstruct(looked[0]), self.out / "reconstruction.png", title)
            return self.mean_loss(task, looked)

        position = self.phase("pretrain", task, self.recipe.pretrain, look, stop, on_event=0.0)
        if position.done:
            export.save_weights(model.encoder, self.out / export.ENCODER)
            export.write_card(self.out / export.ENCODER_CARD, {**self.card(), "pretrain": figures(position)})
        return position.done

    def finetune(self, stop: Stop) -> bool:
        """The detection phase, from the run's encoder where there is one; True when it is done."""
        config = self.recipe.finetune
        torch.manual_seed(self.seed + 1)
        model = export.build_detector(self.recipe)
        self.load_encoder(model)
        model.to(self.device)
        self.summary.parameters |= {"detector": sum(p.numel() for p in model.parameters())}
        task = FinetuneTask(model, self.front_end, config, self.device)
        looked = self.fixed_batches(config, LOOK_BATCHES)
        position = self.phase("finetune", task, config, lambda _: self.mean_loss(task, looked), stop, config.on_event)
        if position.done:
            self.finish_detector(model, position)
        return position.done

    def load_encoder(self, model: Any) -> None:
        """Start from the run's pretrained encoder; a half-done pretraining is an error, none at all is not."""
        path = self.out / export.ENCODER
        if path.exists():
            export.load_weights(model.encoder, path)
            self.summary.pretrained = True
        elif (self.out / "pretrain" / "checkpoint.pt").exists():
            raise ChorusError(f"pretraining in {self.out} is not finished: `chorus train --resume` goes on with it")

    def phase(
        self,
        name: Phase,
        task: Any,
        config: PhaseConfig,
        look: Callable[[int], dict[str, float]],
        stop: Stop,
        on_event: float,
    ) -> Position:
        """Run the loop over the train split and draw its curves."""
        crop = Crop(self.front_end, config.crop_frames, on_event)
        reader = self.reader("train", config, crop)
        steps = self.steps(reader, config, name == "finetune")
        trainer = Trainer(task, self.settings(name, config), self.out / name / "checkpoint.pt", self.device)
        self.continue_from(trainer, name)
        remove_parts(trainer.path.parent)
        first = trainer.position.step
        progress = log.LossProgress(name, config.steps, "steps", self.quiet)
        progress.done = first
        with progress:
            watcher = log.Log(name, self.out, progress, first, look)
            try:
                position = train(trainer, steps, watcher, stop)
            except ValueError as error:
                reasons = list(reader.bad.items())[:1]
                raise ChorusError(f"{self.manifest.folder}: {error}; first: {reasons}") from None
            finally:
                watcher.close()
        if position.history and position.step > first:
            log.draw_curves(name, position.history, watcher.looks, self.out / f"curves-{name}.png")
        self.summary.bad_clips |= reader.bad
        self.summary.phases.append(summarise(name, position, first))
        return position

    def continue_from(self, trainer: Trainer, name: Phase) -> None:
        """Restore the phase's checkpoint. Without `resume`, an existing one is an error."""
        if not trainer.path.exists():
            return
        if not self.resume:
            state = checkpoint.load(trainer.path)["position"]
            stage = "a finished" if state["done"] else f"an unfinished (step {state['step']})"
            raise ChorusError(
                f"{self.out} holds {stage} {name} run: --resume goes on with it; else choose another --out"
            )
        trainer.restore()

    def settings(self, name: Phase, config: PhaseConfig) -> Settings:
        """The loop's settings of a phase."""
        return Settings(
            steps=config.steps,
            lr=config.lr,
            betas=config.betas,
            weight_decay=config.weight_decay,
            warmup=config.warmup,
            clip_norm=config.clip_norm,
            max_seconds=config.max_seconds,
            layer_decay=getattr(config, "layer_decay", 1.0),
            save_every_s=config.save_every_s,
            log_every=config.log_every,
            seed=self.seed,
            identity=self.identity(name),
        )

    def identity(self, name: Phase) -> str:
        """Hash of everything that decides what a phase computes, its time limit and bookkeeping apart."""
        free = {"max_seconds", "save_every_s", "log_every"}
        recipe = self.recipe.model_dump(mode="json")
        for phase in PHASES:
            recipe[phase] = {k: v for k, v in recipe[phase].items() if k not in free}
        whole = {"phase": name, "recipe": recipe, "seed": self.seed, "shards": self.manifest.digest}
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    # ---- data

    def reader(self, split: str, config: PhaseConfig, crop: Crop | None) -> Reader:
        """A reader whose batches make up a step, `rate_groups` of them."""
        size = max(1, config.batch_clips // config.rate_groups)
        return Reader(self.manifest, split, size, self.seed, crop, threads=config.threads)

    def steps(self, reader: Reader, config: PhaseConfig, with_targets: bool) -> Steps:
        """Step batches of a reader."""
        edge = config.edge_frames if isinstance(config, FinetuneConfig) else 1.5
        patch = self.recipe.encoder.patch_frames
        return Steps(reader, self.front_end, config.crop_frames, patch, config.rate_groups, with_targets, edge)

    def fixed_batches(self, config: PhaseConfig, count: int) -> list[StepBatch]:
        """The same few batches of the validation split at every look; none where there is no such split."""
        if not self.manifest.split("valid")["shards"]:
            return []
        reader = self.reader("valid", config, Crop(self.front_end, config.crop_frames))
        steps = self.steps(reader, config, isinstance(config, FinetuneConfig))
        return list(itertools.islice(steps(0, 0), count))

    @staticmethod
    def mean_loss(task: Any, batches: list[StepBatch]) -> dict[str, float]:
        """Mean loss over batches, with the same masks each time."""
        if not batches:
            return {}
        losses = [task.loss(b, torch.Generator().manual_seed(i)) for i, b in enumerate(batches)]
        return {"valid_loss": float(torch.stack(losses).mean())}

    # ---- results

    def finish_detector(self, model: Any, position: Position) -> None:
        """Choose the decoding on the validation split and write the detector."""
        config = self.recipe.finetune
        if self.resume and (self.out / export.CARD).exists():
            self.summary.valid_f1 = export.read_card(self.out).get("valid_f1")
            return
        model.eval()
        predictor = Predictor(model, self.front_end, Decodings(), config.crop_frames, self.device)
        valid = list(items(predictor, self.reader("valid", config, None), config.tune_clips))
        calls = sum(len(item.truth.calls) for item in valid)
        room = config.tune_clips - len(valid) if calls < ENOUGH_CALLS else 0
        added = list(items(predictor, self.reader("train", config, None), room))
        decodings = tune_all(valid + added)
        self.summary.valid_f1 = score(valid, decodings) if calls else None
        export.save_weights(model, self.out / export.DETECTOR)
        entries = {
            "pretrained": self.summary.pretrained,
            "finetune": figures(position),
            "decoding": decodings.to_dict(),
            "decoding_tuned_on": {"valid_clips": len(valid), "train_clips": len(added)},
            "valid_f1": self.summary.valid_f1,
        }
        export.write_card(self.out / export.CARD, {**self.card(), **entries})

    def card(self) -> dict[str, Any]:
        """What every model card says."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "parameters": self.summary.parameters,
            "seed": self.seed,
            "manifest_sha256": self.manifest.digest,
            "splits": {name: split_summary(self.manifest, name) for name in ("train", "valid", "test")},
        }


def split_summary(manifest: Manifest, name: str) -> dict[str, Any]:
    """Counts of a split, for the model card; the recordings' ids are in manifest.json beside it."""
    split = manifest.split(name)
    return {"samples": split["samples"], "hours": split.get("hours"), "recordings": len(split["recordings"])}


def figures(position: Position) -> dict[str, Any]:
    """What the model card says of a phase."""
    last = position.history[-1]["loss"] if position.history else None
    return {
        "steps": position.step,
        "seconds": round(position.elapsed_s, 1),
        "clips": position.clips,
        "audio_s": round(position.audio_s, 1),
        "skipped_steps": position.skipped,
        "loss": last,
    }


def summarise(name: Phase, position: Position, first: int) -> PhaseSummary:
    """A phase's position as a summary."""
    losses = [r["loss"] for r in position.history] or [float("nan")]
    return PhaseSummary(
        phase=name,
        steps=position.step,
        from_step=first,
        first_loss=losses[0],
        last_loss=losses[-1],
        seconds=position.elapsed_s,
        clips=position.clips,
        audio_s=position.audio_s,
        skipped_steps=position.skipped,
        done=position.done,
    )
