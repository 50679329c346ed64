"""Archives that are not trusted: every member ends up as a plain file below the folder, or the archive is refused.

Refused are links, devices, passwords, paths that lead out, and bombs: more than fits on the disk, or blown up beyond
what sound and tables can be. Folders without files and macOS's `__MACOSX` are left out.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from chorus.atomic import disk_error
from chorus.download.budget import Budget
from chorus.download.member import Member, is_mac
from chorus.download.paths import Refused, archive_kind, inside
from chorus.download.tar import tar_members

CHUNK = 1 << 18

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


def unpack(
    archive: Path, into: Path, moved: Callable[[int], None] = lambda n: None, whole: bool = False
) -> dict[str, int]:
    """Unpack a zip, tar or tar.gz into the folder `into`, which exists; returns each path below it with its size.

    `moved` is told the bytes written; `whole`: it is known that the archive is not cut off. Raises Refused for one that
    is not to be trusted, Damaged for one that does not read, ChorusError when the disk is too small. What was written
    by then stays in `into`.
    """
    found: dict[str, int] = {}
    try:
        for member in members(archive, Budget(archive, into), whole):
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


def members(archive: Path, budget: Budget, whole: bool) -> Iterator[Member]:
    """The files of an archive, one after the other. Raises Refused, or what DAMAGE lists."""
    is_zip = archive_kind(archive.name) == "zip"
    return _zip_members(archive, budget) if is_zip else tar_members(archive, budget, whole)


def _zip_members(archive: Path, budget: Budget) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as opened:
        wanted = []
        for info in opened.infolist():  # the whole list is judged before anything is written
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or is_mac(info.filename):
                continue
            if kind and not stat.S_ISREG(kind):
                raise Refused(f"{info.filename!r} is a link or a device")
            if info.flag_bits & 1:
                raise Refused(f"{info.filename!r} needs a password")
            budget.take(info.file_size)
            wanted.append((inside(info.filename), info))
        for path, info in wanted:
            yield Member(path, info.file_size, lambda info=info: opened.open(info))  # type: ignore[misc]


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
