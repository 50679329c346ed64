"""Tar archives, plain or packed with gzip, read to their end: whether one was cut off or altered shows only there.

A tar ends with a block of zeros, gzip with a checksum of all before it. Behind the zeros comes padding, or another tar:
they may stand one behind the other.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chorus.download.bar import human
from chorus.download.budget import Budget
from chorus.download.member import Member, is_mac
from chorus.download.paths import Refused, inside

CHUNK = 1 << 18
#: Most bytes that are read at once: the headers of a tar hold names and notes, and are read whole.
HEADER = 1 << 20


def tar_members(archive: Path, budget: Budget, whole: bool = False) -> Iterator[Member]:
    """The files of a tar or tar.gz, one after the other. `whole`: it is known not to be cut off.

    A plain tar that is not must have the block at its end; for a packed one the checksum of gzip vouches.
    """
    with archive.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = _Narrow(gzip.GzipFile(fileobj=raw) if packed else raw)
        more = True
        while more:
            yield from _members(stream, budget)
            _check_end(stream.last, whole or packed)
            more = _another(stream, budget)


def _members(stream: _Narrow, budget: Budget) -> Iterator[Member]:
    """The files up to the end of one tar; the last that was read then is what ended it."""
    with tarfile.open(fileobj=stream, mode="r:") as tar:  # type: ignore[call-overload]
        while info := tar.next():
            tar.members.clear()  # else it keeps every header it has seen
            if info.isdir() or is_mac(info.name):
                continue
            if not info.isreg():
                raise Refused(f"{info.name!r} is a link or a device")
            budget.take(info.size)
            yield Member(inside(info.name), info.size, lambda info=info: tar.extractfile(info))  # type: ignore


def _check_end(block: bytes, whole: bool) -> None:
    """Raise ReadError unless a tar ends where it is meant to."""
    if block.strip(b"\0"):
        what = "is cut off" if len(block) < tarfile.BLOCKSIZE else "does not read"
        raise tarfile.ReadError(f"a header in it {what}, the files behind it are lost")
    if not block and not whole:
        raise tarfile.ReadError("it lacks the block of zeros that ends a tar, as one that was cut off does")


def _another(stream: _Narrow, budget: Budget) -> bool:
    """Read on to where another tar begins, or to the end of the file; whether there is another."""
    padding = True
    while chunk := stream.read(CHUNK):
        budget.read(len(chunk))
        rest = chunk.lstrip(b"\0")
        if padding and rest:
            padding = False  # what is no header here is left over from the tape that tars were made for
            if _is_header(rest[: tarfile.BLOCKSIZE]):
                stream.seek(stream.tell() - len(rest))
                return True
    return False


def _is_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


class _Narrow:
    """A stream that gives little at a time: a tar may claim a header of any size, which tarfile would read whole.
    `last` is what it gave last."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell
        self.last = b""

    def read(self, size: int) -> bytes:
        if size > HEADER:
            raise Refused(f"a header of {human(size)} is no header")
        self.last = self._stream.read(size)
        return self.last
