"""`chorus overview`: the lake at hand as one page of figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorus.cli.options import Debug, Home, Json, Quiet


def overview(
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write; else overview/ in the workspace.", show_default=False),
    ] = None,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Draw what the lake holds: who calls, where, how it is marked, in what company, and the
    paper's Table 1 beside what was found.

    Writes overview.html, one page that needs no network, and its pictures beside it. With --json
    only the numbers, and nothing is written.
    """
    from chorus.lake import Lake
    from chorus.workspace import Workspace

    workspace = Workspace.at(home)
    lake = Lake(workspace.lake)
    if json:
        from json import dumps

        from chorus.overview.numbers import count

        print(dumps(count(lake).as_dict(), indent=1))
        return
    from chorus.overview.make import make

    made = make(lake, out or workspace.home / "overview", quiet)
    t = made.numbers.totals
    print(
        f"{t.calls:,} calls of {t.species:,} species in {t.recordings:,} recordings of {t.sources:,} sources "
        f"({t.hours:,.1f} h of known length)"
    )
    print(f"wrote {made.page} and {len(made.pictures)} pictures beside it")
