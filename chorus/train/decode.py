"""Frame probabilities -> events. The parameters are tuned on the validation split and stored with the model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

OFF = 2.0
MAX_OPEN_FRAMES = 60_000


@dataclass(frozen=True)
class Decoding:
    """How events are read from probabilities.

    A stretch opens where activity reaches `threshold` and lasts while it stays at `threshold * low` or above; stretches
    closer than `gap` frames are joined unless an onset peak divides them. Inside, an onset peak of at least `split`
    starts another event. With `overlap` events may lie over each other: an offset peak of at least `split` ends the
    event that has been open longest. Without it a new event ends the one before. Starts and ends move to an onset or
    offset peak of at least `edge` within `reach` frames; events shorter than `shortest` frames are dropped. `split` or
    `edge` of 2 or more: never.
    """

    threshold: float = 0.5
    low: float = 0.6
    split: float = 0.5
    edge: float = 0.3
    reach: int = 4
    gap: int = 2
    shortest: int = 2
    overlap: int = 0


@dataclass(frozen=True)
class Decodings:
    """The decoding of a model: `base`, and others for rates whose frames are halved that many times (see FrontEnd)."""

    base: Decoding = Decoding()
    by_octave: dict[int, Decoding] = field(default_factory=dict)

    def at(self, octave: int) -> Decoding:
        """The decoding for an octave of rates."""
        return self.by_octave.get(octave, self.base)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the model card."""
        return {**asdict(self.base), "by_octave": {str(k): asdict(v) for k, v in sorted(self.by_octave.items())}}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Decodings:
        """From the card. Entries that this version does not know are left out."""
        names = {f.name for f in fields(Decoding)}

        def one(values: dict[str, Any]) -> Decoding:
            return Decoding(**{k: v for k, v in values.items() if k in names})

        return cls(one(data), {int(k): one(v) for k, v in data.get("by_octave", {}).items()})


@dataclass(frozen=True)
class Found:
    """An event in frames: [start, end), with the largest activity in it as its score."""

    start: float
    end: float
    score: float


def runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """[first, last) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def peaks(values: Floats, least: float) -> npt.NDArray[np.int64]:
    """Places of local maxima of at least `least` (the first of equal neighbours)."""
    if not len(values):
        return np.empty(0, np.int64)
    before = np.concatenate([[-np.inf], values[:-1]])
    after = np.concatenate([values[1:], [-np.inf]])
    return np.flatnonzero((values >= least) & (values > before) & (values >= after))


def decode(probabilities: Floats, how: Decoding) -> list[Found]:
    """Events of a stretch, in order of their starts; probabilities (frames, 3): activity, onset, offset."""
    activity, onset, offset = probabilities.T
    starts, ends = peaks(onset, how.split), peaks(offset, how.split)
    pairs: list[tuple[int, int]] = []
    for a, b in active(activity, starts, how):
        first = inside(starts, a, b, how.shortest)
        if how.overlap:
            pairs += in_turn([a, *first], [*inside(ends, a, b, how.shortest), b])
        else:
            pairs += zip([a, *first], [*first, b], strict=True)
    found = sorted((refine(a, b, activity, onset, offset, how) for a, b in pairs), key=lambda f: (f.start, f.end))
    found = found if how.overlap else one_by_one(found)
    return [f for f in found if f.end - f.start >= how.shortest]


def one_by_one(found: list[Found]) -> list[Found]:
    """Events in order, each ended by the next."""
    nexts = [*(event.start for event in found), math.inf][1:]
    return [replace(event, end=min(event.end, start)) for event, start in zip(found, nexts, strict=True)]


def active(activity: Floats, starts: npt.NDArray[np.int64], how: Decoding) -> list[tuple[int, int]]:
    """Stretches of activity with hysteresis, joined over short gaps that no onset peak ends."""
    loud = activity >= how.threshold
    out: list[tuple[int, int]] = []
    for a, b in runs(activity >= how.threshold * how.low):
        if not loud[a:b].any():
            continue
        if out and a - out[-1][1] <= how.gap and not near(starts, a, how.reach):
            a = out.pop()[0]
        out.append((a, b))
    return out


def inside(places: npt.NDArray[np.int64], a: int, b: int, margin: int) -> list[int]:
    """The places well inside [a, b)."""
    found: list[int] = places[(places >= a + margin) & (places <= b - margin)].tolist()
    return found


def in_turn(starts: list[int], ends: list[int]) -> list[tuple[int, int]]:
    """Pair starts and ends in order of time: each end closes what has been open longest; the last end closes all."""
    open_starts, pairs, waiting = [], [], list(starts)
    for end in ends:
        while waiting and waiting[0] < end:
            open_starts.append(waiting.pop(0))
        if open_starts:
            pairs.append((open_starts.pop(0), end))
    return pairs + [(start, ends[-1]) for start in open_starts]


def near(places: npt.NDArray[np.int64], frame: int, reach: int) -> bool:
    """Whether any of the places lies within `reach` frames."""
    return bool(len(places)) and bool(np.abs(places - frame).min() <= reach)


def refine(a: int, b: int, activity: Floats, onset: Floats, offset: Floats, how: Decoding) -> Found:
    """Move the bounds [a, b) to the strongest onset and offset peaks at hand."""
    start = strongest(onset, a, how)
    end = strongest(offset, b, how)
    first = float(a) if start is None else start + 0.5
    last = float(b) if end is None else end + 0.5
    if last - first < 1:
        first, last = float(a), float(b)
    return Found(first, last, float(activity[a:b].max()))


def strongest(values: Floats, frame: int, how: Decoding) -> int | None:
    """The place of the largest value within `reach` of `frame`, if it is at least `edge`."""
    left = max(0, frame - how.reach)
    window = values[left : frame + how.reach + 1]
    if not len(window) or window.max() < how.edge:
        return None
    return left + int(window.argmax())


class EventStream:
    """Decode probabilities that come in pieces, with memory that does not grow: only the undecided tail is kept."""

    def __init__(self, how: Decoding) -> None:
        self.how = how
        self.first = 0
        self.held = np.empty((0, 3), np.float32)

    def push(self, probabilities: Floats) -> Iterator[Found]:
        """Add frames; yields the events that later frames cannot change any more."""
        self.held = np.concatenate([self.held, probabilities])
        cut = self.settled()
        if cut:
            yield from self.emit(cut)

    def finish(self) -> Iterator[Found]:
        """The events of the tail."""
        yield from self.emit(len(self.held))

    def settled(self) -> int:
        """Where the held frames can be cut: in the middle of the last quiet stretch that nothing reaches across.

        A stretch of activity longer than MAX_OPEN_FRAMES is cut where it is weakest.
        """
        margin = self.how.gap + 2 * self.how.reach + 2
        quiet = self.held[:, 0] < self.how.threshold * self.how.low
        for a, b in reversed(runs(quiet)):
            if b - a > 2 * margin and b - margin > 0:
                return max(b - margin, a + margin)
        if len(self.held) > MAX_OPEN_FRAMES:
            half = len(self.held) // 2
            return half + int(self.held[half:, 0].argmin())
        return 0

    def emit(self, cut: int) -> Iterator[Found]:
        for found in decode(self.held[:cut], self.how):
            yield Found(found.start + self.first, found.end + self.first, found.score)
        self.first += cut
        self.held = self.held[cut:]
