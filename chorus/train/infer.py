"""A trained detector over sound of any length and rate: overlapping windows, of which the middles are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from chorus.train.decode import Decodings, EventStream, Found
from chorus.train.detector import Detector
from chorus.train.device import mixed_precision
from chorus.train.frontend import FrontEnd

Floats = npt.NDArray[np.float32]

WINDOWS_AT_ONCE = 8


@dataclass(frozen=True)
class Listening:
    """The rates to which the labelled clips of a model were resampled, Hz: all to one, or faster ones to a highest.
    `beside` are the rates of clips that came along at their own (see `chorus.train.rehearsal`)."""

    sample_rate: int | None = None
    max_rate: int | None = None
    beside: frozenset[int] = frozenset()


@dataclass
class Predictor:
    """A detector with its front end, window and decoding, on its device."""

    detector: Detector
    front_end: FrontEnd
    decodings: Decodings
    window_frames: int
    device: torch.device
    listening: Listening = Listening()

    def listens_at(self, rate: int) -> int:
        """The rate, Hz, to which recordings of `rate` Hz should be resampled, as the labelled clips were; their own
        where the model has learned with their time step beside these."""
        wanted = self.listening.sample_rate or min(rate, self.listening.max_rate or rate)
        octave = self.front_end.octave
        beside = {octave(other) for other in self.listening.beside} - {octave(wanted)}
        return rate if octave(rate) in beside else wanted

    def frame_s(self, rate: int) -> float:
        """Length of a frame of a clip of `rate` Hz, seconds."""
        return self.front_end.geometry(rate).frame_s

    def probabilities(self, blocks: Iterable[Floats], rate: int) -> Iterator[Floats]:
        """Consecutive mono blocks -> consecutive (frames, 3) probabilities: activity, onset, offset.

        One window is held in memory, however long the sound is. Every frame is seen with at least a quarter of a
        window on either side, where the recording has it. A last piece shorter than a frame is left out.
        """
        hop = self.front_end.geometry(rate).hop
        window = self.window_frames
        margin = window // 4
        cutter = Cutter(hop, window, window - 2 * margin)
        waiting: list[tuple[Floats, int, int]] = []
        first = True
        for block in blocks:
            for wave in cutter.push(block):
                waiting.append((wave, 0 if first else margin, window - margin))
                first = False
                if len(waiting) == WINDOWS_AT_ONCE:
                    yield self.run(waiting, rate)
                    waiting = []
        tail, left = cutter.tail(margin, first)
        if len(tail) >= hop:
            waiting.append((tail, left, len(tail) // hop))
        for same in by_length(waiting):
            yield self.run(same, rate)

    def whole(self, samples: Floats, rate: int) -> Floats:
        """Probabilities (frames, 3) of a clip, (samples,); no frame where it is too short."""
        return np.concatenate([np.empty((0, 3), np.float32), *self.probabilities([samples], rate)])

    @torch.inference_mode()
    def run(self, windows: list[tuple[Floats, int, int]], rate: int) -> Floats:
        """Windows of equal length through the model; of each the frames [left, right) are returned, in a row."""
        hop, patch = self.front_end.geometry(rate).hop, self.detector.encoder.patch_frames
        length = len(windows[0][0])
        frames = -(-(length // hop) // patch) * patch
        waves = torch.zeros(len(windows), frames * hop)
        for row, (wave, _, _) in enumerate(windows):
            waves[row, :length] = torch.from_numpy(wave)
        lengths = torch.full((len(windows),), length)
        scales = [1.0] * len(windows)
        with torch.autocast(self.device.type, enabled=False):
            shown, valid = self.front_end(waves.to(self.device), lengths, rate, scales)
        resolution = self.front_end.resolutions(rate, scales).to(self.device)
        padded = length // hop < frames
        with mixed_precision(self.device):
            logits = self.detector(shown, valid if padded else None, resolution)
        result = logits.float().sigmoid().cpu().numpy().transpose(0, 2, 1)
        return np.concatenate([r[left:right] for r, (_, left, right) in zip(result, windows, strict=True)])

    def events(self, blocks: Iterable[Floats], rate: int, threshold: float | None = None) -> Iterator[Found]:
        """Consecutive mono blocks -> events in seconds, in order."""
        frame_s = self.frame_s(rate)
        how = self.decodings.at(self.front_end.octave(rate))
        how = how if threshold is None else replace(how, threshold=threshold)
        stream = EventStream(how)
        for piece in self.probabilities(blocks, rate):
            for found in stream.push(piece):
                yield in_seconds(found, frame_s)
        for found in stream.finish():
            yield in_seconds(found, frame_s)


def in_seconds(found: Found, frame_s: float) -> Found:
    """Frames -> seconds."""
    return Found(found.start * frame_s, found.end * frame_s, found.score)


def by_length(windows: list[tuple[Floats, int, int]]) -> Iterator[list[tuple[Floats, int, int]]]:
    """Neighbouring windows of equal length, together."""
    together: list[tuple[Floats, int, int]] = []
    for window in windows:
        if together and len(together[0][0]) != len(window[0]):
            yield together
            together = []
        together.append(window)
    if together:
        yield together


class Cutter:
    """Cuts a stream of samples into windows of `window` frames, `step` frames apart."""

    def __init__(self, hop: int, window: int, step: int) -> None:
        self.size, self.step, self.hop = window * hop, step * hop, hop
        self.held = np.empty(0, np.float32)
        self.next = 0

    def push(self, block: Floats) -> Iterator[Floats]:
        """Add samples; yields the windows that are whole. The last window's samples stay at hand for the tail."""
        self.held = np.concatenate([self.held, block])
        while len(self.held) - self.next >= self.size:
            yield self.held[self.next : self.next + self.size]
            spent = self.next
            self.held, self.next = self.held[spent:], self.step

    def tail(self, margin: int, first: bool) -> tuple[Floats, int]:
        """(the last window, how many of its frames are known already). It ends with the sound, as full as can be."""
        frames = len(self.held) // self.hop
        window = self.size // self.hop
        start = max(0, frames - window)
        known = 0 if first else window - margin
        return self.held[start * self.hop : frames * self.hop], known - start
