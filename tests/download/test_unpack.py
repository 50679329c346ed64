"""Archives, well-meant and hostile."""

from __future__ import annotations

import io
import shutil
import stat
import struct
import tarfile
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.download.paths import Refused
from chorus.download.unpack import Damaged, layout, unpack
from chorus.errors import ChorusError

FILES = {"data/a.csv": b"a,b\n1,2\n" * 500, "data/deep/er/b.wav": bytes(range(256)) * 4, "data/empty": b""}
Usage = namedtuple("Usage", "total used free")


def make_zip(path: Path, files: dict[str, bytes], **how: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in how.items():
                setattr(info, key, value)
            archive.writestr(info, data)
    return path


def make_tar(path: Path, files: dict[str, bytes], **how: object) -> Path:
    mode = "w" if path.suffix == ".tar" else "w:gz"
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in how.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "outer" / "into"
    folder.mkdir(parents=True)
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("make", "name"), [(make_zip, "x.zip"), (make_tar, "x.tar"), (make_tar, "x.tar.gz"), (make_tar, "x.tgz")]
)
def test_every_file_arrives(tmp_path: Path, into: Path, make: Callable[..., Path], name: str) -> None:
    told: list[int] = []
    found = unpack(make(tmp_path / name, FILES), into, told.append)
    assert everything(into) == FILES
    assert found == {path: len(data) for path, data in FILES.items()}
    assert sum(told) == sum(found.values())


def test_a_plain_tar_under_the_name_of_a_packed_one(tmp_path: Path, into: Path) -> None:
    unpack(make_tar(tmp_path / "x.tar", FILES).rename(tmp_path / "x.tar.gz"), into)
    assert everything(into) == FILES


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/tmp/evil", "..\\evil", "C:\\evil", "a\nb"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_paths_that_lead_out(tmp_path: Path, into: Path, make: Callable[..., Path], name: str) -> None:
    archive = make(tmp_path / ("x.zip" if make is make_zip else "x.tar"), {name: b"evil"})
    with pytest.raises(Refused, match=r"x\.(zip|tar): not unpacked: .* it stays at") as refused:
        unpack(archive, into)
    assert "\n" not in str(refused.value)
    assert not everything(tmp_path / "outer")


def test_a_zip_is_judged_before_anything_is_written(tmp_path: Path, into: Path) -> None:
    with pytest.raises(Refused):
        unpack(make_zip(tmp_path / "x.zip", {"good": b"1", "../evil": b"2"}), into)
    assert not everything(into)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_zip_with_a_link_or_a_device(tmp_path: Path, into: Path, kind: int) -> None:
    archive = make_zip(tmp_path / "x.zip", {"x": b"/etc/passwd"}, external_attr=(kind | 0o777) << 16)
    with pytest.raises(Refused, match="link or a device"):
        unpack(archive, into)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_tar_with_a_link_or_a_device(tmp_path: Path, into: Path, kind: bytes) -> None:
    archive = make_tar(tmp_path / "x.tar.gz", {"x": b""}, type=kind, linkname="/etc/passwd")
    with pytest.raises(Refused, match="link or a device"):
        unpack(archive, into)
    assert not list(into.iterdir())


@pytest.mark.parametrize(("make", "name"), [(make_zip, "x.zip"), (make_tar, "x.tar.gz")])
def test_a_bomb(tmp_path: Path, into: Path, make: Callable[..., Path], name: str) -> None:
    archive = make(tmp_path / name, {"zeros": bytes(110_000_000)})
    with pytest.raises(Refused, match="zip bomb"):
        unpack(archive, into)
    assert not everything(into)


def lie_about_size(path: Path, true: int, claimed: int) -> Path:
    """Make both headers of a zip claim another size than its only member has."""
    data = path.read_bytes()
    assert data.count(struct.pack("<I", true)) == 2
    path.write_bytes(data.replace(struct.pack("<I", true), struct.pack("<I", claimed)))
    return path


@pytest.mark.parametrize("claimed", [10, 1_000_000])
def test_a_zip_that_lies_about_a_size_writes_no_more_than_it_claims(tmp_path: Path, into: Path, claimed: int) -> None:
    archive = lie_about_size(make_zip(tmp_path / "x.zip", {"x": bytes(123_457)}), 123_457, claimed)
    with pytest.raises(Damaged):
        unpack(archive, into)
    assert sum(map(len, everything(into).values())) <= claimed


@pytest.mark.parametrize(("make", "name"), [(make_zip, "x.zip"), (make_tar, "x.tar.gz")])
def test_more_than_the_disk_holds(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Path], name: str
) -> None:
    archive = make(tmp_path / name, {f"{n}": b"" for n in range(30)})  # empty files take room too
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 50_100_000))
    with pytest.raises(ChorusError, match=r"unpacking needs .* is free: make room") as error:
        unpack(archive, into)
    assert not isinstance(error.value, Refused)


def test_a_tar_header_of_any_size_is_not_read(tmp_path: Path, into: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 10**12
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    with pytest.raises(Refused, match="is no header"):
        unpack(tmp_path / "x.tar", into)


def test_a_password(tmp_path: Path, into: Path) -> None:
    data = bytearray(make_zip(tmp_path / "x.zip", {"x": b"secret"}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(Refused, match="password"):
        unpack(tmp_path / "x.zip", into)


def test_a_packing_that_python_cannot_read(tmp_path: Path, into: Path) -> None:
    data = bytearray(make_zip(tmp_path / "x.zip", {"x": b"text"}).read_bytes())
    for at in (8, data.index(b"PK\x01\x02") + 10):
        data[at : at + 2] = struct.pack("<H", 9)  # deflate64
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(Refused, match="not unpacked"):
        unpack(tmp_path / "x.zip", into)


def test_a_file_that_is_a_folder_too(tmp_path: Path, into: Path) -> None:
    with pytest.raises(Refused, match="not unpacked"):
        unpack(make_zip(tmp_path / "x.zip", {"a": b"1", "a/b": b"2"}), into)


def test_a_name_too_long_for_the_disk(tmp_path: Path, into: Path) -> None:
    with pytest.raises(Refused, match="not unpacked"):
        unpack(make_zip(tmp_path / "x.zip", {"a" * 300: b"1"}), into)


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"PK\x03\x04" + bytes(50), b"\x1f\x8b" + bytes(50)])
@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_no_archive_at_all(tmp_path: Path, into: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Damaged, match="damaged"):
        unpack(tmp_path / name, into)


@given(data=st.data())
def test_a_damaged_archive_is_one_line_or_whole(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    base = tmp_path_factory.mktemp("damaged")
    make, name = data.draw(st.sampled_from([(make_zip, "x.zip"), (make_tar, "x.tar.gz"), (make_tar, "x.tar")]))
    content = bytearray(make(base / name, FILES).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    cut = data.draw(st.booleans())
    if cut:
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    (base / name).write_bytes(content)
    (base / "into").mkdir()
    try:
        unpack(base / name, base / "into")
        assert everything(base / "into") == FILES or not (cut or name == "x.tar.gz")
    except ChorusError as error:
        assert "\n" not in str(error)
    assert {p.name for p in base.iterdir()} == {name, "into"}


def test_what_macos_adds_is_left_out(tmp_path: Path, into: Path) -> None:
    unpack(make_zip(tmp_path / "x.zip", {"a/b.csv": b"1", "__MACOSX/a/._b.csv": b"2"}), into)
    assert everything(into) == {"a/b.csv": b"1"}


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["ESC-50-master/a.csv", "ESC-50-master/audio/b.wav"], ""),
        (["labels.csv"], ""),
        (["a.wav", "b.wav"], "Train/"),
        (["annotations.csv", "audio/0.wav"], "Train/"),
        ([".DS_Store", "data/a.wav"], ""),
    ],
)
def test_loose_files_get_a_folder(paths: list[str], folder: str) -> None:
    assert layout(dict.fromkeys(paths, 1), "Train") == folder
