"""The tar of a shard: plain WebDataset, byte for byte what webdataset's TarWriter writes with a fixed time and owner.

Not that writer itself, for two reasons: importing webdataset imports torch, a second and 200 MB in every worker that
needs nothing of it; and it copies in small pieces (`python -m benchmarks shards` says what that costs).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from tarfile import BLOCKSIZE, LENGTH_NAME, PAX_FORMAT, RECORDSIZE, TarInfo
from typing import BinaryIO

OWNER = "chorus"
#: Sizes from this on do not fit into the field of a header.
LARGE = 8**11
#: What the checksum's own field counts for in the checksum: eight spaces.
SPACES = 8 * ord(" ")


class Tar:
    """Writes members one after the other into `file` and keeps the SHA-256 and the number of all bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def add(self, name: str, data: bytes) -> None:
        """Add a member. Time, owner and mode are always the same."""
        self._write(_header(name, len(data)))
        self._write(data)
        self._write(bytes(-len(data) % BLOCKSIZE))

    def close(self) -> None:
        """Write the end of the archive; the file stays open."""
        self._write(bytes(2 * BLOCKSIZE))
        self._write(bytes(-self.size % RECORDSIZE))

    def _write(self, data: bytes) -> None:
        self._sha256.update(data)
        self.size += len(data)
        self._file.write(data)


def _header(name: str, size: int) -> bytes:
    """The header of a member, put together by hand where it is one block."""
    short = name.encode()
    if len(short) > LENGTH_NAME or not name.isascii() or size >= LARGE:
        return _member(name, size)
    block = bytearray(_template())
    block[: len(short)] = short
    block[124:135] = b"%011o" % size
    block[148:156] = b"%06o\0 " % (sum(block) + SPACES)
    return bytes(block)


def _member(name: str, size: int) -> bytes:
    member = TarInfo(name)
    member.size, member.mode = size, 0o644
    member.uname = member.gname = OWNER
    return member.tobuf(PAX_FORMAT)


@lru_cache(maxsize=1)
def _template() -> bytes:
    """A header without a name and a checksum."""
    block = bytearray(_member("", 0))
    block[148:156] = bytes(8)
    return bytes(block)
