"""Mixing: two clips of one rate at the same time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chorus.audio.level import decibel, rms
from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip, Stretch, annotation, distinct, moved, shared
from chorus.shards.augment.measure import call_power, covered
from chorus.shards.augment.recipe import MixStep
from chorus.shards.events import crop, ordered

if TYPE_CHECKING:
    import numpy as np


def mix(clip: Clip, rng: np.random.Generator, params: MixStep, other: Clip) -> tuple[Clip, AugmentStep]:
    """`other` laid over `clip`, weaker by a drawn number of dB: in mean power over the calls of each where both hold
    calls, else over all of both.

    The result is as long as `clip`: a longer `other` is cut to a drawn stretch, a shorter one put at a drawn place.
    Events of both are kept; labels are complete where those of both are.
    """
    import numpy as np

    snr_db = round(float(rng.uniform(*params.snr_db)), 2)
    skip = int(rng.integers(0, max(other.frames - clip.frames, 0) + 1))
    place = int(rng.integers(0, max(clip.frames - other.frames, 0) + 1))
    part = other.part(skip, min(skip + clip.frames, other.frames))
    log = {"other": other.parents[0], "snr_db": snr_db, "other_start_s": skip / clip.rate, "at_s": place / clip.rate}
    own, others = call_power(clip), call_power(part)
    if own <= 0 or others <= 0:
        own, others = rms(clip.samples) ** 2, rms(part.samples) ** 2
    if own <= 0 or others <= 0:
        return clip, AugmentStep(name="mix", params=log | {"skipped": "one of the clips is silent"})
    gain_db = round(decibel(own / others) - snr_db, 3)
    gain = np.float32(10 ** (gain_db / 20))
    laid = np.zeros(clip.frames, np.float32)
    laid[place : place + part.frames] = gain * part.samples
    base = covered(clip, laid)
    behind = covered(replace(part, samples=gain * part.samples), clip.samples[place : place + part.frames])
    at_s = place / clip.rate
    events = ordered([*base.events, *crop(behind.events, 0.0, part.seconds, clip.rate, shift_s=at_s)])
    known = shared(clip.known(), _complete_around(part, at_s, clip.seconds))
    annotated, annotated_s = annotation([clip, part], known, clip.seconds)
    mixed = replace(
        base,
        events=tuple(events),
        annotated=annotated,
        annotated_s=annotated_s,
        parents=distinct(clip.parents, other.parents),
        licences=distinct(clip.licences, other.licences),
    )
    return mixed, AugmentStep(name="mix", params=log | {"gain_db": gain_db})


def _complete_around(part: Clip, at_s: float, seconds: float) -> list[Stretch]:
    """Where a part laid at `at_s` takes nothing from the completeness of the labels: outside it, and where it is
    complete itself."""
    end_s = at_s + part.seconds
    around = [(0.0, at_s), *moved(part.known(), at_s), (end_s, seconds)]
    return joined([stretch for stretch in around if stretch[1] > stretch[0]])


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """Stretches in order, those that touch made one."""
    out: list[Stretch] = []
    for start, end in sorted(stretches):
        if out and start <= out[-1][1] + 1e-9:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
