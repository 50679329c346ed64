"""The recordings that clips are cut from, a few of them kept open."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chorus.audio.file import check_unchanged, check_whole, read_at, unreadable
from chorus.errors import ReadError
from chorus.shards.held import Held
from chorus.storage import address, open_for_reading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import soundfile

#: Bytes at each end of a recording that its digest is taken over.
EDGE = 1 << 14
#: Recordings that are open at a time.
MOST_OPEN = 128
#: Encodings that 16-bit integers hold exactly.
WITHIN_16_BITS = ("PCM_16", "PCM_S8", "PCM_U8")
#: Encodings of which every sample stands for itself. What has another is opened anew for each clip: its decoder carries
#: something from one stretch to the next, and a clip must not depend on those before it.
WITHOUT_MEMORY = (*WITHIN_16_BITS, "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")


@dataclass(frozen=True)
class Places:
    """Where sound lies: the root of each source, a folder or an address in object storage, and the noise folder."""

    roots: Mapping[str, str]
    noise: Any = None


class Sounds:
    """Stretches of recordings, read where `places` says. Close it, or use it in a `with` statement.

    `inputs` has the digest (see `digest`) of every recording that was read, by its id. A sound that `expect` names more
    than once is decoded and resampled once.
    """

    def __init__(self, places: Places, most_open: int = MOST_OPEN) -> None:
        self.places = places
        self._most = most_open
        self._open: OrderedDict[str, soundfile.SoundFile] = OrderedDict()
        self._held = Held()
        self.inputs: dict[str, str] = {}

    def expect(self, cuts: Iterable[Mapping[str, Any]]) -> None:
        """Cuts that will be read, each once for every time."""
        self._held.expect(_place(cut) for cut in cuts)

    def floats(self, cut: Mapping[str, Any], rate: int) -> npt.NDArray[np.float32]:
        """The samples of a cut of the plan at `rate` Hz as float32 in -1..1, shape (frames,).

        Frames of the cut are counted in the file; `cut["sample_rate"]` is the real one, which a time-expanded file does
        not state. Raises ReadError when it cannot be decoded, lacks the channel, or changed since its ingest.
        """
        import numpy as np

        from chorus.audio import resample

        if cut["sample_rate"] != rate:
            return self._held.get(_place(cut), lambda: resample(self._floats(cut), cut["sample_rate"], rate))
        whole = self.exact(cut)
        if whole is None:
            return self._held.get(_place(cut), lambda: self._floats(cut))
        return whole * np.float32(2**-15)

    def _floats(self, cut: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        if cut["path"].lower().endswith(".cbin"):
            from chorus.audio import probe, read_frames

            self._note(cut)
            path, found = self._path(cut), probe(self._path(cut))
            _check(found.sample_rate, found.frames, cut, path)
            return read_frames(path, cut["first_frame"], cut["frames"], cut["channel"])
        return self._stretch(cut, "float32")

    def exact(self, cut: Mapping[str, Any]) -> npt.NDArray[np.int16] | None:
        """The samples of a cut as int16, shape (frames,); None where the file may hold more than 16 bits.

        Raises ReadError as `floats` does.
        """
        if cut["path"].lower().endswith(".cbin") or self._opened(cut).subtype not in WITHIN_16_BITS:
            return None
        return self._held.get(_place(cut), lambda: self._stretch(cut, "int16"))

    def _stretch(self, cut: Mapping[str, Any], kind: str) -> npt.NDArray[Any]:
        import numpy as np
        import soundfile

        path, first, count, channel = self._path(cut), cut["first_frame"], cut["frames"], cut["channel"]
        sound = self._opened(cut)
        _check(sound.samplerate, sound.frames, cut, path)
        if channel > sound.channels:
            raise ReadError(f"has {sound.channels} channel(s), channel {channel} was asked for", path)
        try:
            samples = read_at(sound, first, count, kind)
        except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
            self._forget(path)
            raise unreadable(error, path) from None
        if len(samples) < count:
            raise ReadError(f"ends after {first + len(samples)} of {sound.frames} samples (truncated)", path)
        if sound.subtype not in WITHOUT_MEMORY:
            self._forget(path)
        return np.ascontiguousarray(samples[:, channel - 1])

    def _path(self, cut: Mapping[str, Any]) -> str:
        return f"{self.places.roots[cut['source']]}/{cut['path']}"

    def _note(self, cut: Mapping[str, Any]) -> None:
        """Keep the digest of a recording."""
        if cut["recording_id"] not in self.inputs:
            try:
                self.inputs[cut["recording_id"]] = digest(self._path(cut))
            except OSError as error:
                raise unreadable(error, self._path(cut)) from None

    def _opened(self, cut: Mapping[str, Any]) -> soundfile.SoundFile:
        """A recording, open; the one that was used least recently is closed for it."""
        path = self._path(cut)
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        import soundfile

        self._note(cut)
        try:
            sound = soundfile.SoundFile(path if address(path) is None else open_for_reading(path))
        except (soundfile.LibsndfileError, OSError) as error:
            raise unreadable(error, path) from None
        if sound.frames <= 0 or sound.samplerate <= 0:
            sound.close()
            raise ReadError("the file holds no samples", path)
        check_whole(sound.extra_info, sound.frames / sound.samplerate, path)
        self._open[path] = sound
        while len(self._open) > self._most:
            self._open.popitem(last=False)[1].close()
        return sound

    def _forget(self, path: str) -> None:
        self._open.pop(path).close()

    def __enter__(self) -> Sounds:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._open:
            self._open.popitem()[1].close()


def _check(rate: int, frames: int, cut: Mapping[str, Any], path: str) -> None:
    facts = {"was_rate": cut["sample_rate"], "was_frames": cut["recording_frames"]}
    check_unchanged(rate, frames, path, time_expansion=cut["time_expansion"], **facts)


def _place(cut: Mapping[str, Any]) -> Hashable:
    """What tells the sound of a cut from that of others."""
    return cut["source"], cut["path"], cut["channel"], cut["first_frame"], cut["frames"]


def digest(path: str) -> str:
    """SHA-256 of a file's size, its first and its last 16 KiB: tells apart what was changed or exchanged without
    reading the hours between. Raises OSError."""
    with open_for_reading(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        first = file.read(EDGE)
        file.seek(max(0, size - EDGE))
        return hashlib.sha256(b"%d\n" % size + first + file.read(EDGE)).hexdigest()
