"""Remote shards kept on the local disk: checked, shared by all processes of a machine, within a limit."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chorus.atomic import PART, aside
from chorus.errors import ChorusError, ReadError
from chorus.shards.read import remote
from chorus.shards.read.manifest import Shard
from chorus.workspace import Workspace

GIB = 1 << 30
TRIES = 4
#: Seconds before the second try; doubled before each further one.
PAUSE_S = 1.0
#: A file that a killed process left half written is removed when it has not grown for so long, seconds.
ABANDONED_S = 3600.0


class Broken(ReadError):
    """A download that may go better the next time."""


def default_folder() -> Path:
    """`cache/` in the workspace."""
    return Workspace.at().home / "cache"


@dataclass(frozen=True)
class ShardCache:
    """A folder of shards, each named by its SHA-256, at most `limit` bytes of them.

    The shard that was asked for least recently goes first; one that is open somewhere stays readable there until it is
    closed. A shard is downloaded by one process, others that want it wait; it appears whole and checked, or not at all.
    """

    folder: Path = field(default_factory=default_folder)
    limit: int = 64 * GIB

    def fetch(self, place: str, shard: Shard) -> Path:
        """The local copy of a shard of the set at the URL `place`.

        Raises ReadError when it cannot be had, or is not what its manifest says; ChorusError when the disk is full.
        """
        if shard.sha256 is None or shard.bytes is None:
            raise ReadError("a remote shard must have 'bytes' and 'sha256' in its manifest", f"{place}/{shard.file}")
        path = self.folder / f"{shard.sha256}.tar"
        if not _there(path, shard.bytes):
            with self._lock(f"shard-{shard.sha256[:2]}"):
                if not _there(path, shard.bytes):
                    self._download(place, shard, path)
        return path

    def _download(self, place: str, shard: Shard, path: Path) -> None:
        """Download, again when the network fails."""
        for attempt in range(TRIES):
            try:
                with self._lock("room"):
                    self._make_room(shard.bytes or 0)
                with aside(path) as file:
                    # Its whole length at once, so that others who make room count it.
                    file.truncate(shard.bytes)
                    digest = hashlib.sha256()
                    for piece in _pieces(place, shard):
                        digest.update(piece)
                        file.write(piece)
                    if digest.hexdigest() != shard.sha256:
                        raise Broken("its SHA-256 is not the one in its manifest", f"{place}/{shard.file}")
                return
            except Broken:
                if attempt == TRIES - 1:
                    raise
                time.sleep(PAUSE_S * 2**attempt)

    def _make_room(self, size: int) -> None:
        """Remove what was used least recently, until `size` more bytes are within the limit."""
        now = time.time()
        files = [(found.st_mtime, found.st_size, path) for path, found in _files(self.folder)]
        room = self.limit - size - sum(size for _, size, _ in files)
        for used, freed, path in sorted(files):
            if now - used > ABANDONED_S if path.name.endswith(PART) else room < 0:
                path.unlink(missing_ok=True)
                room += freed

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """One thread of one process at a time."""
        import fcntl

        locks = self.folder / "locks"
        try:
            locks.mkdir(parents=True, exist_ok=True)
            handle = os.open(locks / name, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise ChorusError(f"{self.folder}: no folder that shards can be kept in ({error.strerror})") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _there(path: Path, size: int) -> bool:
    """Whether a shard is in the cache; it then counts as used now."""
    try:
        os.utime(path)
        return path.stat().st_size == size
    except OSError:
        return False


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in folder.iterdir():
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        if path.is_file():
            yield path, found


def _pieces(place: str, shard: Shard) -> Iterator[bytes]:
    """The bytes of a shard, no more than there should be. Raises ReadError when they do not come."""
    left, url = shard.bytes or 0, f"{place}/{shard.file}"
    try:
        for piece in remote.chunks(place, shard.file):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    except FileNotFoundError:
        raise ReadError("there is no such shard", url) from None
    except OSError as error:
        raise Broken(f"cannot be downloaded ({error})", url) from None
    if left:
        raise Broken(f"not of the length that its manifest says ({shard.bytes:,} bytes)", url)
