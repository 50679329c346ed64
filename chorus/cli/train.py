"""`chorus train`: pre-training and fine-tuning from shards."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorus.cli.options import Debug, Home, Quiet

if TYPE_CHECKING:
    from chorus.workspace import Workspace


class Phase(StrEnum):
    """Phases of training; both when none is named."""

    pretrain = "pretrain"
    finetune = "finetune"


def train(
    phase: Annotated[
        Phase | None, typer.Argument(help="pretrain or finetune; both when left out.", show_default=False)
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Name of a recipe, or a TOML file; else nano.", show_default=False)
    ] = None,
    shards: Annotated[
        str | None, typer.Option(help="Shard set, a folder or a URL; else the newest here.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; else a new one in the workspace.", show_default=False)
    ] = None,
    pretrained: Annotated[
        Path | None,
        typer.Option(help="Run whose encoder fine-tuning starts from; else the run's own.", show_default=False),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, else with the newest, as it was begun.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of weights, order and masks; else 0.", show_default=False)
    ] = None,
    compile: Annotated[
        bool | None,
        typer.Option("--compile/--no-compile", help="torch.compile each block; else on GPUs only.", show_default=False),
    ] = None,
    cache_gib: Annotated[
        float, typer.Option(min=0.001, help="Most that cache/ in the workspace keeps of a remote shard set, GiB.")
    ] = 64,
    home: Home = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Pre-train a masked autoencoder on shards, then fine-tune it to mark the starts and ends of calls.

    With many recordings and few labels: pretrain on a shard set of all (chorus shard --unlabelled), then fine-tune on
    one of the labelled clips: chorus train finetune --shards LABELLED --pretrained RUN.

    On several GPUs: torchrun --nproc-per-node 8 --max-restarts 3 -m chorus train --out RUN ... A restart goes on from
    the last checkpoint, on as many processes as there are then.
    """
    from chorus.errors import UsageError
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    if out is None and "TORCHELASTIC_RUN_ID" in os.environ:
        raise UsageError("under torchrun the processes and their restarts share one folder: name it with --out")
    out = out or (newest_run(workspace, finished=False) if resume else new_run(workspace, recipe or "nano"))
    if not (resume or shards):
        shards = str(newest_shards(workspace))
    from chorus.shards.read import ShardCache
    from chorus.train import run
    from chorus.train.folder import asked_before

    before = asked_before(out) if resume else {}
    cache = ShardCache(workspace.home / "cache", int(cache_gib * 2**30))
    summary = run(
        phase.value if phase else before.get("phase"),
        recipe=recipe or before.get("recipe", "nano"),
        shards=shards or before.get("shards") or newest_shards(workspace),
        out=out,
        resume=resume,
        seed=before.get("seed", 0) if seed is None else seed,
        compiled=compile,
        quiet=quiet,
        pretrained=pretrained or before.get("pretrained"),
        cache=cache,
    )
    if os.environ.get("RANK", "0") == "0":
        print(summary.table())
    if summary.interrupted:
        raise typer.Exit(130)


def newest_shards(workspace: Workspace) -> Path:
    """The shard set finished last. Raises UsageError when there is none."""
    from chorus.errors import UsageError

    found = list(workspace.shards.glob("*/manifest.json"))
    if not found:
        raise UsageError(f"no finished shard set in {workspace.shards}: chorus shard, or --shards DIR")
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path)).parent


def newest_run(workspace: Workspace, finished: bool = True) -> Path:
    """The run touched last (with a finished detector, unless `finished` is False). Raises UsageError without one."""
    from chorus.errors import UsageError

    pattern = "*/detector.safetensors" if finished else "*/manifest.json"
    found = list(workspace.runs.glob(pattern))
    if not found:
        raise UsageError(f"no {'finished ' if finished else ''}run in {workspace.runs}: chorus train")
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path)).parent


def new_run(workspace: Workspace, recipe: str) -> Path:
    """A name for a new run: the recipe and a number that is free."""
    stem = Path(recipe).stem
    used = {p.name for p in workspace.runs.iterdir()} if workspace.runs.is_dir() else set()
    return workspace.runs / next(name for n in range(1, len(used) + 2) if (name := f"{stem}-{n}") not in used)
