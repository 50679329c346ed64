"""A trained model over one sound file: calls with times and bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.audio import opened, probe, resampled, stream
from chorus.audio.mono import Mixer
from chorus.errors import ReadError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from chorus.train.decode import Found
    from chorus.train.infer import Predictor

#: Samples per block that is read at a time.
BLOCK_SAMPLES = 1 << 20


@dataclass(frozen=True)
class Detected:
    """A call found in a file. Times in seconds from the file's start; `channel` counts from 1, None: all, mixed."""

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    score: float
    channel: int | None


def mono_blocks(
    path: str | Path,
    channel: int | None,
    heard: Callable[[float], None] | None = None,
    mixer: Mixer | None = None,
) -> Iterator[npt.NDArray[np.float32]]:
    """A file block by block, one channel (counted from 1) or the mix of all; `heard` is told the seconds of each.
    Raises ReadError where it breaks."""
    import numpy as np

    rate, mixer = probe(path).sample_rate, mixer or Mixer()
    for _, samples in stream(path, BLOCK_SAMPLES / rate):
        mono = mixer.mix(samples) if channel is None else samples[:, channel - 1]
        if len(mono) and not np.isfinite(mono).any():
            raise ReadError("holds stretches whose samples are no numbers", str(path))
        yield np.ascontiguousarray(mono, dtype=np.float32)
        if heard:
            heard(len(mono) / rate)


def find_calls(
    predictor: Predictor,
    path: str | Path,
    channel: int | None,
    rate: int | None = None,
    threshold: float | None = None,
    heard: Callable[[float], None] | None = None,
    mixer: Mixer | None = None,
) -> Iterator[Found]:
    """Calls of a file as they are found, with memory that does not grow with the file.

    `rate` is the real sample rate where it is not the one in the header (time-expanded bat recordings): times are then
    real ones. The sound is resampled to the rate at which the model listens.
    """
    real_rate = rate or probe(path).sample_rate
    wanted = predictor.listens_at(real_rate)
    blocks = resampled(mono_blocks(path, channel, heard, mixer), real_rate, wanted)
    yield from predictor.events(blocks, wanted, threshold)


def detect(
    predictor: Predictor,
    path: str | Path,
    each_channel: bool = False,
    threshold: float | None = None,
    heard: Callable[[float], None] | None = None,
    mixer: Mixer | None = None,
) -> list[Detected]:
    """All calls of a file, in order of their starts, from the mix of its channels or from each of them. `heard` is told
    the seconds of sound as they are searched, `mixer` knows afterwards whether channels had to be turned over."""
    from chorus.annotate.band import measure_band

    calls = []
    with opened(path) as sound:
        found = sound.found
        channels = list(range(1, found.channels + 1)) if each_channel and found.channels > 1 else [None]
        for channel in channels:
            for event in find_calls(predictor, path, channel, threshold=threshold, heard=heard, mixer=mixer):
                end = min(event.end, found.duration_s)
                low, high = measure_band(sound, event.start, end, channel)
                calls.append(Detected(event.start, end, low, high, event.score, channel))
    return sorted(calls, key=lambda c: (c.start_s, c.end_s, c.channel or 0))
