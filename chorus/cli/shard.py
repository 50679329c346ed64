"""`chorus shard`: augmented training clips out of the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorus.cli.options import CORES, Debug, Home, Jobs, Json, Licence, Quiet


def shard(
    where: Annotated[
        str | None, typer.Option(help="Which calls: a WHERE clause as in chorus query.", show_default=False)
    ] = None,
    augment: Annotated[bool, typer.Option("--augment", help="Add augmented copies of the training clips.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; else a new one in the workspace.", show_default=False)
    ] = None,
    clip_seconds: Annotated[float, typer.Option(min=0.05, help="Length of a clip.")] = 10.0,
    sample_rate: Annotated[
        int | None,
        typer.Option(
            min=100, help="Resample every clip to this rate, Hz; else each keeps its own.", show_default=False
        ),
    ] = None,
    noise: Annotated[
        Path | None, typer.Option(help="Folder of noise recordings to mix in.", show_default=False)
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="TOML of augmentations; else the packaged one.", show_default=False)
    ] = None,
    include_held_out: Annotated[
        bool, typer.Option("--include-held-out", help="Also use the sources kept for evaluation.")
    ] = False,
    licence: Licence = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be written.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    jobs: Jobs = CORES,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Cut clips around calls and from call-free stretches, split them without leaks, and write WebDataset shards.

    Killed and run again with the same options it goes on, and ends with the same bytes.
    """
    from chorus.lake import Lake
    from chorus.shards import make_shards
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    summary = make_shards(
        Lake(workspace.lake),
        where=where,
        augment=augment,
        out=out,
        shards_home=workspace.shards,
        clip_seconds=clip_seconds,
        sample_rate=sample_rate,
        seed=seed,
        jobs=jobs,
        noise_dir=noise,
        recipe=recipe,
        plan_only=plan,
        include_held_out=include_held_out,
        licence=licence or (),
        quiet=quiet or json,
    )
    print(summary.as_json() if json else summary.table())
