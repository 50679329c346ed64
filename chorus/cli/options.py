"""Options that several commands share, so that they are spelled and explained in one way."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Workspace folder; else $CHORUS_HOME, else the user's data folder.", show_default=False
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to use.", show_default="all cores")]
Licence = Annotated[
    list[str] | None,
    typer.Option(
        "--licence",
        "--license",
        help="Only what is under this licence: an SPDX id, or commercial, or any. May be given several times.",
        show_default="any",
    ),
]
Model = Annotated[
    Path | None, typer.Option("--model", help="Folder of a run; else the newest finished one.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

CORES = os.cpu_count() or 1


class Format(StrEnum):
    """How rows of a query are written."""

    table = "table"
    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"
    raven = "raven"
    audacity = "audacity"
