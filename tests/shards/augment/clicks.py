"""Clips of single-sample clicks in faint noise, each an event, so that labels can be checked to the sample."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from chorus.schemas import Annotated, AugmentStep
from chorus.shards.augment import Clip
from chorus.shards.draws import stream
from tests.shards.augment.bursts import FAINT, event

RATE = 8000


def clicks(
    name: str, seed: int, frames: int = 16000, count: int = 8, species: str | None = None, **facts: object
) -> Clip:
    """A clip of `count` clicks, at least 400 samples apart, each an event of one sample."""
    rng = np.random.default_rng(seed)
    samples = (FAINT * rng.standard_normal(frames)).astype(np.float32)
    slots = rng.choice(frames // 800, min(count, frames // 800), replace=False)
    events = []
    for slot in sorted(slots):
        place = int(slot) * 800 + int(rng.integers(200, 600))
        samples[place] = rng.choice([-1, 1]) * rng.uniform(0.4, 0.6)
        about = {"species": species, "recording_id": name}
        events.append(event(f"{name}:{place}", place / RATE, (place + 1) / RATE, **about))
    known = {"annotated": Annotated.full, "annotated_s": None, "parents": (name,), "licences": ("CC0-1.0",)} | facts
    return Clip(samples, RATE, tuple(events), **known)  # type: ignore[arg-type]


def streams(seed: int) -> Callable[[str], np.random.Generator]:
    return partial(stream, seed)


def loads(*clips: Clip) -> list[Callable[[], Clip]]:
    return [partial(_same, clip) for clip in clips]


def _same(clip: Clip) -> Clip:
    return clip


def assert_on_clicks(clip: Clip) -> None:
    """Every event's first sample is, within one, the greatest in its neighbourhood and far above the noise."""
    size = np.abs(clip.samples)
    noise_level = float(np.median(size))
    for e in clip.events:
        place = round(e.start_s * clip.rate)
        near = slice(max(0, place - 40), place + 41)
        at = size[max(0, place - 1) : place + 2].max()
        assert at > 12 * noise_level
        others = [round(o.start_s * clip.rate) for o in clip.events if o is not e]
        if not any(abs(o - place) <= 41 for o in others):
            assert at == size[near].max()


def assert_none_lost(clip: Clip, steps: list[AugmentStep]) -> None:
    """Every loud sample outside cross-fades is an event; not asked of added noise, whose drops of rain are as loud."""
    if any(step.name == "noise" for step in steps):
        return
    size = np.abs(clip.samples)
    starts = np.array([round(e.start_s * clip.rate) for e in clip.events] or [-(10**6)])
    fading = np.zeros(clip.frames, bool)
    for step in steps:
        for joint in step.params.get("joints", []) if step.name == "stitch" else []:
            half = step.params["fade_s"] / 2 + 2 / clip.rate
            for middle in [joint["at_s"], *([joint["gap_at_s"]] if "gap_at_s" in joint else [])]:
                fading[round((middle - half) * clip.rate) : round((middle + half) * clip.rate) + 1] = True
    for place in np.flatnonzero((size > max(0.05, 12 * float(np.median(size)))) & ~fading):
        assert np.abs(starts - place).min() <= 1
