"""`chorus shard`: augmented training clips out of the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from chorus.cli.options import CORES, Debug, Home, Jobs, Json, Licence, Quiet
from chorus.errors import UsageError


def shard(
    where: Annotated[
        str | None, typer.Option(help="Which calls: a WHERE clause as in chorus query.", show_default=False)
    ] = None,
    augment: Annotated[bool, typer.Option("--augment", help="Add augmented copies of the training clips.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write, or s3://bucket/path or gs://...; else a new one in the workspace.",
            show_default=False,
        ),
    ] = None,
    clip_seconds: Annotated[float | None, typer.Option(min=0.05, help="Length of a clip.", show_default="10")] = None,
    clip_steps: Annotated[
        int | None,
        typer.Option(
            min=1, help="Length of a clip in the model's time steps, which follow the rate.", show_default=False
        ),
    ] = None,
    sample_rate: Annotated[
        int | None,
        typer.Option(
            min=100, help="Resample every clip to this rate, Hz; else each keeps its own.", show_default=False
        ),
    ] = None,
    max_rate: Annotated[
        int | None,
        typer.Option(
            min=100, help="Resample faster recordings to this rate, Hz; others keep theirs.", show_default=False
        ),
    ] = None,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="Clips over whole recordings, calls or not: for pretraining.")
    ] = False,
    balance: Annotated[
        str,
        typer.Option(help="Repeat and thin training clips: natural, species, source, or a temperature over species."),
    ] = "natural",
    noise: Annotated[
        Path | None, typer.Option(help="Folder of noise recordings to mix in.", show_default=False)
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="TOML of augmentations; else the packaged one.", show_default=False)
    ] = None,
    include_held_out: Annotated[
        bool, typer.Option("--include-held-out", help="Also use the sources kept for evaluation.")
    ] = False,
    hold_out: Annotated[
        str | None, typer.Option(help="More sources to keep for evaluation: esc,watkins", show_default=False)
    ] = None,
    licence: Licence = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be written.")] = False,
    preview: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=50,
            help="Only draw what each step of the recipe does to this many clips, as a page.",
            show_default=False,
        ),
    ] = None,
    audit: Annotated[
        str | None,
        typer.Option(
            help="Make nothing: look for leaks between the splits of this folder or address; exit code 1 if there are.",
            show_default=False,
        ),
    ] = None,
    task: Annotated[
        int | None, typer.Option(min=0, help="Write only this task's shards, counted from 0.", show_default=False)
    ] = None,
    of: Annotated[int, typer.Option(min=1, help="Number of tasks that --task is one of.")] = 1,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Processes here, or tasks of a Ray cluster.")
    ] = "local",
    address: Annotated[str | None, typer.Option(help="Address of the Ray cluster.", show_default=False)] = None,
    root: Annotated[
        list[str] | None,
        typer.Option(
            help="SOURCE=PLACE: where a source's sound lies now, a folder or an address. Repeatable.",
            show_default=False,
        ),
    ] = None,
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
    from chorus.startup import without_pandas
    from chorus.workspace import Workspace

    without_pandas()
    workspace = Workspace.reading(home)
    lake = Lake(workspace.lake)
    if audit:
        from chorus.shards.audit import audit as leaks

        report = leaks(audit, lake, jobs=jobs, quiet=quiet or json)
        print(report.as_json() if json else report.table())
        raise typer.Exit(1 if report.leaks else 0)
    clips: dict[str, Any] = {
        "where": where,
        "clip_seconds": clip_seconds,
        "clip_steps": clip_steps,
        "sample_rate": sample_rate,
        "max_rate": max_rate,
        "include_held_out": include_held_out,
        "licence": licence or (),
        "recipe": recipe,
        "noise_dir": noise,
        "roots": _roots(root or []),
        "seed": seed,
        "quiet": quiet or json,
    }
    if preview:
        from chorus.shards.preview import preview as draw

        drawn = draw(lake, preview, out or workspace.home / "preview", **clips)
        print(drawn.as_json() if json else drawn.told())
        return
    summary = make_shards(
        lake,
        **clips,
        augment=augment,
        out=out,
        shards_home=f"{workspace.address}/shards" if workspace.address else workspace.shards,
        unlabelled=unlabelled,
        balance=balance,
        hold_out=sorted({name.strip() for name in (hold_out or "").split(",")} - {""}),
        jobs=jobs,
        task=task,
        of=of,
        engine=engine,
        address=address,
        plan_only=plan,
    )
    print(summary.as_json() if json else summary.table())


def _roots(given: list[str]) -> dict[str, str]:
    """SOURCE=PLACE, each once."""
    for text in given:
        if not all(text.partition("=")):
            raise UsageError(f"--root {text}: expected SOURCE=FOLDER")
    return dict(text.split("=", 1) for text in given)
