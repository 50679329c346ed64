"""The files of a release in their places. What a person changed or put there is kept beside, as `.old`; where two files
of a card become one path, the one that the card names first has it, whichever came first."""

from __future__ import annotations

import filecmp
import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

from chorus.atomic import disk_error
from chorus.download.marker import Marker


@dataclass(slots=True)
class Places:
    """Where the file `name` of a release, or what was packed in it, goes below `target`. `names` are all files of the
    card, in its order. `kept` are the paths of what was set aside, `shared` those that two files of the card became."""

    name: str
    names: list[str]
    marker: Marker
    target: Path
    kept: list[str] = field(default_factory=list)
    shared: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def put(self, file: Path, path: str) -> bool:
        """Move a file to its path, unless the same is there; False where an earlier file of the card has another one
        there, which stays. Raises ChorusError when the disk does not take it."""
        to = self.target / path
        try:
            if _same(file, to):
                return True
            if not self._wins(path):
                return False
            self._make_way(path)
            move(file, to)
        except OSError as error:
            raise disk_error(error, to) from error
        return True

    def _wins(self, path: str) -> bool:
        """Whether this file is the first of the card that became the path."""
        rivals = [name for name in self.names if name != self.name and self._noted(name, path) is not None]
        for rival in rivals:
            pair = sorted((rival, self.name), key=self.names.index)
            self.shared.setdefault((pair[0], pair[1]), []).append(path)
            if rival == pair[0]:
                return False
        return True

    def _make_way(self, path: str) -> None:
        """Keep the file at a path beside, unless it is as a download left it; no other file of the card has it now."""
        to = self.target / path
        noted = self.marker.files
        if os.path.lexists(to) and not to.is_dir():
            ours = to.exists() and any(noted[name].left(to, self._noted(name, path)) for name in noted)
            if not ours:
                self.kept.append(str(_keep(to).relative_to(self.target)))
        for name in noted.keys() - {self.name}:
            noted[name].paths.pop(path, None)

    def _noted(self, name: str, path: str) -> int | None:
        """The size that the marker notes of a path, for a file of the release."""
        noted = self.marker.files.get(name)
        if noted is None:
            return None
        return noted.bytes if name == path else noted.paths.get(path)

    def lines(self) -> list[str]:
        """What a person should know of it."""
        told = [
            f"{first} and {second} both hold {some(paths)}: that of {first} is used"
            for (first, second), paths in self.shared.items()
        ]
        if self.kept:
            told.append(f"{self.name}: what was changed or put there by hand is kept as {some(self.kept)}")
        return told


def some(names: list[str]) -> str:
    """The names, or the first of many."""
    return ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")


def move(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    file.replace(to)


def _same(file: Path, to: Path) -> bool:
    return to.is_file() and filecmp.cmp(file, to, shallow=False)


def _keep(path: Path) -> Path:
    """Rename a file to the first free name of .old, .old1, ...; returns it."""
    names = (path.with_name(f"{path.name}.old{number or ''}") for number in itertools.count())
    kept = next(name for name in names if not os.path.lexists(name))
    return path.rename(kept)
