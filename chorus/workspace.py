"""The workspace: one folder that holds everything Chorus writes unless it is told otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from chorus.errors import ChorusError

ENV = "CHORUS_HOME"


@dataclass(frozen=True)
class Workspace:
    """`home` with its four rooms: `lake/`, `downloads/`, `shards/`, `runs/`."""

    home: Path

    @classmethod
    def at(cls, home: str | os.PathLike[str] | None = None) -> Workspace:
        """The workspace at `home`, else at `$CHORUS_HOME`, else in the platform's user data folder."""
        chosen = home or os.environ.get(ENV)
        if not chosen:
            import platformdirs

            chosen = platformdirs.user_data_dir("chorus", appauthor=False)
        path = Path(chosen).expanduser().absolute()
        if path.exists() and not path.is_dir():
            raise ChorusError(f"{path} is a file; the workspace (--home or ${ENV}) must be a folder")
        return cls(path)

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
