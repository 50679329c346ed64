"""A fingerprint of a sound that survives its copies: other formats, sample rates and levels, lossy coding, trimming.

After Haitsma and Kalker (2002). In each band of `BANDS` that a recording's sample rate reaches, the mono sound is
brought to one rate and cut into overlapping frames; the energy of 33 sub-bands, evenly spaced in pitch, is taken from
each. One bit says whether the difference between two neighbouring sub-bands grew or fell over eight half steps: 32
bits, one word per step. A copy gives nearly the same words at some offset; other sounds, even the same song of the same
bird, agree in half of the bits, as chance does. A word of 0 means that the frame is silent and says nothing.

A recording under `LONG_S` has two tracks of words, one half a step behind the other, so that a copy that was trimmed
anywhere falls near one of them; a longer one has enough words to be found with one.

Of several channels the mix has a fingerprint, and each of the first `MOST_CHANNELS` that differs from it: a release may
hold one channel alone of what another holds whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chorus.audio.matching import heard_in, similarity_of
from chorus.audio.mono import Mixer

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    Words = npt.NDArray[np.uint32]
    Floats = npt.NDArray[np.float32]

#: Goes up when the same sound gives other words, or fingerprints of other channels.
VERSION = 2
#: Each channel costs as much as a recording of one channel.
MOST_CHANNELS = 8
#: A channel as similar as this to the mix has no fingerprint of its own: its copies are found by that of the mix.
AS_THE_MIX = 0.9
#: A channel that is silent for more than this part of the time in which the mix is not has none either: a plug without
#: a microphone, whose clicks are those of others.
SILENT_PART = 0.5
#: Recordings of this length and above have one track of words, seconds.
LONG_S = 60.0
#: Frames below this fraction of the loudest frame's power are silent.
SILENCE = 1e-9
#: Sub-bands of a band; one more than there are bits.
SUB_BANDS = 33
#: A bit compares the energies of now with those of this many half steps ago.
REACH = 8
#: Sound is read in blocks of this length, seconds.
BLOCK_S = 30.0


@dataclass(frozen=True)
class Band:
    """A frequency range, and how finely it is looked at: `rate` in Hz, `frame` and `half_step` in samples of it."""

    name: str
    rate: int
    frame: int
    half_step: int
    low_hz: float
    high_hz: float

    @property
    def step_s(self) -> float:
        """Seconds from one word of a track to the next."""
        return 2 * self.half_step / self.rate

    @cached_property
    def weights(self) -> Floats:
        """(bins of an rfft of a frame, sub-bands): which share of a bin belongs to a sub-band."""
        import numpy as np

        edges = np.geomspace(self.low_hz, self.high_hz, SUB_BANDS + 1) * self.frame / self.rate
        bins = np.arange(self.frame // 2 + 1)[:, None]
        shares = np.minimum(bins + 1, edges[None, 1:]) - np.maximum(bins, edges[None, :-1])
        return np.clip(shares, 0, 1).astype(np.float32)


BANDS = (
    Band("low", 2_000, 512, 32, 30, 950),
    Band("audible", 8_000, 1_024, 64, 200, 3_800),
    Band("ultrasound", 96_000, 2_048, 128, 4_000, 45_500),
)
BY_NAME = {band.name: band for band in BANDS}

#: Band name -> tracks of words; a track starts half a step after the one before.
Fingerprint = dict[str, "list[Words]"]


def of_file(path: str | Path, rate: int, seconds: float) -> list[Fingerprint]:
    """The fingerprints of a sound file: of the mix of its channels, and where they are not all the same of each that
    says something else ({} where it does not). Read in blocks: memory holds a block and the words.

    `rate` and `seconds` are the real ones, which the header of a time-expanded file does not state. Raises ReadError
    when it cannot be decoded.
    """
    from chorus.audio.file import probe

    found = probe(path)
    block_s = BLOCK_S * rate / found.sample_rate
    if found.channels == 1 or (same := _of_first(path, block_s, rate, seconds)) is None:
        return _of_channels(path, block_s, rate, seconds, found.channels)
    return [same]


def _of_first(path: str | Path, block_s: float, rate: int, seconds: float) -> Fingerprint | None:
    """The fingerprint of the first channel, where all others are equal to it."""
    import numpy as np

    from chorus.audio.file import stream

    voice = _Voice(rate, seconds)
    for _, samples in stream(path, block_s):
        first, *others = samples.T
        if not all(np.array_equal(first, other) for other in others):
            return None
        voice.hear(first)
    return voice.fingerprint()


def _of_channels(path: str | Path, block_s: float, rate: int, seconds: float, channels: int) -> list[Fingerprint]:
    """The fingerprints of the mix and of single channels."""
    from chorus.audio.file import stream

    mixer, mixed = Mixer(), _Voice(rate, seconds)
    single = [_Voice(rate, seconds) for _ in range(min(channels, MOST_CHANNELS) if channels > 1 else 0)]
    for _, samples in stream(path, block_s):
        mixed.hear(mixer.mix(samples))
        for channel, voice in enumerate(single):
            voice.hear(samples[:, channel])
    whole = mixed.fingerprint()
    return [whole, *(_own(voice.fingerprint(), whole) for voice in single)]


def _own(channel: Fingerprint, whole: Fingerprint) -> Fingerprint:
    """The bands in which a channel says something that the mix does not."""
    return {band: tracks for band, tracks in channel.items() if not _adds_nothing(tracks[0], whole.get(band))}


def _adds_nothing(track: Words, whole: list[Words] | None) -> bool:
    if whole is None:
        return False
    silent = heard_in(track) < (1 - SILENT_PART) * heard_in(whole[0])
    return silent or similarity_of(track, whole[0])[0] >= AS_THE_MIX


def of_blocks(blocks: Iterable[Floats], rate: int, seconds: float) -> Fingerprint:
    """The fingerprint of mono sound that comes in blocks of (frames,). Bands in which it is too short or silent are
    left out."""
    voice = _Voice(rate, seconds)
    for block in blocks:
        voice.hear(block)
    return voice.fingerprint()


class _Voice:
    """One channel of a recording, or their mix, in all bands that its rate reaches."""

    def __init__(self, rate: int, seconds: float) -> None:
        every = 2 if seconds >= LONG_S else 1
        self._bands = [_Listener(band, rate, every) for band in BANDS if band.rate <= rate]

    def hear(self, block: Floats) -> None:
        """Take in the next block of sound, (frames,)."""
        for listener in self._bands:
            listener.hear(block)

    def fingerprint(self) -> Fingerprint:
        """What was heard. The voice is spent then."""
        return {listener.band.name: tracks for listener in self._bands if (tracks := listener.tracks())}


class _Listener:
    """One band of one recording: takes blocks in, keeps a word and a power per frame. Frames stand `every` half steps
    apart."""

    def __init__(self, band: Band, rate: int, every: int) -> None:
        import numpy as np
        import soxr

        self.band, self.every = band, every
        self.window = np.hanning(band.frame).astype(np.float32)
        self._resampler = soxr.ResampleStream(rate, band.rate, 1, dtype="float32", quality="HQ")
        self._rest = np.zeros(0, np.float32)
        self._before = np.zeros((0, SUB_BANDS), np.float32)
        self._words: list[Words] = []
        self._powers: list[Floats] = []

    def hear(self, block: Floats, last: bool = False) -> None:
        """Take in the next block of sound."""
        import numpy as np

        step = self.band.half_step * self.every
        sound = np.concatenate([self._rest, self._resampler.resample_chunk(block, last=last)])
        frames = max(0, (len(sound) - self.band.frame) // step + 1)
        self._rest = sound[frames * step :]
        if frames:
            self._look(np.lib.stride_tricks.sliding_window_view(sound, self.band.frame)[::step][:frames])

    def _look(self, frames: Floats) -> None:
        """Words of the frames whose comparison partner is known by now."""
        import numpy as np
        from scipy.fft import rfft

        for some in _slices(frames, 2048):
            cells = rfft(some * self.window, axis=1)
            energy = (cells.real**2 + cells.imag**2) @ self.band.weights
            self._powers.append(energy.sum(axis=1))
            energy = np.concatenate([self._before, energy])
            reach = REACH // self.every
            slope = energy[:, :-1] - energy[:, 1:]
            bits = slope[reach:] > slope[:-reach]
            self._words.append(np.packbits(bits, axis=1, bitorder="little").view("<u4")[:, 0].astype(np.uint32))
            self._before = energy[-reach:]

    def tracks(self) -> list[Words]:
        """The words, those of silent frames 0; two tracks where frames stand half a step apart. No track without
        words that say something. The listener is spent then."""
        import numpy as np

        self.hear(np.zeros(0, np.float32), last=True)
        words = np.concatenate([*self._words, np.zeros(0, np.uint32)])
        if not len(words):
            return []
        powers = np.concatenate(self._powers)
        heard = powers > SILENCE * powers.max()
        reach = REACH // self.every
        words[~(heard[reach:] & heard[:-reach])] = 0
        tracks = [words] if self.every == 2 else [words[0::2], words[1::2]]
        return [np.ascontiguousarray(track) for track in tracks] if words.any() else []


def _slices(frames: Floats, count: int) -> Iterator[Floats]:
    for first in range(0, len(frames), count):
        yield frames[first : first + count]
