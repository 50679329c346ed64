"""Archives that are not trusted: every member ends up as a plain file below the folder, or the archive is refused.

Refused are links, devices, passwords, paths that lead out, and bombs: more than fits on the disk, or blown up beyond
what sound and tables can be. Folders without files and macOS's `__MACOSX` are left out.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from chorus.atomic import disk_error
from chorus.download.bar import human
from chorus.download.paths import Refused, archive_kind, inside
from chorus.errors import ChorusError

CHUNK = 1 << 18
#: An archive may grow to this many times its size. Tables shrink to a tenth, sound hardly; only silence does more.
RATIO = 200
#: Below this many bytes any ratio is harmless.
HARMLESS = 100_000_000
#: Bytes that a file takes on the disk at least, so that countless empty files count too.
BLOCK = 4096
#: Bytes left free for everybody else on the disk.
RESERVE = 50_000_000
#: Most bytes of a tar that are read at once: its headers hold names and notes, and are read whole.
HEADER = 1 << 20

#: What the standard library raises over an archive that is cut off, altered or none at all.
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
)
#: What the system says of names that cannot stand beside each other, or at all.
NAMES = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}


class Damaged(Refused):
    """An archive that does not read as one."""


@dataclass(slots=True)
class Member:
    """A file in an archive: its path, its size in bytes, and how to read it (before the next member is asked for)."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]


class Budget:
    """How many bytes an archive may become: what is free on the disk, and a multiple of its own size."""

    def __init__(self, archive: Path, into: Path) -> None:
        self.packed = archive.stat().st_size
        self.room = max(shutil.disk_usage(into).free - RESERVE, 0)
        self.disk = str(into)
        self.bytes = self.blocks = 0

    def take(self, size: int) -> None:
        """Count one file. Raises Refused for a bomb, ChorusError when the disk is too small."""
        self.bytes += size
        self.blocks += max(size, BLOCK)
        if self.bytes > max(HARMLESS, RATIO * self.packed):
            raise Refused(f"its {human(self.packed)} would become {human(self.bytes)} or more, as in a zip bomb")
        if self.blocks > self.room:
            raise ChorusError(
                f"{self.disk}: unpacking needs {human(self.blocks)} or more, {human(self.room)} is free: "
                "make room and run the same command again to go on"
            )


def unpack(archive: Path, into: Path, moved: Callable[[int], None] = lambda n: None) -> dict[str, int]:
    """Unpack a zip, tar or tar.gz into the folder `into`, which exists; returns each path below it with its size.

    `moved` is told the bytes written. Raises Refused for an archive that is not to be trusted, Damaged for one that
    does not read, ChorusError when the disk is too small. What was written by then stays in `into`.
    """
    found: dict[str, int] = {}
    try:
        for member in members(archive, Budget(archive, into)):
            _write(member, into / member.path, moved)
            found[member.path] = member.size
    except Refused as error:
        raise Refused(f"{archive.name}: not unpacked: {error}; it stays at {archive}") from None
    except DAMAGE as error:
        raise Damaged(f"{archive.name}: is damaged, or no archive: {error or type(error).__name__}") from None
    except NotImplementedError as error:
        raise Refused(f"{archive.name}: not unpacked: {error}; it stays at {archive}") from None
    except OSError as error:
        if error.errno in NAMES:
            raise Refused(f"{archive.name}: not unpacked: {error}; it stays at {archive}") from None
        if error.errno is None:  # what bz2 says of damage
            raise Damaged(f"{archive.name}: is damaged: {error}") from None
        raise disk_error(error, into) from error
    return found


def layout(paths: dict[str, int], name: str) -> str:
    """The folder, below the target, into which an archive's files go.

    '' when all of them share one top folder, or there is one file; else `name` (the archive's own, without suffix), as
    desktops do, so that loose files of several archives stay apart.
    """
    tops = {path.partition("/")[0] for path in paths if not path.startswith(".")}
    return "" if len(tops) == 1 else f"{name}/"


def members(archive: Path, budget: Budget) -> Iterator[Member]:
    """The files of an archive, one after the other. Raises Refused, or what DAMAGE lists."""
    return _zip_members(archive, budget) if archive_kind(archive.name) == "zip" else _tar_members(archive, budget)


def _zip_members(archive: Path, budget: Budget) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as opened:
        wanted = []
        for info in opened.infolist():  # the whole list is judged before anything is written
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or _is_mac(info.filename):
                continue
            if kind and not stat.S_ISREG(kind):
                raise Refused(f"{info.filename!r} is a link or a device")
            if info.flag_bits & 1:
                raise Refused(f"{info.filename!r} needs a password")
            budget.take(info.file_size)
            wanted.append((inside(info.filename), info))
        for path, info in wanted:
            yield Member(path, info.file_size, lambda info=info: opened.open(info))  # type: ignore[misc]


def _tar_members(archive: Path, budget: Budget) -> Iterator[Member]:
    with archive.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: Any = _Narrow(gzip.GzipFile(fileobj=raw) if packed else raw)
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            while info := tar.next():
                tar.members.clear()  # type: ignore[attr-defined]  # else it keeps every header it has seen
                if info.isdir() or _is_mac(info.name):
                    continue
                if not info.isreg():
                    raise Refused(f"{info.name!r} is a link or a device")
                budget.take(info.size)
                yield Member(inside(info.name), info.size, lambda info=info: tar.extractfile(info))  # type: ignore


class _Narrow:
    """A stream that gives little at a time: a tar may claim a header of any size, which tarfile would read whole."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if size > HEADER:
            raise Refused(f"a header of {human(size)} is no header")
        data: bytes = self._stream.read(size)
        return data


def _is_mac(name: str) -> bool:
    """Whether a member is what macOS adds to its archives."""
    return name.startswith("__MACOSX/")


def _write(member: Member, path: Path, moved: Callable[[int], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with member.open() as source, path.open("wb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
            written += len(chunk)
            moved(len(chunk))
    if written != member.size:
        raise EOFError(f"{member.path!r} holds {written:,} bytes, expected {member.size:,}")
