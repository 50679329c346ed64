"""Read sound files by stretches of time; a long file is never decoded whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from chorus.audio import cbin
from chorus.errors import ReadError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import soundfile


@dataclass(frozen=True, slots=True)
class Probe:
    """What a sound file's header says. `frames` counts samples per channel; `more_s` is how long the sound may be that
    stands behind the end that a WAV states: its recorder stopped before it had put the header right."""

    frames: int
    sample_rate: int
    channels: int
    subtype: str
    more_s: float = 0.0

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate

    @property
    def doubt(self) -> str | None:
        """What is odd about the sound, in words."""
        if not self.more_s:
            return None
        return f"the header states {self.duration_s:.1f} s, {self.more_s:.1f} s more seem to stand behind: not read"


def probe(path: str | Path) -> Probe:
    """Read a header. Raises ReadError when the file is absent, is no sound file, holds no samples, or is a WAV that
    ends before its header says."""
    if str(path).lower().endswith(".cbin"):
        return Probe(*cbin.header(Path(path)), "PCM_16")
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise unreadable(error, str(path)) from None
    if info.frames <= 0 or info.samplerate <= 0:
        raise ReadError("the file holds no samples", str(path))
    check_whole(info.extra_info, info.duration, str(path))
    behind = unstated(str(path), info.extra_info)
    return Probe(info.frames, info.samplerate, info.channels, info.subtype, behind * info.duration)


#: libsndfile's note on a WAV whose data is not as long as its header says, bytes.
_DATA = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
#: Programs that write to a pipe cannot go back and fill in the length; they leave one of the largest numbers there.
_UNKNOWN_LENGTH = 0x7FFF_0000


def check_whole(log: str, duration_s: float, path: str) -> None:
    """Raise ReadError for a WAV that was cut: a copy that broke off, a recorder whose battery died."""
    found = _DATA.search(log)
    if not found:
        return
    stated, there = map(int, found.groups())
    if there + 1 < stated < _UNKNOWN_LENGTH:
        raise ReadError(
            f"truncated: the header states {stated:,} bytes of sound, {there:,} are there ({duration_s:.1f} s)", path
        )


def check_unchanged(
    rate: int, frames: int, path: str, *, was_rate: int, was_frames: int, time_expansion: float = 1.0
) -> None:
    """Raise ReadError for a recording that is not as long, or has not the rate (as its file states it; `was_rate` is
    the real one), that it had at its ingest: the calls of the lake do not stand where they did."""
    if round(rate * time_expansion) != was_rate:
        expected = f"{was_rate / time_expansion:g}"
        raise ReadError(f"has {rate} Hz, {expected} were expected (changed since its ingest)", path)
    if frames < was_frames:
        raise ReadError(f"ends after {frames} samples, {was_frames} were expected (truncated)", path)
    if frames > was_frames:
        raise ReadError(f"has {frames} samples, {was_frames} were expected (changed since its ingest)", path)


#: libsndfile's notes on how long a WAV and its data are, bytes.
_LENGTHS = re.compile(r"^Length : (\d+)\nRIFF : .*?^data : (\d+)$", re.MULTILINE | re.DOTALL)
#: Bytes beside the data that nobody needs to look at: headers, and what programs write behind the sound.
_BESIDE = 1 << 12


def unstated(path: str, log: str) -> float:
    """How much sound stands behind the end that a WAV states, in lengths of what it states; 0 where there is none."""
    found = _LENGTHS.search(log)
    if not found:
        return 0.0
    length, stated = map(int, found.groups())
    if not stated or length - stated < _BESIDE:
        return 0.0
    with Path(path).open("rb") as file:
        at = behind_chunks(file, length)
        file.seek(at)
        return (length - at) / stated if length - at >= _BESIDE and any(file.read(_BESIDE)) else 0.0


def behind_chunks(file: BinaryIO, length: int) -> int:
    """Where the chunks of a WAV end: at the first that has no name, or passes the end of the file."""
    at = 12
    while at + 8 <= length:
        file.seek(at)
        name, size = file.read(4), int.from_bytes(file.read(4), "little")
        if not (name.isascii() and name.decode("ascii").isprintable()) or at + 8 + size > length:
            break
        at += 8 + size + size % 2
    return min(at, length)


def read(
    path: str | Path, start_s: float = 0.0, end_s: float | None = None, channel: int | None = None
) -> tuple[npt.NDArray[np.float32], int]:
    """Samples of a stretch as float32 in -1..1, and the sample rate of the file.

    `channel` counts from 1 and gives shape (frames,); without it the shape is (frames, channels). Boundaries are
    rounded to the nearest sample and cut to the file. Raises ReadError for a file that cannot be decoded.
    """
    found = probe(path)
    if channel is not None and not 1 <= channel <= found.channels:
        raise ReadError(f"has {found.channels} channel(s), channel {channel} was asked for", str(path))
    samples = _frames(path, found, *_place(found, start_s, end_s))
    return (samples[:, channel - 1] if channel else samples), found.sample_rate


def _place(found: Probe, start_s: float, end_s: float | None) -> tuple[int, int]:
    """First frame and number of frames of a stretch, cut to the file."""
    first = min(max(round(start_s * found.sample_rate), 0), found.frames)
    last = found.frames if end_s is None else min(max(round(end_s * found.sample_rate), first), found.frames)
    return first, last - first


def read_frames(path: str | Path, first: int, count: int, channel: int = 1) -> npt.NDArray[np.float32]:
    """Frames first .. first+count of one channel (counted from 1) as float32 in -1..1, shape (count,).

    Raises ReadError for a file that cannot be decoded, ends before, or lacks the channel.
    """
    found = probe(path)
    if channel > found.channels:
        raise ReadError(f"has {found.channels} channel(s), channel {channel} was asked for", str(path))
    if first + count > found.frames:
        raise ReadError(f"ends after {found.frames} samples, {first + count} were expected (truncated)", str(path))
    return _frames(path, found, first, count)[:, channel - 1]


def _frames(path: str | Path, found: Probe, first: int, count: int) -> npt.NDArray[np.float32]:
    with opened(path, found) as sound:
        return sound.frames(first, count)


@dataclass(frozen=True, slots=True)
class Opened:
    """A sound file that stays open while many stretches of it are read, inside `opened`: in an MP3 a place is found by
    going over all that stands before it, once."""

    path: str
    found: Probe
    _sound: Any

    def read(self, start_s: float, end_s: float | None) -> npt.NDArray[np.float32]:
        """Samples (frames, channels) of a stretch; see the function `read`."""
        return self.frames(*_place(self.found, start_s, end_s))

    def frames(self, first: int, count: int) -> npt.NDArray[np.float32]:
        """Frames first .. first+count, which must be in the file. Raises ReadError for what cannot be decoded."""
        if self._sound is None:
            return cbin.samples(Path(self.path), self.found.channels, first, count)
        import soundfile

        try:
            if self._sound.seekable():
                samples = read_at(self._sound, first, count, "float32")
            else:
                samples = _read_on(self.path, first, count)
        except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
            raise unreadable(error, self.path) from None
        if len(samples) < count:
            raise ReadError(f"ends after {first + len(samples)} of {self.found.frames} samples (truncated)", self.path)
        return samples


#: Samples of an MP3 that are decoded before the first that is wanted. Its frames of up to 1,152 samples borrow bits
#: from those before, and what has been sought without them begins with noise.
_RUN_UP = 32 * 1152


def read_at(sound: soundfile.SoundFile, first: int, count: int, kind: str) -> npt.NDArray[Any]:
    """Frames first .. first+count, fewer where the file ends before, of shape (frames, channels) and the dtype `kind`.
    Raises what soundfile raises."""
    run_up = min(first, _RUN_UP) if sound.subtype.startswith("MPEG") else 0
    sound.seek(first - run_up)
    samples: npt.NDArray[Any] = sound.read(run_up + count, dtype=kind, always_2d=True)
    return samples[run_up:]


#: Frames that are passed over at a time.
_PASSED = 1 << 20


def _read_on(path: str, first: int, count: int) -> npt.NDArray[np.float32]:
    """Frames of a file of a kind in which no place can be found but by reading on from the start (GSM 6.10)."""
    import soundfile

    with soundfile.SoundFile(path) as sound:
        for at in range(0, first, _PASSED):
            sound.read(min(_PASSED, first - at), dtype="float32")
        samples: npt.NDArray[np.float32] = sound.read(count, dtype="float32", always_2d=True)
    return samples


@contextmanager
def opened(path: str | Path, found: Probe | None = None) -> Iterator[Opened]:
    """A sound file, open; `found` is its header where that has been read. Raises ReadError as `probe` does."""
    found = found or probe(path)
    if str(path).lower().endswith(".cbin"):
        yield Opened(str(path), found, None)
        return
    import soundfile

    try:
        sound = soundfile.SoundFile(str(path))
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        raise unreadable(error, str(path)) from None
    with sound:
        yield Opened(str(path), found, sound)


def stream(path: str | Path, block_s: float) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Consecutive blocks of a file as (first frame, samples of shape (frames, channels)); the last may be shorter.

    Memory does not grow with the file. Raises ReadError at the point where decoding fails.
    """
    found = probe(path)
    step = max(1, round(block_s * found.sample_rate))
    if str(path).lower().endswith(".cbin"):
        for first in range(0, found.frames, step):
            yield first, cbin.samples(Path(path), found.channels, first, min(step, found.frames - first))
        return
    import soundfile

    first = 0
    try:
        with soundfile.SoundFile(str(path)) as sound:
            while first < found.frames:
                samples = sound.read(step, dtype="float32", always_2d=True)
                if not len(samples):
                    raise ReadError(f"ends after {first} of {found.frames} samples (truncated)", str(path))
                yield first, samples
                first += len(samples)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        raise unreadable(error, str(path)) from None


def unreadable(error: Exception, path: str) -> ReadError:
    """What an error of libsndfile, or of the system, says about a file, in one line."""
    text = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    return ReadError("no sound file that can be read: " + text.rpartition(": ")[2].rstrip("."), path)
