"""`chorus put`: the lake into object storage."""

from __future__ import annotations

from typing import Annotated

import typer

from chorus.cli.options import Debug, Home


def put(
    address: Annotated[str, typer.Argument(help="s3://bucket/path or gs://bucket/path.", show_default=False)],
    home: Home = None,
    debug: Debug = False,
) -> None:
    """Copy the lake to object storage, where chorus query and chorus shard read it with --home ADDRESS.

    What is there already is not sent again. Readers see the state before or the state after, never a mixture. Sound is
    not copied: chorus shard --root SOURCE=ADDRESS says where it lies.
    """
    from chorus.lake.layout import Layout
    from chorus.lake.mirror import put as send
    from chorus.workspace import Workspace

    place = f"{address.rstrip('/')}/lake"
    sent = send(Layout(Workspace.at(home).lake), place)
    print(f"{place}: {sent:,} files sent; chorus query --home {address.rstrip('/')} reads it")
