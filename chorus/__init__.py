"""Chorus: bioacoustic datasets in one call table, and a model that learns from them.

>>> import chorus
>>> lake = chorus.open()                       # the workspace: $CHORUS_HOME, or the user's data folder
>>> lake.query("species='orca'").df()          # a pandas DataFrame          # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chorus._version import __version__
from chorus.errors import ChorusError

if TYPE_CHECKING:
    from os import PathLike

    from chorus.lake import Lake

__all__ = ["ChorusError", "__version__", "open"]


def open(home: str | PathLike[str] | None = None) -> Lake:
    """Open the lake of a workspace for reading.

    `home` is the workspace folder; without it `$CHORUS_HOME`, else the platform's user data folder. Raises
    `ChorusError` when the lake was written by a newer Chorus.
    """
    from chorus.lake import Lake
    from chorus.workspace import Workspace

    return Lake(Workspace.reading(home).lake)
