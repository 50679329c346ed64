"""`chorus annotate`: a trained model marks the calls in recordings."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chorus.cli.options import Debug, Home, Json, Model, Quiet


class TableFormat(StrEnum):
    """Formats of the tables written."""

    raven = "raven"
    audacity = "audacity"
    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"


def annotate(
    paths: Annotated[list[Path], typer.Argument(help="Sound files, or folders of them.", show_default=False)],
    model: Model = None,
    format: Annotated[TableFormat, typer.Option("--format", "-f", help="Format of the tables.")] = TableFormat.raven,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; else beside each recording.", show_default=False)
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Activity from which a frame counts, above 0; else as tuned.", show_default=False
        ),
    ] = None,
    picture: Annotated[bool, typer.Option("--picture", help="Draw each recording with its calls.")] = False,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Mark where animals call: one selection table per recording, of any length, rate and format.

    A file that cannot be read is named and skipped; the exit code is then 1.
    """
    from chorus.cli.train import newest_run
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    model = model or newest_run(workspace)
    from chorus.annotate import annotate as run

    summary = run(
        paths,
        model=model,
        out=out,
        format=format.value,
        threshold=threshold,
        picture=picture,
        quiet=quiet or json,
    )
    print(summary.as_json() if json else summary.table())
    if summary.failed:
        raise typer.Exit(1)
