"""One training run: both phases or one of them, in a run folder that can be stopped and resumed at any moment.

<run>/run.json, manifest.json             what is trained, and the shard set's manifest
      pretrain/step-*, finetune/step-*    checkpoints, the two newest; teach/step-* those of a teacher
      encoder.safetensors, encoder.json   the pretrained encoder (its running average) and its card
      model.json, detector.safetensors    the card of the fine-tuned encoder with its head, and last of all its weights
      model_card.md, report.html          both for people
      curves-<phase>.png, reconstruction.png, logs/ (TensorBoard, JSON lines)

Under torchrun every process runs this; the first one alone writes files, the others take part in what is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chorus.errors import ChorusError, UsageError
from chorus.shards.read import Manifest, Reader, ShardCache
from chorus.train import card, checkpoint, distributed, export, log, student
from chorus.train.config import PHASES, FinetuneConfig, Phase, PhaseConfig, Recipe, Stage, load_recipe
from chorus.train.data import ShardSet
from chorus.train.decode import Decodings
from chorus.train.device import is_gpu
from chorus.train.distributed import World
from chorus.train.folder import Asked, check_folder, claimed, restarted, write_start
from chorus.train.infer import Predictor
from chorus.train.loop import NoClips, OtherRun, Position, Settings, Stop, Trainer, train
from chorus.train.rehearsal import Beside, Teacher
from chorus.train.report import write_report
from chorus.train.start import Pool, adopt, check_encoder
from chorus.train.steady import hear, settle
from chorus.train.summary import PhaseSummary, RunSummary
from chorus.train.tasks import FinetuneTask, PretrainTask
from chorus.train.tune import ENOUGH_CALLS, Item, items, score, tune_all

#: Batches of the validation split whose loss is looked at while training.
LOOK_BATCHES = 4
#: Settings of a phase that decide how it is computed, not what: a run may go on with others.
FREE = {"max_seconds", "save_every_s", "log_every", "threads", "accumulate", "recompute"}


def run(
    phase: Phase | None,
    *,
    recipe: str | Recipe = "nano",
    shards: Path | str,
    out: Path,
    resume: bool = False,
    seed: int = 0,
    device: str | None = None,
    compiled: bool | None = None,
    max_seconds: float | None = None,
    quiet: bool = False,
    pretrained: Path | None = None,
    cache: ShardCache | None = None,
) -> RunSummary:
    """Train from a shard set into the run folder `out`; without `phase`, pretrain and then fine-tune.

    `recipe` is a packaged name, a TOML file or a recipe itself. `compiled`: transformer blocks go through
    torch.compile; None: on GPUs. `max_seconds` caps the wall time of the phases together: the schedule is shortened to
    fit. `resume` goes on where an earlier call stopped, and does nothing for a phase that is done; a restart by
    torchrun always does. SIGTERM and Ctrl-C save and return a summary that is `interrupted`. `pretrained` is the run
    whose encoder fine-tuning starts from; clips of its shard set come along where they lie in ranges of rates that few
    calls are labelled in (see `chorus.train.rehearsal`). Shards of a remote set are kept in `cache`, None: in the
    workspace. Raises ChorusError, one line, for a bad recipe, a shard set that cannot be read, or a folder that holds
    another run.
    """
    if pretrained and phase != "finetune":
        raise UsageError("a pretrained run is where fine-tuning starts from: chorus train finetune --pretrained RUN")
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if pretrained:
        check_encoder(Path(pretrained), chosen)  # before the folder of the run is made
    if max_seconds is not None:
        chosen = limited(chosen, max_seconds, [phase] if phase else list(PHASES))
    manifest, place = Manifest.open(shards), export.choose_device(device)
    if phase is None:
        check_calls(manifest)
    with torch.random.fork_rng(), Stop() as stop, distributed.join(place) as world:
        compiled = is_gpu(place) if compiled is None else compiled
        quiet = quiet or not world.first
        asked = Asked.of(phase, pretrained)
        job = Job(
            chosen, manifest, Path(out), world, asked, cache, resume=resume, seed=seed, compiled=compiled, quiet=quiet
        )
        with job.alone:
            if pretrained and world.first:
                adopt(Path(pretrained), job.out, chosen)
            world.wait()
            for name in [phase] if phase else PHASES:
                done = job.pretrain(stop) if name == "pretrain" else job.finetune(stop)
                if not done:
                    break
    return job.summary


def check_calls(manifest: Manifest) -> None:
    """Raise ChorusError for a set of which no label tells when a call begins and ends."""
    if manifest.strong_calls("train") == 0:
        raise ChorusError(
            f"{manifest.place}: no call with marked times in its train split, surely there and of a voice: "
            "a detector has nothing to learn from (chorus train pretrain needs no labels)"
        )


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
        self,
        recipe: Recipe,
        manifest: Manifest,
        out: Path,
        world: World,
        asked: Asked,
        cache: ShardCache | None,
        *,
        resume: bool,
        seed: int,
        compiled: bool,
        quiet: bool,
    ) -> None:
        self.recipe, self.manifest, self.out, self.world = recipe, manifest, out, world
        self.seed, self.compiled, self.quiet = seed, compiled, quiet
        self.front_end = export.build_front_end(recipe)
        self.source = ShardSet(manifest, recipe, self.front_end, seed, world, cache)
        self.beside = Beside()
        self.pool_notes: list[str] = []
        self.start: str | None = None  # SHA-256 of the encoder that fine-tuning starts from
        self.alone = ExitStack()  # holds the folder until it is closed
        self.summary = RunSummary(out, recipe.name, str(world.device), {})
        if not manifest.split("train")["shards"]:
            raise ChorusError(f"{manifest.place} has no clips in its train split: nothing to learn from")
        check_folder(out, manifest)
        self.resume: bool = world.told(resume or restarted(out))
        if world.first:
            self.alone.enter_context(claimed(out))
            write_start(out, recipe, manifest, seed, asked)

    # ---- phases

    def pretrain(self, stop: Stop) -> bool:
        """The masked-autoencoder phase; True when it is done."""
        config = self.recipe.pretrain
        torch.manual_seed(self.seed)
        model = export.build_autoencoder(self.recipe)
        encoder = count(model.encoder)
        self.summary.parameters |= {"encoder": encoder, "decoder": count(model) - encoder}
        task = PretrainTask(self.prepared(model, config), self.front_end, self.recipe, self.world.device)
        looked = self.source.fixed(config, 1)

        def look(step: int) -> dict[str, float]:
            if not looked:
                return {}
            panels = task.panels(looked[0])
            if self.world.first:
                title = f"step {step}: patches are predicted at their own mean and spread"
                log.draw_reconstruction(panels, self.out / "reconstruction.png", title)
            return task.judge(looked)

        trainer = Trainer(task, self.settings("pretrain", config), self.out / "pretrain", self.world)
        position = self.phase("pretrain", trainer, config, look, stop)
        if position.done:
            self.finish_encoder(trainer)
        return position.done

    def finetune(self, stop: Stop) -> bool:
        """The detection phase, from the run's encoder where there is one; True when its detector is written. Where few
        calls are labelled and clips without come along, a teacher is trained first, from scratch."""
        self.find_pool()
        if not self.beside.manifests():
            check_calls(self.manifest)
        if not self.beside.detector:
            return self.detect("finetune", self.recipe.finetune, stop)
        first, second = student.share_steps(self.recipe.finetune)
        if not self.detect("teach", first, stop):
            return False
        self.world.wait()
        teacher = student.load_teacher(self.out, self.recipe, self.front_end, self.world.device)
        return self.detect("finetune", second, stop, teacher)

    def detect(self, name: Stage, config: FinetuneConfig, stop: Stop, teacher: Predictor | None = None) -> bool:
        """Train a detector; True when it is written."""
        torch.manual_seed(self.seed + 1)
        model = export.build_detector(self.recipe)
        if name == "finetune":
            self.load_encoder(model)
        self.summary.parameters |= {"detector": count(model)}
        task = FinetuneTask(self.prepared(model, config), self.front_end, self.recipe, self.world.device, teacher)
        looked = self.source.fixed(config, LOOK_BATCHES)
        trainer = Trainer(task, self.settings(name, config), self.out / name, self.world)
        position = self.phase(name, trainer, config, lambda _: task.judge(looked) if looked else {}, stop)
        if position.done:
            weights = distributed.gather(task.model.state_dict(), self.world)
            if self.world.first:
                self.finish_detector(name, weights, position, teacher)
        return position.done

    def prepared(self, model: Any, config: PhaseConfig) -> Any:
        """The model on its device, ready to train."""
        model.to(self.world.device)
        distributed.prepare(model, self.world, self.compiled, config.recompute)
        return model

    def load_encoder(self, model: Any) -> None:
        """Start from the run's pretrained encoder; a half-done pretraining is an error, none at all is not."""
        path = self.out / export.ENCODER
        if self.world.told(path.exists()):
            export.load_weights(model.encoder, path)
            self.start = self.world.told(file_hash(path) if self.world.first else None)
            self.summary.pretrained = True
        elif any((self.out / "pretrain").glob("step-*")):
            raise ChorusError(f"pretraining in {self.out} is not finished: `chorus train --resume` goes on with it")

    def find_pool(self) -> None:
        """The clips without labels that come along (see `chorus.train.rehearsal`)."""
        found = self.world.told(Pool.of(self.out) if self.world.first else Pool())
        self.pool_notes = found.notes
        self.summary.notes += found.notes
        if found.manifest:
            self.beside = Beside.of(found.manifest, self.manifest, self.front_end)
        if self.beside.itself:
            self.summary.notes.append(card.rehearsal_line(card.rehearsal_facts(self.beside.itself)))
        if self.beside.detector:
            self.summary.notes.append(card.student_line(card.rehearsal_facts(self.beside.detector)))

    def others(self, name: Stage) -> dict[Teacher, Manifest]:
        """The clips without labels that come along in a phase, by who marks them."""
        every = self.beside.manifests() if name != "pretrain" else {}
        return {who: manifest for who, manifest in every.items() if who == "itself" or name == "finetune"}

    def phase(
        self, name: Stage, trainer: Trainer, config: PhaseConfig, look: Callable[[int], dict[str, float]], stop: Stop
    ) -> Position:
        """Run the loop over the train split; draw its curves and write the report."""
        self.continue_from(trainer, name)
        first = trainer.position.step
        steps = self.source.training(config, self.others(name))
        progress = log.LossProgress(name, config.steps, "steps", self.quiet)
        progress.done = first
        with progress:
            history = trainer.position.history
            watcher = log.Log(name, self.out, progress, history, look) if self.world.first else log.Silent(look)
            try:
                position = train(trainer, steps, watcher, stop)
            except NoClips as error:
                reasons = list(steps.reader.bad.items())[:1]
                raise ChorusError(f"{self.manifest.place}: {error}; first: {reasons}") from None
            finally:
                watcher.close()
        self.summary.bad_clips |= steps.reader.bad
        self.summary.phases.append(PhaseSummary.of(name, position, first))
        if self.world.first and position.step > first:
            log.draw_curves(name, position.history, self.out / f"curves-{name}.png")
            write_report(self.out)
        return position

    def continue_from(self, trainer: Trainer, name: Stage) -> None:
        """Restore the phase's checkpoint. Without `resume`, an existing one is an error."""
        if self.resume:
            self.restore(trainer)
            if damaged := checkpoint.passed_over(trainer.folder, trainer.position.step):
                self.summary.notes.append(f"{name}: passed over {', '.join(damaged)}, which cannot be read whole")
        elif (path := checkpoint.newest(trainer.folder)) is not None:
            position = Position(**checkpoint.read_facts(path)["position"])
            stage = "a finished" if position.done else f"an unfinished (step {position.step})"
            raise ChorusError(
                f"{self.out} holds {stage} {name} run: --resume goes on with it; else choose another --out"
            )

    def restore(self, trainer: Trainer) -> None:
        """Restore its newest checkpoint. One that had clips of the pretraining beside it needs them again."""
        try:
            trainer.restore()
        except OtherRun:
            if gone := [note for note in self.pool_notes if not self.beside.manifests()]:
                raise ChorusError(
                    f"{self.out}: cannot go on; {gone[0]}, so put them back, or choose another --out"
                ) from None
            raise

    def settings(self, name: Stage, config: PhaseConfig) -> Settings:
        """The loop's settings of a phase."""
        shared = config.model_dump(include={field.name for field in fields(Settings)})
        return Settings(**shared, seed=self.seed, identity=self.identity(name))

    def identity(self, name: Stage) -> str:
        """Hash of everything that decides what a phase computes, its time limit and bookkeeping apart."""
        recipe = self.recipe.model_dump(mode="json")
        for phase in PHASES:
            recipe[phase] = {k: v for k, v in recipe[phase].items() if k not in FREE}
        whole = {"phase": name, "recipe": recipe, "seed": self.seed, "shards": self.manifest.digest}
        if name == "finetune" and self.start:
            whole["start"] = self.start
        for who, manifest in self.others(name).items():
            whole["pool" if who == "itself" else "taught"] = manifest.digest
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    # ---- results

    def finish_encoder(self, trainer: Trainer) -> None:
        """Write the encoder (its running average where there is one) and its card; its weights come last."""
        encoder: Any = trainer.task.model.encoder
        held = trainer.average.weights if trainer.average else encoder.state_dict()
        weights = distributed.gather(held, self.world)
        if self.world.first:
            facts = {"pretrain": card.phase_facts(trainer.position), "average": self.recipe.pretrain.ema}
            export.write_card(self.out / export.ENCODER_CARD, {**self.facts(), **facts})
            plain = export.build_encoder(self.recipe)
            plain.load_state_dict(weights)
            export.save_weights(plain, self.out / export.ENCODER)
            self.describe()
        self.world.wait()

    def finish_detector(
        self, name: Stage, weights: dict[str, Tensor], position: Position, teacher: Predictor | None
    ) -> None:
        """Choose the decoding on the validation split and write the detector; its weights come last."""
        teaches = name == "teach"
        paths = (student.CARD, student.WEIGHTS) if teaches else (export.CARD, export.DETECTOR)
        card_path, weights_path = (self.out / path for path in paths)
        if self.resume and weights_path.exists():
            self.summary.valid_f1 = export.open_card(card_path).get("valid_f1")
            return
        model = export.build_detector(self.recipe)
        model.load_state_dict(weights)
        model.to(self.world.device).eval()
        facts = {"pretrained": self.summary.pretrained, name: card.phase_facts(position)}
        facts |= self.choose_decoding(model, teacher)
        taken = export.open_card(self.out / student.CARD) if teacher else {}
        if self.beside.detector and teacher:
            facts |= {"teach": taken["teach"], "student": card.rehearsal_facts(self.beside.detector)}
        if self.beside.itself:
            facts["rehearsal"] = card.rehearsal_facts(self.beside.itself)
        if self.pool_notes:
            facts["notes"] = self.pool_notes
        if self.summary.pretrained:
            facts["pretrain"] = export.open_card(self.out / export.ENCODER_CARD).get("pretrain")
        export.write_card(card_path, {**self.facts(), **facts})
        export.save_weights(model, weights_path)
        if not teaches:
            self.describe()

    def choose_decoding(self, model: Any, teacher: Predictor | None) -> dict[str, Any]:
        """Entries of the card: the decoding, what it was chosen on, and its score on the validation split. A student
        begins with that of its teacher."""
        config = self.recipe.finetune
        predictor = Predictor(model, self.front_end, Decodings(), config.crop_frames, self.world.device)
        valid = list(items(predictor, self.source.reader("valid", config), config.tune_clips))
        calls = sum(len(item.truth.calls) for item in valid)
        room = config.tune_clips - len(valid) if calls < ENOUGH_CALLS else 0
        added = list(items(predictor, self.source.reader("train", config), room))
        heard: list[Item] = []
        if self.beside.itself and not teacher:
            heard = list(items(predictor, self.pool("itself"), config.tune_clips, pseudo=True))
        decodings = teacher.decodings if teacher else tune_all(valid + added, heard)
        tuned_on = {"valid_clips": len(valid), "train_clips": len(added)}
        if self.beside.detector:
            unlabelled = list(hear(predictor, self.pool("detector"), teacher))
            decodings = settle(decodings, valid + added, unlabelled, teacher.decodings if teacher else None)
            tuned_on["unlabelled_clips"] = len(unlabelled)
        self.summary.valid_f1 = score(valid, decodings) if calls else None
        return {
            "decoding": decodings.to_dict(),
            "decoding_tuned_on": tuned_on,
            "valid_f1": self.summary.valid_f1,
        }

    def pool(self, who: Teacher) -> Reader:
        """A reader of the whole clips without labels that are marked by `who`."""
        source = replace(self.source, manifest=self.beside.manifests()[who])
        return source.reader("train", self.recipe.finetune)

    def facts(self) -> dict[str, Any]:
        """What every model card says."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "parameters": self.summary.parameters,
            "seed": self.seed,
            **card.data_facts(self.manifest),
        }

    def describe(self) -> None:
        """Write model_card.md and report.html anew."""
        card.write_model_card(self.out)
        write_report(self.out)


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count(model: nn.Module) -> int:
    """Parameters of a model."""
    return sum(p.numel() for p in model.parameters())
