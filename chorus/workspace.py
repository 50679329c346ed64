"""The workspace: one folder that holds everything Chorus writes unless it is told otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from chorus.errors import ChorusError
from chorus.storage import address, cache_folder

ENV = "CHORUS_HOME"


@dataclass(frozen=True)
class Workspace:
    """`home` with its four rooms: `lake/`, `downloads/`, `shards/`, `runs/`; `address` is where it lies in object
    storage, if it does."""

    home: Path
    address: str | None = None

    @classmethod
    def at(cls, home: str | os.PathLike[str] | None = None) -> Workspace:
        """The workspace at `home`, else at `$CHORUS_HOME`, else in the platform's user data folder."""
        chosen = home or os.environ.get(ENV)
        if not chosen:
            import platformdirs

            chosen = platformdirs.user_data_dir("chorus", appauthor=False)
        if remote := address(chosen):
            raise ChorusError(
                f"{remote}: a workspace in object storage can be read (chorus query, chorus shard), not changed"
            )
        path = Path(chosen).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise ChorusError(f"{path} is a file; the workspace (--home or ${ENV}) must be a folder")
        return cls(path)

    @classmethod
    def reading(cls, home: str | os.PathLike[str] | None = None) -> Workspace:
        """The workspace at `home` as `at` gives it; of one in object storage, a copy of its lake on this machine."""
        chosen = home or os.environ.get(ENV)
        remote = address(chosen) if chosen else None
        if remote is None:
            return cls.at(home)
        import hashlib

        from chorus.lake.mirror import copy

        workspace = cls(cache_folder() / "mirrors" / hashlib.sha256(remote.encode()).hexdigest()[:16], remote)
        copy(f"{remote}/lake", workspace.lake)
        return workspace

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def downloads(self) -> Path:
        return self.home / "downloads"

    @property
    def shards(self) -> Path:
        return self.home / "shards"

    @property
    def runs(self) -> Path:
        return self.home / "runs"
