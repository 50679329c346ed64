"""A file is whole or not there."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from chorus.atomic import FLUSH_EVERY, Flushing, alone, aside, remove_parts, write_bytes
from chorus.errors import ChorusError


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    with aside(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), aside(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_errors_of_the_disk_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ChorusError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "a.txt", b"x")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chorus.atomic.os.fsync", full)
    with pytest.raises(ChorusError, match="disk is full"):
        write_bytes(tmp_path / "a.txt", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_growing_file_is_flushed_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    monkeypatch.setattr("chorus.atomic._FLUSH", lambda number: sizes.append(os.fstat(number).st_size))
    with aside(tmp_path / "a") as file, Flushing(file) as flushing:
        file.write(bytes(10))
        flushing.grown(10)
        file.write(bytes(FLUSH_EVERY))
        flushing.grown(FLUSH_EVERY + 10)
    assert sizes == [FLUSH_EVERY + 10]
    assert (tmp_path / "a").stat().st_size == FLUSH_EVERY + 10


def test_a_flush_that_fails_on_the_way_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("chorus.atomic._FLUSH", broken)
    with (
        pytest.raises(ChorusError, match="cannot be written: Input/output error"),
        aside(tmp_path / "a") as file,
        Flushing(file) as flushing,
    ):
        file.write(bytes(FLUSH_EVERY))
        flushing.grown(FLUSH_EVERY)
    assert not list(tmp_path.iterdir())


def test_leftovers_of_killed_writers(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.123.part").write_bytes(b"ha")
    (tmp_path / "mine.part").write_bytes(b"keep")
    remove_parts(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.part"]


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with alone(folder, wait=False):
        with pytest.raises(BlockingIOError), alone(folder, wait=False):
            pass
        started = threading.Event()

        def wait() -> None:
            started.set()
            with alone(folder, wait=True):
                (folder / "mine").touch()

        other = threading.Thread(target=wait)
        other.start()
        started.wait()
        time.sleep(0.05)
        assert not (folder / "mine").exists()
    other.join(10)
    assert (folder / "mine").exists()
