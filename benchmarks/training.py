"""Training from shards against training on steps that lie in memory: how much the reading costs.

`python -m benchmarks training` trains the pretraining phase of packaged recipes, the same trainer in both cases, in
turn: on clips decoded from FLAC in shards while the step before is computed, and on steps made beforehand. Front end,
model and optimizer are the same, so the ratio is what reading, decoding and putting steps together cost. Processor time
is what a machine with every core busy would see, and is disturbed least by what else runs on it.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.reader import processor, write_set
from benchmarks.timing import pair, report
from chorus.shards.read import Manifest
from chorus.train import export
from chorus.train.config import load_recipe
from chorus.train.data import ShardSet, Step
from chorus.train.distributed import World
from chorus.train.loop import Settings, Trainer
from chorus.train.tasks import PretrainTask

RECIPES, CLIP_S = ("tiny", "small"), 10.0
SHARDS, CLIPS = 4, 64
#: Clips per step, fewer than the recipes': the ratio is the same, and it takes minutes.
BATCH = 8
STEPS, RUNS, HELD = 2, 7, 4
SHARE = 0.95


def trainer(source: ShardSet, folder: Path) -> Trainer:
    """The recipe's pretraining."""
    config = source.recipe.pretrain
    model = export.build_autoencoder(source.recipe)
    task = PretrainTask(model.train(), source.front_end, source.recipe, source.world.device)
    shared: dict[str, Any] = config.model_dump(include=set(Settings.__dataclass_fields__))
    return Trainer(task, Settings(**shared), folder, source.world)


def learn(t: Trainer, stream: Iterator[Step]) -> None:
    """A few steps."""
    for step in itertools.islice(stream, STEPS):
        t.learn(step)


def measure(name: str, manifest: Manifest, folder: Path) -> Iterator[str]:
    """The lines of one recipe."""
    recipe = load_recipe(name)
    recipe = recipe.model_copy(update={"pretrain": recipe.pretrain.model_copy(update={"batch_clips": BATCH})})
    source = ShardSet(manifest, recipe, export.build_front_end(recipe), 0, World())
    t = trainer(source, folder)
    shards = source.training(recipe.pretrain)(0, 0)
    held = itertools.cycle(list(itertools.islice(source.training(recipe.pretrain)(0, 0), HELD)))
    both = (lambda: learn(t, shards)), (lambda: learn(t, held))
    clock, work = pair(*both, RUNS), processor(*both, RUNS)
    shards.close()  # type: ignore[attr-defined]
    yield report(f"'{name}' from shards, by the clock", clock, 1 / SHARE, "the same from memory")
    yield report(f"'{name}' from shards, processor time", work, 1 / SHARE, "the same from memory")
    yield f"steps a second: {1 / clock.ratio:.3f} of those from memory, by work {1 / work.ratio:.3f} (goal {SHARE})"


def main() -> Iterator[str]:
    """The report's lines."""
    yield f"{os.cpu_count()} cores; {STEPS} steps of {BATCH} clips of {CLIP_S:g} s at 32 kHz"
    with tempfile.TemporaryDirectory() as scratch:
        manifest = write_set(Path(scratch), SHARDS, CLIPS, CLIP_S)
        for name in RECIPES:
            yield from measure(name, manifest, Path(scratch))
