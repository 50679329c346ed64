"""One clip out of an open tar: its label checked, its sound decoded."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from chorus.errors import ReadError, fault
from chorus.schemas.sample import Sample
from chorus.shards.read.index import Place, Span

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32] | npt.NDArray[np.int16]

DType = Literal["float32", "int16"]
Stretch = tuple[float, float]
#: (sample, random numbers of this clip in this epoch) -> the stretch of the clip to decode, in seconds.
Choose = Callable[[Sample, random.Random], Stretch]
#: number of samples -> an array for them, whose dtype is what is decoded to.
Room = Callable[[int], "Samples"]


@dataclass(frozen=True)
class Clip:
    """A decoded clip, or the stretch of it that was asked for: `first_s` is where it begins in clip time.

    `samples` (frames,) are the int16 values that are stored, or those / 32768 as float32.
    """

    sample: Sample
    first_s: float
    samples: Samples


def label(tar: int, place: Place) -> Sample:
    """The label of a clip in an open tar (a file descriptor). Raises ReadError when it is not that of its sound."""
    sample = parse(_content(tar, place.label))
    stated = (sample.key, sample.sample_rate, sample.frames)
    if stated != (place.key, place.rate, place.frames):
        raise ReadError(f"its JSON says {stated}, its sound is {(place.key, place.rate, place.frames)}")
    return sample


def sound(tar: int, place: Place, stretch: Stretch, room: Room) -> tuple[Samples, float]:
    """A stretch of a clip in an open tar, decoded into an array that `room` gives, and where it begins, seconds.

    Raises ReadError when it is damaged.
    """
    samples, first = decode_flac(_content(tar, place.sound), place.rate, *stretch, room)
    return samples, first / place.rate


def parse(raw: bytes) -> Sample:
    """A clip's JSON. Raises ReadError with the first field at fault."""
    try:
        return Sample.model_validate_json(raw)
    except ValidationError as error:
        key, what = fault(error)
        raise ReadError(f"its JSON is no Sample: {key + ': ' if key else ''}{what}") from None


def _content(tar: int, span: Span) -> bytes:
    content = os.pread(tar, span[1], span[0])
    if len(content) < span[1]:
        raise ReadError(f"{len(content):,} of {span[1]:,} bytes could be read")
    return content


def decode_flac(flac: bytes, rate: int, start_s: float, end_s: float, room: Room) -> tuple[Samples, int]:
    """Samples of a stretch (mono, 16 bits) and the number of its first sample. Raises ReadError when damaged."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(flac)) as file:
            found = (file.channels, file.samplerate, file.subtype)
            if found != (1, rate, "PCM_16"):
                raise ReadError(f"{found[0]} channel(s) at {found[1]} Hz, {found[2]}; expected 1 at {rate} Hz, PCM_16")
            first = min(max(round(start_s * rate), 0), file.frames)
            count = min(max(round(end_s * rate), first), file.frames) - first
            if first:
                file.seek(first)
            samples: Samples = file.read(out=room(count))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise ReadError(str(error)) from None
    if len(samples) < max(count, 1):
        raise ReadError(f"{len(samples)} of {count} samples could be decoded")
    return samples, first
