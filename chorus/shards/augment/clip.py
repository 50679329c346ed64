"""A clip in memory: sound, events, and what is known about both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from chorus.schemas.sample import Event
from chorus.schemas.vocabulary import Annotated, Presence, Strength
from chorus.shards.events import crop

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Stretch = tuple[float, float]
Medium = Literal["air", "water"]


@dataclass(frozen=True, slots=True)
class Clip:
    """`samples` is float32 (frames,) at `rate` Hz; events are in clip time.

    `annotated_s` are the stretches with complete labels, None when `annotated` alone tells; `parents` are recordings,
    the base first. `band_limit_hz` is half the rate at which the base was recorded where that is lower than `rate`,
    `n_fft_scale` and `hop_class` the drawn FFT window and hop, `medium` what the base was recorded in.
    """

    samples: npt.NDArray[np.float32]
    rate: int
    events: tuple[Event, ...]
    annotated: Annotated
    annotated_s: tuple[Stretch, ...] | None
    parents: tuple[str, ...]
    licences: tuple[str, ...]
    band_limit_hz: float | None = None
    n_fft_scale: float | None = None
    hop_class: int | None = None
    medium: Medium = "air"

    @property
    def frames(self) -> int:
        return len(self.samples)

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def known(self) -> list[Stretch]:
        """Stretches whose labels are complete."""
        if self.annotated_s is not None:
            return list(self.annotated_s)
        return [(0.0, self.seconds)] if self.annotated is Annotated.full else []

    def part(self, first: int, last: int) -> Clip:
        """Frames first .. last as a clip of their own."""
        first_s, last_s = first / self.rate, last / self.rate
        known = None if self.annotated_s is None else tuple(moved(within(self.annotated_s, first_s, last_s), -first_s))
        events = tuple(crop(self.events, first_s, last_s, self.rate))
        return replace(self, samples=self.samples[first:last], events=events, annotated_s=known)

    def marked(self) -> list[Event]:
        """Events that someone marked and that are there: those whose power can be measured."""
        return [event for event in self.events if is_marked(event)]


def is_marked(event: Event) -> bool:
    """Whether someone marked the times of an event, and it is there."""
    return event.presence is Presence.present and event.strength is Strength.strong


def within(stretches: tuple[Stretch, ...] | list[Stretch], first_s: float, last_s: float) -> list[Stretch]:
    """Stretches cut to first_s .. last_s."""
    cuts = ((max(start, first_s), min(end, last_s)) for start, end in stretches)
    return [(start, end) for start, end in cuts if end > start]


def moved(stretches: list[Stretch], by_s: float) -> list[Stretch]:
    """Stretches moved along the time axis."""
    return [(round(start + by_s, 9), round(end + by_s, 9)) for start, end in stretches]


def shared(one: list[Stretch], other: list[Stretch]) -> list[Stretch]:
    """The time that lies in both lists of stretches."""
    found = [cut for start, end in one for cut in within(other, start, end)]
    return sorted(found)


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """Stretches in order, those that touch made one."""
    out: list[Stretch] = []
    for start, end in sorted(stretches):
        if out and start <= out[-1][1] + 1e-9:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def annotation(parts: list[Clip], known: list[Stretch], seconds: float) -> tuple[Annotated, tuple[Stretch, ...] | None]:
    """`annotated` and `annotated_s` of a clip made of `parts` whose labels are complete over `known`."""
    kinds = {part.annotated for part in parts}
    if len(kinds) == 1 and all(part.annotated_s is None for part in parts):
        return parts[0].annotated, None
    whole = len(known) == 1 and known[0][0] <= 0 and known[0][1] >= seconds
    return (Annotated.full, None) if whole else (Annotated.partial, tuple(known))


def distinct(*names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of all tuples in order, each once."""
    return tuple(dict.fromkeys(name for group in names for name in group))
