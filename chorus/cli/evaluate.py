"""`chorus evaluate`: how well a model finds calls, beside two baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorus.cli.options import Debug, Home, Json, Model, Quiet


def evaluate(
    model: Model = None,
    where: Annotated[
        str | None,
        typer.Option(
            help="Calls to find, as in chorus query; else the test part of the run's shards.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the report as JSON to this file.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare a model's events with the lake's calls: F1 at three overlaps, with 'always positive' and a tuned energy
    detector beside it, n and 95 % intervals."""
    from chorus.cli.train import newest_run
    from chorus.lake import Lake
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    model = model or newest_run(workspace)
    from chorus.evaluate import evaluate as run

    report = run(Lake(workspace.lake), model=model, where=where, quiet=quiet or json)
    if out:
        report.save(out)
    print(report.as_json() if json else report.table())
