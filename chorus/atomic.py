"""Files that are either whole or not there: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from chorus.errors import ChorusError

#: Ending of files that are being written. They start with a dot, so that no reader takes them for data.
PART = ".part"
#: Bytes between two flushes of a file that grows.
FLUSH_EVERY = 8 << 20


@contextmanager
def aside(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears as `path` when the block ends without an error; an old file stays until then. A link
    stays one, what it leads to is replaced; a pipe or device is written into.

    Raises ChorusError with one line when the disk is full or the place cannot be written; nothing is left then.
    """
    if not is_plain(path):
        with _into(path) as file:
            yield file
        return
    path = path.resolve() if path.is_symlink() else path
    part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}{PART}")  # a name may be as long as is allowed
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        if part.is_file():
            part.unlink()


def is_plain(path: Path) -> bool:
    """Whether a path is a file or free to become one, rather than a pipe, a device or a folder."""
    return path.is_file() or not path.exists()


@contextmanager
def _into(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        raise disk_error(error, path) from error


@contextmanager
def alone(folder: Path, wait: bool) -> Iterator[None]:
    """Hold a folder, made where it is absent, against other processes until the block or this process ends. Where
    another one holds it, wait, or raise BlockingIOError. Nothing is held where the file system knows no locks. Raises
    ChorusError where there is no such folder and none can be made."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise disk_error(error, folder) from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
        yield
    finally:
        os.close(held)


class Flushing:
    """Flushes a growing file to the disk in a thread of its own, so that little is left for the flush that ends it.

    Use it in a `with` statement inside that of `aside`; the block raises OSError when a flush failed.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None
        self._asked = 0

    def grown(self, size: int) -> None:
        """The file has `size` bytes now."""
        if size - self._asked < FLUSH_EVERY or (self._last and not self._last.done()):
            return
        self._settle()
        self._file.flush()
        self._asked = size
        self._last = self._thread.submit(_FLUSH, self._file.fileno())

    def _settle(self) -> None:
        if self._last:
            self._last.result()

    def __enter__(self) -> Flushing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        if error is None:
            self._settle()


#: Data and size are enough until the end; not every system has it.
_FLUSH = getattr(os, "fdatasync", os.fsync)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file by `aside`. Raises ChorusError as it does."""
    with aside(path) as file:
        file.write(data)


def sync(path: Path) -> None:
    """Flush a file to the disk, or make a rename in a folder last (where the system lets a folder be flushed)."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def disk_error(error: OSError, path: Path) -> ChorusError:
    """The one line for an operating system error met while writing `path`."""
    if error.errno == errno.ENOSPC:
        return ChorusError(f"{path}: the disk is full; what was finished is kept, make room and run again to go on")
    return ChorusError(f"{path}: cannot be written: {error.strerror or error}")


def remove_parts(folder: Path) -> None:
    """Remove what killed writers left in a folder. Only for a folder that no other process writes into."""
    for part in folder.glob(f".*{PART}"):
        part.unlink(missing_ok=True)
