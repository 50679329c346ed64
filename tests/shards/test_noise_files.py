"""The user's own noise."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.errors import UsageError
from chorus.shards.noise_files import scan, source


def write(path: Path, seconds: float = 1.0, rate: int = 16000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.random.default_rng(0).normal(0, 0.1, round(seconds * rate))
    soundfile.write(path, sound, rate)
    return path


def test_sounds_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b/rain.WAV", "b.wav", "a/wind.flac", ".hidden.wav", "__MACOSX/rain.wav"):
        write(tmp_path / name)
    (tmp_path / "c.wav").write_bytes(b"no sound")
    (tmp_path / "notes.txt").touch()
    found = scan(tmp_path)
    assert [file.name for file in found] == ["a/wind.flac", "b/rain.WAV", "b.wav"]
    assert (found[2].frames, found[2].sample_rate) == (16000, 16000)
    assert found[2].size == (tmp_path / "b.wav").stat().st_size


def test_folders_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"gone: no such folder \(noise\)"):
        scan(tmp_path / "gone")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError, match=r"no sound file that can be read \(noise\)"):
        scan(tmp_path)
    write(tmp_path / "rain.wav")
    write(tmp_path / "shut" / "wind.wav")
    listed = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UsageError, match="shut: no permission to list this folder"):
        scan(tmp_path)


@pytest.mark.parametrize(("rate", "seconds"), [(16000, 0.5), (8000, 3.0), (44100, 1.5)])
def test_noise_is_as_long_as_it_should_be_and_says_where_it_comes_from(
    tmp_path: Path, rate: int, seconds: float
) -> None:
    write(tmp_path / "rain.wav")
    frames = round(rate * seconds)
    noise, log = source(tmp_path, scan(tmp_path))(np.random.default_rng(0), frames, rate)
    assert noise.shape == (frames,)
    assert noise.std() > 0.01
    assert log["file"] == "rain.wav"
    assert 0 <= log["file_start_s"] <= 1.0
    assert log.get("band_limit_hz") == (8000 if rate > 16000 else None)
