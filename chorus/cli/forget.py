"""`chorus forget`: sources out of the lake."""

from __future__ import annotations

from typing import Annotated

import typer

from chorus.cli.options import Debug, Home


def forget(
    sources: Annotated[list[str], typer.Argument(help="Names of sources in the lake.", show_default=False)],
    home: Home = None,
    debug: Debug = False,
) -> None:
    """Take sources out of the lake: a name that was misspelt, data that are no longer needed.

    Recordings, annotation files, downloads, shards and runs stay as they are; chorus ingest reads the source again.
    """
    from chorus.lake.forget import forget as take_out
    from chorus.lake.layout import Layout
    from chorus.workspace import Workspace

    for gone in take_out(Layout(Workspace.at(home).lake), sources):
        print(
            f"{gone.source}: {gone.calls:,} calls in {gone.recordings:,} recordings taken out; {gone.root} is as it was"
        )
