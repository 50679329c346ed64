"""Stitching: clips joined one after the other with cross-fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip, annotation, distinct, moved, within
from chorus.shards.augment.mix import joined
from chorus.shards.augment.recipe import StitchStep
from chorus.shards.events import crop

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: A clip shorter than this part of the wanted length is made longer; others change a part of themselves.
FULL = 0.9
#: Noise floors are compared over blocks of this length, seconds.
BLOCK_S = 0.05


def stitch(
    clip: Clip, rng: np.random.Generator, params: StitchStep, others: Sequence[Clip], frames: int
) -> tuple[Clip, AugmentStep]:
    """`clip` joined to `others` (same rate) up to `frames` frames.

    A clip that is shorter is followed by the others; one that is full is cut at a drawn place, outside its events
    where there is such a place, and another follows to the same length. Events move with their sound; one that a cut
    or the middle of a cross-fade meets ends there.
    """
    fade = max(1, round(float(rng.uniform(*params.fade_s)) * clip.rate))
    joints: list[dict[str, float | str]] = []
    if not is_full(clip, frames):
        out = clip
        for other in others:
            room = frames - out.frames
            if room > fade and min(out.frames, other.frames) > 2 * fade:
                out = _append(out, _drawn_part(other, room + fade, rng), fade, params, joints)
    else:
        last = _cut(clip, rng)
        out = clip.part(0, last)
        if others and min(last, others[0].frames) > 2 * fade:
            out = _append(out, _drawn_part(others[0], clip.frames - last + fade, rng), fade, params, joints)
    if not joints:
        return clip, AugmentStep(name="stitch", params={"skipped": "no clip that fits"})
    return out, AugmentStep(name="stitch", params={"fade_s": fade / clip.rate, "joints": joints})


def is_full(clip: Clip, frames: int) -> bool:
    """Whether a clip counts as having the wanted length: it then gives a part of itself up for another."""
    return clip.frames >= FULL * frames


def _append(one: Clip, two: Clip, fade: int, params: StitchStep, joints: list[dict[str, float | str]]) -> Clip:
    """One clip after another, `fade` frames of each shared, the second at the noise floor of the first."""
    import numpy as np

    gain_db = round(float(np.clip(_floor_db(one) - _floor_db(two), -params.match_db, params.match_db)), 2)
    samples = crossfaded(one.samples, two.samples * np.float32(10 ** (gain_db / 20)), fade)
    middle_s = (one.frames - fade / 2) / one.rate
    half_s, shift_s = fade / 2 / one.rate, (one.frames - fade) / one.rate
    seconds = len(samples) / one.rate
    events = crop(one.events, 0.0, middle_s, one.rate)
    events += crop(two.events, half_s, two.seconds, one.rate, shift_s=shift_s + half_s)
    known = joined([*within(one.known(), 0.0, middle_s), *within(moved(two.known(), shift_s), middle_s, seconds)])
    annotated, annotated_s = annotation([one, two], known, seconds)
    joints.append({"other": two.parents[0], "at_s": round(middle_s, 9), "gain_db": gain_db})
    return replace(
        one,
        samples=samples,
        events=tuple(events),
        annotated=annotated,
        annotated_s=annotated_s,
        parents=distinct(one.parents, two.parents),
        licences=distinct(one.licences, two.licences),
    )


def crossfaded(one: npt.NDArray[np.float32], two: npt.NDArray[np.float32], fade: int) -> npt.NDArray[np.float32]:
    """Samples of shape (len(one) + len(two) - fade,); the fades keep the power of unrelated sounds constant."""
    import numpy as np

    angle = (np.arange(fade, dtype=np.float32) + np.float32(0.5)) * np.float32(np.pi / 2 / fade)
    overlap = one[len(one) - fade :] * np.cos(angle) + two[:fade] * np.sin(angle)
    return np.concatenate([one[: len(one) - fade], overlap, two[fade:]])


def _drawn_part(clip: Clip, frames: int, rng: np.random.Generator) -> Clip:
    """A drawn stretch of at most `frames` frames."""
    if clip.frames <= frames:
        return clip
    first = int(rng.integers(0, clip.frames - frames + 1))
    return clip.part(first, first + frames)


def _cut(clip: Clip, rng: np.random.Generator, tries: int = 8) -> int:
    """A frame in the middle half of a clip; the first of `tries` draws that meets no event, else the last draw."""
    place = clip.frames
    for _ in range(tries):
        place = int(rng.integers(clip.frames // 4, clip.frames * 3 // 4 + 1))
        if not any(event.start_s * clip.rate <= place <= event.end_s * clip.rate for event in clip.events):
            break
    return place


def _floor_db(clip: Clip) -> float:
    """Level of the quieter blocks of a clip (their 20th percentile), dB."""
    import numpy as np

    block = max(1, min(round(BLOCK_S * clip.rate), clip.frames))
    whole = clip.samples[: clip.frames // block * block].reshape(-1, block)
    power = np.percentile(np.mean(np.square(whole, dtype=np.float64), axis=1), 20)
    return float(10 * np.log10(max(float(power), 1e-12)))
