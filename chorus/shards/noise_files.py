"""The user's noise folder as a source of noise."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import AUDIO_SUFFIXES, Release
from chorus.audio import read_frames, resample
from chorus.errors import ReadError, UsageError
from chorus.shards.augment.supply import NoiseSource
from chorus.shards.settings import NoiseFile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def scan(folder: Path) -> list[NoiseFile]:
    """Sound files below a folder that can be read, by name. Raises UsageError when there is none, or a folder cannot be
    listed."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder (noise)")
    release = Release.scan(folder)
    found = []
    for name in sorted(release.files, key=lambda name: PurePosixPath(name).parts):
        if name.lower().endswith(AUDIO_SUFFIXES):
            try:
                info = release.probe(name)
            except ReadError:
                continue  # a folder of noise may hold anything; what remains is listed in the manifest
            size = release.files[name][0]
            found.append(NoiseFile(name=name, frames=info.frames, sample_rate=info.sample_rate, size=size))
    if not found:
        raise UsageError(f"{folder}: no sound file that can be read (noise)")
    return found


def source(folder: Path, files: list[NoiseFile]) -> NoiseSource:
    """Noise from a drawn place of a drawn file, brought to the clip's rate; a short file is repeated."""

    def make(rng: np.random.Generator, frames: int, rate: int) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        import numpy as np

        file = files[int(rng.integers(len(files)))]
        wanted = min(-(-frames * file.sample_rate // rate) + 1, file.frames)
        first = int(rng.integers(0, file.frames - wanted + 1))
        samples = resample(read_frames(folder / file.name, first, wanted), file.sample_rate, rate)
        limit = {"band_limit_hz": file.sample_rate / 2} if file.sample_rate < rate else {}
        log = {"file": file.name, "file_start_s": first / file.sample_rate} | limit
        return np.resize(samples, frames).astype(np.float32), log

    return make
