"""The index of a tar, against Python's own reader of tars."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import soundfile

from chorus.errors import ReadError
from chorus.shards.read.index import Index, header, index
from tests.train.helpers import chirp, flac, write_tar


def read(path: Path) -> Index:
    with path.open("rb") as tar:
        return index(tar.fileno(), path.name)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_the_same_as_tarfile_finds(tmp_path: Path, form: int) -> None:
    path = tmp_path / "a.tar"
    rates = (2000, 96_000, 384_000)
    sounds = {f"{'far/' * 5}key-{rate}": flac(chirp(rate, 0.11, rate)[0], rate) for rate in rates}
    with tarfile.open(path, "w", format=form) as tar:
        for key, sound in sounds.items():
            for name, data in ((f"{key}.json", b"{}" * 700), (f"{key}.flac", sound), (f"{key}.txt", b"")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    found = read(path)
    assert found.bad == {}
    with tarfile.open(path) as tar:
        for place, (key, sound) in zip(found.places, sounds.items(), strict=True):
            known = soundfile.info(io.BytesIO(sound))
            assert (place.shard, place.key, place.rate, place.frames) == ("a.tar", key, known.samplerate, known.frames)
            for span, suffix in ((place.sound, "flac"), (place.label, "json")):
                member = tar.getmember(f"{key}.{suffix}")
                assert span == (member.offset_data, member.size)


def test_long_names_in_two_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    key = "x" * 90 + "/" + "y" * 60
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for suffix, data in (("flac", flac(chirp(2000, 0.1, 0)[0], 2000)), ("json", b"{}")):
            info = tarfile.TarInfo(f"{key}.{suffix}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert [place.key for place in read(path).places] == [key]


def test_what_is_no_plain_tar_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"")
    with pytest.raises(ReadError, match=r"a\.tar: no shard that can be read"):
        read(path)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        tar.add(tmp_path, "folder", recursive=False)
    with pytest.raises(ReadError, match=r"a\.tar: holds an entry of kind '5', expected plain files only"):
        read(path)


def test_an_end_without_its_mark_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    write_tar(path, [("a.flac", flac(chirp(2000, 0.1, 0)[0], 2000)), ("a.json", b"{}")])
    whole = read(path)
    path.write_bytes(path.read_bytes()[: whole.places[0].label[0] + 512])
    cut = read(path)
    assert cut.places == whole.places
    assert cut.bad == {"": f"ends early, after {path.stat().st_size:,} bytes"}


def test_noise_is_no_header() -> None:
    assert header(b"\0" * 512) is None
    assert header(b"\xff" * 512) is None
