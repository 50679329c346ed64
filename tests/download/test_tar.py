"""Tars to their end: cut off, altered, padded, one behind the other."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from chorus.download.paths import Refused
from chorus.download.unpack import Damaged, unpack

SOUND = os.urandom(3000)
FILES = {"d/a.wav": SOUND, "d/b.wav": SOUND[::-1]}
#: A header and 3000 bytes in blocks of 512.
MEMBER = 7 * 512


def tarred(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


TAR = tarred(FILES)
OTHER = tarred({"d/c.wav": b"c"})


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def unpacked(into: Path, content: bytes, whole: bool = False) -> dict[str, bytes]:
    archive = into.parent / ("x.tar.gz" if content.startswith(b"\x1f\x8b") else "x.tar")
    archive.write_bytes(content)
    found = unpack(archive, into, whole=whole)
    return {path: (into / path).read_bytes() for path in found}


@pytest.mark.parametrize("at", [-1, -5, -1500])
def test_an_altered_byte_of_a_packed_tar(into: Path, at: int) -> None:
    content = bytearray(gzip.compress(TAR, 0) if at == -1500 else gzip.compress(TAR))
    content[at] ^= 1
    with pytest.raises(Damaged, match=r"x\.tar\.gz: is damaged") as damaged:
        unpacked(into, bytes(content))
    assert "\n" not in str(damaged.value)


@pytest.mark.parametrize("less", [1, 8, 20])
def test_a_packed_tar_without_its_last_bytes(into: Path, less: int) -> None:
    with pytest.raises(Damaged):
        unpacked(into, gzip.compress(TAR)[:-less])


@pytest.mark.parametrize("size", [MEMBER, 2 * MEMBER])
def test_a_tar_cut_off_between_files(into: Path, size: int) -> None:
    with pytest.raises(Damaged, match="lacks the block of zeros that ends a tar, as one that was cut off does"):
        unpacked(into, TAR[:size])


@pytest.mark.parametrize("whole", [False, True])
def test_a_tar_cut_off_inside_a_header(into: Path, whole: bool) -> None:
    with pytest.raises(Damaged, match="a header in it is cut off"):
        unpacked(into, TAR[: MEMBER + 100], whole)


def test_a_header_that_does_not_read(into: Path) -> None:
    content = bytearray(TAR)
    content[MEMBER + 3] ^= 1
    with pytest.raises(Damaged, match="a header in it does not read"):
        unpacked(into, bytes(content))


def test_a_tar_without_an_end_that_is_known_to_be_whole(into: Path) -> None:
    assert unpacked(into, TAR[: 2 * MEMBER], whole=True) == FILES
    assert unpacked(into, gzip.compress(TAR[: 2 * MEMBER])) == FILES


@pytest.mark.parametrize(
    "end",
    [bytes(512), bytes(100), bytes(1_000_000), bytes(1024) + b"left over" * 999],
    ids=["one block", "less", "much", "garbage"],
)
def test_ends_and_padding_as_they_come(into: Path, end: bytes) -> None:
    assert unpacked(into, TAR[: 2 * MEMBER] + end) == FILES


def test_zeros_behind_a_packed_tar(into: Path) -> None:
    assert unpacked(into, gzip.compress(TAR) + bytes(999)) == FILES


@pytest.mark.parametrize(
    "content", [TAR + OTHER, gzip.compress(TAR + OTHER), gzip.compress(TAR) + gzip.compress(OTHER)]
)
def test_tars_one_behind_the_other(into: Path, content: bytes) -> None:
    assert unpacked(into, content) == {**FILES, "d/c.wav": b"c"}


def test_a_bomb_of_padding(into: Path) -> None:
    with pytest.raises(Refused, match="zip bomb"):
        unpacked(into, gzip.compress(TAR) + gzip.compress(bytes(110_000_000)))
