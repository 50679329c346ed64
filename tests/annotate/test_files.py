"""Which sound files a folder holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chorus.annotate.files import plan
from chorus.errors import UsageError


def found(*paths: Path) -> list[Path]:
    return [job.recording for job in plan(list(paths), None, ".txt")]


def test_sounds_of_a_folder_in_order_without_what_systems_keep(tmp_path: Path) -> None:
    names = [
        "b/x.WAV",
        "b/y.flac",
        "a.opus",
        "lost+found/z.wav",
        ".Trash/z.wav",
        "c/._z.wav",
        "c/z.txt",
        "__MACOSX/z.wav",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert found(tmp_path) == [tmp_path / name for name in ("a.opus", "b/x.WAV", "b/y.flac")]
    assert found(tmp_path / "b" / "y.flac", tmp_path) == [tmp_path / name for name in ("b/y.flac", "a.opus", "b/x.WAV")]


def test_each_recording_once_and_each_table_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.wav", "a.flac", "a.wav.wav", "b.wav", "b.wav.wav"):
        (tmp_path / name).touch()
    (tmp_path / "link.wav").symlink_to(tmp_path / "b.wav")
    monkeypatch.chdir(tmp_path)
    jobs = plan([Path("b.wav"), tmp_path, tmp_path / "b.wav"], None, ".txt")
    assert [job.recording.name for job in jobs] == ["b.wav", "a.flac", "a.wav", "a.wav.wav", "b.wav.wav"]
    tables = ["b", "a.flac", "a.wav", "a.wav.wav", "b.wav.wav"]
    assert [job.table.name for job in jobs] == [f"{name}.chorus.txt" for name in tables]


@pytest.mark.parametrize(
    ("error", "said"),
    [(PermissionError(13, "Permission denied"), "no permission to list this folder"), (OSError(5, "I/O error"), "I/O")],
)
def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    """Nothing below a folder is passed over in silence."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.wav").touch()
    scandir = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name == "closed":
            error.filename = path
            raise error
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(UsageError, match=f"closed: {said}"):
        found(tmp_path)
