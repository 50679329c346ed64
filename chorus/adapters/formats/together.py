"""Releases whose tables and sounds people unpack into any arrangement of folders, side by side or one in another."""

from __future__ import annotations

import os
from dataclasses import dataclass

from chorus.adapters.base import Adapter, Release


@dataclass(frozen=True)
class Together(Adapter):
    """An adapter whose root is the folder that all matches of `anchors` and of `beside` share.

    One match of `anchors` (patterns as `Adapter` has them) is needed; `beside` names what goes with it: the sounds.
    """

    beside: tuple[str, ...] = ()

    def open(self, root: str | os.PathLike[str]) -> Release:
        """Scan `root` and move to the folder that holds the whole release. Raises UsageError naming what was looked
        for, as every adapter does."""
        release = Release.scan(root)
        if not any(release.glob(pattern) for pattern in self.anchors):
            return Adapter.open(self, root)  # refuses
        found = {path for pattern in (*self.anchors, *self.beside) for path in release.glob(pattern)}
        return release.below(os.path.commonpath(["/" + path.rpartition("/")[0] for path in found]).strip("/"))
