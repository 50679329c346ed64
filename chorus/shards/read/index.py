"""Where the clips of a tar lie, from 512-byte headers alone: neither sound nor labels are read.

Rate and length of a clip stand in the first 42 bytes of its FLAC file, which are read along with the header before it.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from chorus.errors import ReadError

BLOCK = tarfile.BLOCKSIZE
#: What comes before a FLAC file's first metadata block, and of that what says rate and length.
MAGIC, STREAM_INFO = b"fLaC\x00", slice(18, 26)
HEAD = BLOCK + STREAM_INFO.stop
PLAIN = (b"0", b"\0")
#: Adler-32 adds up bytes modulo this.
ADLER = 65521

#: Offset and size of a member's content in the tar.
Span = tuple[int, int]


class Place(NamedTuple):
    """Where a clip lies: its shard's file, and its sound and JSON in the tar; its samples per second, and samples."""

    shard: str
    key: str
    rate: int
    frames: int
    sound: Span
    label: Span


@dataclass
class Index:
    """The clips of a tar, in its order, and what in it is no clip: key -> reason ('' for the tar itself)."""

    places: list[Place] = field(default_factory=list)
    bad: dict[str, str] = field(default_factory=dict)


def index(tar: int, shard: str) -> Index:
    """Find the clips of an open tar (a file descriptor), which is called `shard`.

    A tar that is cut short or damaged gives the clips before and after the damage, and says so in `bad`. Raises
    ReadError for a file that is no tar.
    """
    found = Index()
    sounds: dict[str, tuple[Span, bytes]] = {}
    labels: dict[str, Span] = {}
    for name, span, head in members(tar, shard, found.bad):
        key, _, suffix = name.rpartition(".")
        if suffix == "flac":
            sounds[key] = (span, head)
        elif suffix == "json":
            labels[key] = span
    for key in dict.fromkeys([*sounds, *labels]):
        if key not in sounds or key not in labels:
            found.bad[key] = f"its {'.flac' if key in labels else '.json'} is missing"
            continue
        span, head = sounds[key]
        rate, frames = stream_info(head)
        if rate and frames:
            found.places.append(Place(shard, key, rate, frames, span, labels[key]))
        else:
            found.bad[key] = "its sound is no FLAC file of stated length"
    return found


def stream_info(head: bytes) -> tuple[int, int]:
    """(samples per second, samples) that the start of a FLAC file states; (0, 0) for another file."""
    if not head.startswith(MAGIC) or len(head) < STREAM_INFO.stop:
        return 0, 0
    packed = int.from_bytes(head[STREAM_INFO], "big")
    return packed >> 44, packed & 0xF_FFFF_FFFF


def members(tar: int, shard: str, bad: dict[str, str]) -> Iterator[tuple[str, Span, bytes]]:
    """(name, span, first bytes) of the files in a tar; notes in `bad` where it is damaged or ends too early.

    After a damaged header the next good one is looked for, block by block.
    """
    size = os.fstat(tar).st_size
    at, found, damaged, searching = 0, False, 0, False
    while len(head := os.pread(tar, HEAD, at)) >= BLOCK and (searching or any(head[:BLOCK])):
        member = header(head[:BLOCK])
        searching = member is None
        if member is None:
            damaged, at = damaged + 1, at + BLOCK
            continue
        name, kind, length = member
        if kind not in PLAIN:
            raise ReadError(f"holds an entry of kind {kind.decode('latin-1')!r}, expected plain files only", shard)
        found, first = True, at + BLOCK
        at = first + -(-length // BLOCK) * BLOCK
        if first + length <= size:
            yield name, (first, length), head[BLOCK:]
    if not found:
        raise ReadError("no shard that can be read: there is no tar header in it", shard)
    if damaged:
        bad[""] = f"{damaged:,} blocks of {BLOCK} bytes are damaged"
    elif at + BLOCK > size:
        bad[""] = f"ends early, after {size:,} bytes"


def header(block: bytes) -> tuple[str, bytes, int] | None:
    """(name, kind, size) that a tar header states; None where its checksum is not right."""
    try:
        stated, size = _octal(block[148:156]), _octal(block[124:136])
    except ValueError:
        return None
    # The checksum counts its own eight bytes as spaces. Adler-32 begins at 1 and is the fastest sum of bytes at hand.
    if (stated - 8 * ord(" ") + sum(block[148:156]) + 1) % ADLER != zlib.adler32(block) & 0xFFFF:
        return None
    name = _text(block[:100])
    return (f"{_text(block[345:500])}/{name}" if block[345] else name), block[156:157], size


def _text(padded: bytes) -> str:
    return padded.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _octal(digits: bytes) -> int:
    return int(digits.rstrip(b"\0 "), 8)
