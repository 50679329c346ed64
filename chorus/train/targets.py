"""Events of a clip -> truth per frame, and which frames have a known truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from chorus.schemas.sample import Event, Sample, is_strong_call
from chorus.schemas.vocabulary import Annotated, Kind, Presence
from chorus.train.losses import Targets

Stretch = tuple[float, float]


def is_call(event: Event) -> bool:
    """Whether the event is a positive (see `is_strong_call`)."""
    return is_strong_call(event.kind, event.presence, event.strength, event.start_s, event.end_s)


def is_empty(event: Event) -> bool:
    """Whether the event says that nothing calls in it: a marked stretch of noise or silence."""
    return event.kind in (Kind.noise, Kind.silence) and event.presence == Presence.present


def known_stretches(sample: Sample) -> list[Stretch]:
    """Stretches of the clip where everything that is no event is known to be empty."""
    if sample.annotated_s is not None:
        return list(sample.annotated_s)
    return [(0.0, sample.duration_s)] if sample.annotated == Annotated.full else []


def frame_targets(
    sample: Sample, first_s: float, frames: int, frame_s: float, edge_frames: float = 1.5, padded_to: int | None = None
) -> Targets:
    """Targets (1, frames) of the stretch of a clip that begins at `first_s` in clip time.

    Known: frames in calls; frames in stretches annotated in full; frames marked as noise or silence. Not known,
    whatever else is said: frames under weak, absent or uncertain labels, under labels of unknown kind and around labels
    without length, unless a call covers them. Boundaries cut by the clip or by the stretch are no onsets or offsets.
    """
    total = padded_to or frames
    centres = first_s + (torch.arange(total, dtype=torch.float64) + 0.5) * frame_s
    calls = [e for e in sample.events if is_call(e)]
    active = covered(centres, [span(e, frame_s) for e in calls])
    quiet = covered(centres, [(e.start_s, e.end_s) for e in sample.events if is_empty(e)])
    stated = covered(centres, known_stretches(sample))
    doubtful = covered(centres, [doubt(e, frame_s) for e in sample.events if not is_call(e) and not is_empty(e)])
    inside = torch.arange(total) < frames
    known = (((stated | quiet) & ~doubtful) | active) & inside
    last_s = first_s + frames * frame_s
    starts = [e.start_s for e in calls if max(0.0, first_s) < e.start_s < last_s]
    ends = [e.end_s for e in calls if first_s < e.end_s < min(sample.duration_s, last_s)]
    onset, offset = (bumps([(t - first_s) / frame_s for t in times], total, edge_frames) for times in (starts, ends))
    parts = (active.float(), onset * inside, offset * inside, known.float(), known.float())
    return Targets(*(p[None] for p in parts))


def span(event: Event, frame_s: float) -> Stretch:
    """The event's times; one shorter than a frame is widened to one, so that some frame's centre lies in it."""
    short = max(0.0, frame_s - (event.end_s - event.start_s)) / 2
    return event.start_s - short, event.end_s + short


def doubt(event: Event, frame_s: float) -> Stretch:
    """The stretch that a label which decides nothing makes unknown; at least five frames around one without length."""
    slack = 2.5 * frame_s if event.end_s <= event.start_s else 0.0
    return event.start_s - slack, event.end_s + slack


def covered(centres: Tensor, stretches: Sequence[Stretch]) -> Tensor:
    """(frames,) bool: frame centres, in ascending order, that lie in any of the stretches [start, end)."""
    out = torch.zeros(len(centres), dtype=torch.bool)
    if not stretches:
        return out
    spans = torch.tensor(stretches, dtype=torch.float64)
    for first, last in torch.searchsorted(centres.double(), spans).tolist():
        out[first:last] = True
    return out


def bumps(places: Sequence[float], frames: int, sigma: float) -> Tensor:
    """(frames,) float32: the largest of Gaussians of height 1 around the frames that hold `places` (in frames)."""
    if not places:
        return torch.zeros(frames)
    peaks = torch.tensor(sorted({min(max(math.floor(place + 1e-6), 0), frames - 1) for place in places}))
    frame = torch.arange(frames)
    after = torch.searchsorted(peaks, frame)
    near = peaks[after.clamp(max=len(peaks) - 1)], peaks[(after - 1).clamp(min=0)]
    distance = torch.minimum((near[0] - frame).abs(), (near[1] - frame).abs())
    return torch.exp(-0.5 * (distance / sigma) ** 2)
