"""The marker of a download: what was wanted, what is there and whether all of it is. Written whole after every file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from chorus.atomic import write_bytes
from chorus.download.paths import MARKER
from chorus.errors import ChorusError, UsageError
from chorus.schemas.source import ReleaseFile, Source

State = Literal["absent", "by hand", "unfinished", "finished"]


@dataclass(slots=True)
class Fetched:
    """One file of the release that was fetched: its hash ('md5:...'), whether the card confirmed it (`verified`), and
    what it became on the disk: `paths` maps each file, relative to the target, to its size in bytes."""

    url: str
    bytes: int
    hash: str
    verified: bool
    at: str
    paths: dict[str, int]

    def stands(self, target: Path, file: ReleaseFile) -> bool:
        """Whether everything is still there, and is what the card describes today."""
        kind, _, value = (known_hash(file) or "").partition(":")
        had, _, found = self.hash.partition(":")
        if kind == had and value != found:
            return False
        return all(size_of(target / path) == size for path, size in self.paths.items())

    def left(self, path: Path, size: int | None) -> bool:
        """Whether a file is as it was left: of the size noted, and written no later."""
        found = path.stat()
        return found.st_size == size and stamp(found.st_mtime) <= self.at


@dataclass(slots=True)
class Marker:
    """What a download of one source holds. `wanted` are the files of the last command, `by_hand` those that have no
    address; `finished_at` is absent until all wanted ones are there."""

    source: str
    version: str | None
    licence: str
    citation: str
    wanted: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    finished_at: str | None = None
    files: dict[str, Fetched] = field(default_factory=dict)

    @classmethod
    def read(cls, target: Path) -> Marker | None:
        """The marker of a folder; None where nothing was downloaded. Raises ChorusError for one that does not read,
        UsageError where the folder is a file."""
        path = target / MARKER
        try:
            found = json.loads(path.read_bytes())
            found["files"] = {name: Fetched(**file) for name, file in found["files"].items()}
            return cls(**found)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            place = next(place for place in path.parents if place.exists())
            raise UsageError(f"{place}: is a file, expected a folder") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ChorusError(f"{path}: does not read as the notes of a download ({error}); remove it") from None

    @classmethod
    def of(cls, card: Source, target: Path) -> Marker:
        """The marker of a folder, brought up to date with the card; a new one where there is none.

        Raises ChorusError when the folder holds another source.
        """
        old = cls.read(target)
        if old and old.source != card.id:
            raise ChorusError(f"{target}: holds a download of {old.source}; give another folder with --to")
        return cls(card.id, card.version, card.licence, card.citation, files=old.files if old else {})

    def write(self, target: Path) -> None:
        write_bytes(target / MARKER, json.dumps(asdict(self), indent=1).encode())

    def missing(self, card: Source) -> list[str]:
        """Files of the card that were not fetched."""
        return [file.name for file in card.files if file.name not in self.files]


def state(target: Path) -> State:
    """What stands in a folder: nothing, a release put there by hand, or a download, finished or not."""
    marker = Marker.read(target)
    if marker:
        return "finished" if marker.finished_at else "unfinished"
    return "by hand" if target.is_dir() else "absent"


def known_hash(file: ReleaseFile) -> str | None:
    """The card's hash in pooch's form ('sha256:...' or 'md5:...', lower case); None where the card has none."""
    if file.sha256:
        return f"sha256:{file.sha256.lower()}"
    return f"md5:{file.md5.lower()}" if file.md5 else None


def size_of(path: Path) -> int | None:
    """Size of a file in bytes; None where there is none."""
    return path.stat().st_size if path.is_file() else None


def stamp(time: float) -> str:
    """A time since 1970 in the form of the marker; the texts sort as the times do."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
