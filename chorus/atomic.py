"""Files that are either whole or not there: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chorus.errors import ChorusError

#: Ending of files that are being written. They start with a dot, so that no reader takes them for data.
PART = ".part"


@contextmanager
def aside(path: Path) -> Iterator[BinaryIO]:
    """A binary file that appears as `path` when the block ends without an error; an old file stays until then.

    Raises ChorusError with one line when the disk is full or the place cannot be written; nothing is left then.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
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
