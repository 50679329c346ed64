"""Time shift: the clip goes round and round, as on a ring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip, joined, moved, within
from chorus.shards.augment.step import Step, drawn
from chorus.shards.events import ordered

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Part = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]

#: The seam keeps this distance from events and is faded over as much, seconds.
SEAM_S = 0.005
#: Times are kept to a nanosecond; frames that differ by less than this are the same.
SAME = 1e-3


class ShiftStep(Step):
    """A time shift; what leaves the clip at one end comes in at the other."""

    share: tuple[Part, Part] = Field(description="Shift, as a part of the clip's length; below 0: earlier")


def shift(clip: Clip, rng: np.random.Generator, params: ShiftStep) -> tuple[Clip, AugmentStep]:
    """The clip shifted by a drawn part of its length, events with it; none is lost or cut in two.

    Sound is not available from outside the clip, so its end is joined to its beginning. Where the drawn place would
    cut an event, the nearest one that does not is taken; an event that fills the clip goes on filling it. The end is
    faded over 5 ms into the beginning, except where an event begins or ends at the clip's edge.
    """
    wanted = round(drawn(rng, params.share, 4) * clip.frames) % max(clip.frames, 1)
    first = _free(clip, clip.frames - wanted)
    if first in (0, clip.frames):
        reason = {"skipped": "no place outside the events"} if wanted else {}
        return clip, AugmentStep(name="shift", params={"shift_s": 0.0} | reason)
    by_s, first_s = (clip.frames - first) / clip.rate, first / clip.rate
    samples = _faded(clip, first)
    known = None
    if clip.annotated_s is not None:
        late, early = within(clip.annotated_s, first_s, clip.seconds), within(clip.annotated_s, 0.0, first_s)
        known = tuple(joined(moved(late, -first_s) + moved(early, by_s)))
    events = tuple(ordered(_moved(event, clip, first) for event in clip.events))
    shifted = replace(clip, samples=samples, events=events, annotated_s=known)
    return shifted, AugmentStep(name="shift", params={"shift_s": round(by_s, 9)})


def _free(clip: Clip, frame: int) -> int:
    """The frame nearest to `frame` at which the clip can be cut: one clear of events, or the clip's edge."""
    margin = ceil(SEAM_S * clip.rate)
    for low, high in _busy(clip, margin):
        if low < frame < high:
            choices = [low, high] if frame - low <= high - frame else [high, low]
            inside = [place for place in choices if 0 < place < clip.frames]
            return inside[0] if inside else 0
    return frame


def _busy(clip: Clip, margin: int) -> list[tuple[int, int]]:
    """Frames over which events and their margins reach, in order, those that overlap made one."""
    spans: list[tuple[int, int]] = []
    found = [(floor(start + SAME) - margin, ceil(end - SAME) + margin) for start, end in _spans(clip)]
    for low, high in sorted(found):
        if spans and low < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], high))
        else:
            spans.append((low, high))
    return spans


def _spans(clip: Clip) -> Iterable[tuple[float, float]]:
    """Events in frames, those left out that fill the clip."""
    spans = ((event.start_s * clip.rate, event.end_s * clip.rate) for event in clip.events)
    return (span for span in spans if not _fills(*span, clip.frames))


def _fills(start: float, end: float, frames: int) -> bool:
    return start <= SAME and end >= frames - SAME


def _moved(event: Event, clip: Clip, first: int) -> Event:
    """An event of a clip that now begins with its frame `first`."""
    start, end = event.start_s * clip.rate, event.end_s * clip.rate
    if _fills(start, end, clip.frames):
        return event
    by_s = (-first if start >= first - SAME else clip.frames - first) / clip.rate
    times = [round(min(max(time + by_s, 0.0), clip.seconds), 9) for time in (event.start_s, event.end_s)]
    return event.model_copy(update={"start_s": times[0], "end_s": times[1]})


def _faded(clip: Clip, first: int) -> npt.NDArray[np.float32]:
    """Samples from frame `first` on, followed by those before it. What lies before the seam goes on behind it mirrored
    and fades out at constant power, so there is no jump and nothing is added that was not in the recording."""
    import numpy as np

    samples = np.roll(clip.samples, -first)
    seam = clip.frames - first
    reach = min(ceil(SEAM_S * clip.rate), first, seam)
    if all(start >= reach and end <= clip.frames - reach for start, end in _spans(clip)):
        angle = np.arange(reach, dtype=np.float32) * np.float32(np.pi / 2 / reach)
        mirrored = samples[seam - reach : seam][::-1]
        samples[seam : seam + reach] = samples[seam : seam + reach] * np.sin(angle) + mirrored * np.cos(angle)
    return samples
