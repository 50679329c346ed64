"""What lies below a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chorus.adapters.base import Release, without_suffix
from chorus.errors import UsageError


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    root, disk = tmp_path / "root", tmp_path / "disk"
    for name in ("root/a/x.wav", "root/b/y.wav", "disk/z.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (root / "more").symlink_to(disk)
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "other").symlink_to("../b")
    (root / "b" / "other").symlink_to("../a")
    files = list(Release.scan(root).files)
    assert [f for f in files if f.count("/") == 1] == ["a/x.wav", "b/y.wav", "more/z.wav"]
    assert [f for f in files if f.count("/") > 1] == ["a/other/y.wav", "b/other/x.wav"]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(path: str) -> object:
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(UsageError, match=f"^{tmp_path}: Input/output error$"):
        Release.scan(tmp_path)


def test_a_table_may_name_a_sound_in_another_case_or_with_its_suffix() -> None:
    release = Release(Path(), dict.fromkeys(("audio/A.WAV", "audio/b.wav", "audio/B.wav"), (0, 0)))
    assert release.find("audio/a.wav") == "audio/A.WAV"
    assert [release.find(f"audio/{name}.wav") for name in "bB"] == ["audio/b.wav", "audio/B.wav"]
    assert release.find("audio/c.wav") == "audio/c.wav"
    shown = [without_suffix(name) for name in ("NES_1.FLAC ", "x.2018.wav", "gr.41", "a/b.Wav")]
    assert shown == ["NES_1", "x.2018", "gr.41", "a/b"]
