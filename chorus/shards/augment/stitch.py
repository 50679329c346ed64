"""Stitching: clips joined one after the other with cross-fades and gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from chorus.schemas.sample import AugmentStep
from chorus.schemas.vocabulary import Annotated as Completeness
from chorus.shards.augment.clip import Clip, annotation, distinct, joined, moved, within
from chorus.shards.augment.step import Step, drawn
from chorus.shards.augment.supply import Load
from chorus.shards.events import crop

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: A clip shorter than this part of the wanted length is made longer; others change a part of themselves.
FULL = 0.9
#: Noise floors are compared over blocks of this length, seconds.
BLOCK_S = 0.05
#: At most so many blocks, spread evenly, tell the colour of a noise floor.
BLOCKS = 64
#: The noise floor of a frequency is this quantile of its power over those blocks...
QUIET = 0.2
#: ... which for steady noise, whose power is distributed exponentially, is this part of the mean.
QUIET_PART = 0.2231
#: No sequence is longer than this, whatever the sample rate: 350 s at 48 kHz, 67 s at 250 kHz.
MOST_FRAMES = 1 << 24
#: Draws of a place for a cut that meets no event.
TRIES = 8

Fade = Annotated[float, Field(gt=0, le=10)]
Gap = Annotated[float, Field(ge=0, le=60)]
Length = Annotated[float, Field(gt=0, le=600)]
Joint = dict[str, float | str]


class StitchStep(Step):
    """Other clips joined: short clips up to the wanted length, full ones in exchange for a part."""

    fade_s: tuple[Fade, Fade] = Field(description="Length of a cross-fade, seconds")
    gap_s: tuple[Gap, Gap] = Field((0.0, 0.0), description="Length of the noise between two clips, seconds")
    length_s: tuple[Length, Length] | None = Field(
        None, description="Length of the whole, seconds; absent: that of the clips of the shard set"
    )
    match_db: float = Field(ge=0, description="Most change of gain that matches the noise floors, dB")


@dataclass(frozen=True, slots=True)
class _Joiner:
    """How clips are joined: the length of fades, and the noise floor they are brought to."""

    fade: int
    match_db: float
    floor: Clip

    def gain_db(self, other: Clip) -> float:
        """Gain that brings a clip to the noise floor, as far as allowed."""
        change = floor_db(self.floor) - floor_db(other)
        return round(min(max(change, -self.match_db), self.match_db), 2)


def stitch(
    clip: Clip, rng: np.random.Generator, params: StitchStep, others: Sequence[Load] = (), frames: int | None = None
) -> tuple[Clip, AugmentStep]:
    """`clip` joined to `others` (same rate) up to the drawn length, or `frames`, or its own length.

    A clip that is shorter is followed by as many others as it takes; one that is full is cut at a drawn place, outside
    its events where there is such a place, and another follows to the same length. Between two clips lies a drawn
    stretch of noise like the quiet of the first. Events move with their sound; one that a cut or the middle of a
    cross-fade meets ends there.
    """
    wanted = wanted_frames(params, rng, clip.rate) or frames or clip.frames
    fade = max(1, round(drawn(rng, params.fade_s, 4) * clip.rate))
    joiner = _Joiner(fade, params.match_db, clip)
    joints: list[Joint] = []
    full = is_full(clip, wanted)
    out = clip.part(0, _cut(clip, rng)) if full else clip
    for load in others[:1] if full else others:
        if (clip.frames if full else wanted) - out.frames <= fade:
            break
        gap = round(drawn(rng, params.gap_s, 4) * clip.rate)
        out = _followed(out, load(), (clip.frames if full else wanted) - out.frames, gap, joiner, rng, joints)
    if not joints:
        return clip, AugmentStep(name="stitch", params={"skipped": "no clip that fits"})
    return out, AugmentStep(name="stitch", params={"fade_s": fade / clip.rate, "joints": joints})


def wanted_frames(params: StitchStep, rng: np.random.Generator, rate: int) -> int | None:
    """The drawn length of the sequence; None where the recipe states none. The first draw of this step."""
    return None if params.length_s is None else min(round(drawn(rng, params.length_s) * rate), MOST_FRAMES)


def is_full(clip: Clip, frames: int) -> bool:
    """Whether a clip counts as having the wanted length: it then gives a part of itself up for another."""
    return clip.frames >= FULL * frames


def _followed(
    one: Clip, other: Clip, room: int, gap: int, joiner: _Joiner, rng: np.random.Generator, joints: list[Joint]
) -> Clip:
    """One clip, then `gap` frames of noise where they fit, then a drawn part of the other; `room` frames longer at
    most. A clip that is too short for its fades is left out."""
    import numpy as np

    fade = joiner.fade
    gap = gap if gap + 4 * fade < room else 0
    room -= gap + fade if gap else 0
    if min(one.frames, other.frames, room + fade) <= 2 * fade:
        return one
    joint: Joint = {"other": other.parents[0]}
    if other.band_limit_hz is not None:
        joint["band_limit_hz"] = other.band_limit_hz
    if gap:
        joint |= {"gap_s": gap / one.rate, "gap_at_s": _middle_s(one, fade)}
        one = _append(one, quiet_like(joiner.floor, gap + 2 * fade, rng), fade)
    first = int(rng.integers(0, max(other.frames - room - fade, 0) + 1))
    two = other.part(first, min(first + room + fade, other.frames))
    gain_db = joiner.gain_db(two)
    joints.append(joint | {"other_start_s": first / one.rate, "at_s": _middle_s(one, fade), "gain_db": gain_db})
    return _append(one, replace(two, samples=two.samples * np.float32(10 ** (gain_db / 20))), fade)


def _middle_s(one: Clip, fade: int) -> float:
    """The middle of a cross-fade at the end of a clip."""
    return round((one.frames - fade / 2) / one.rate, 9)


def _append(one: Clip, two: Clip, fade: int) -> Clip:
    """One clip after another, `fade` frames of each shared."""
    samples = crossfaded(one.samples, two.samples, fade)
    middle_s = (one.frames - fade / 2) / one.rate
    half_s, shift_s = fade / 2 / one.rate, (one.frames - fade) / one.rate
    seconds = len(samples) / one.rate
    events = crop(one.events, 0.0, middle_s, one.rate)
    events += crop(two.events, half_s, two.seconds, one.rate, shift_s=shift_s + half_s)
    known = joined([*within(one.known(), 0.0, middle_s), *within(moved(two.known(), shift_s), middle_s, seconds)])
    annotated, annotated_s = annotation([one, two], known, seconds)
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


def _cut(clip: Clip, rng: np.random.Generator) -> int:
    """A frame in the middle half of a clip; the first of TRIES draws that meets no event, else the last draw."""
    place = clip.frames
    for _ in range(TRIES):
        place = int(rng.integers(clip.frames // 4, clip.frames * 3 // 4 + 1))
        if not any(event.start_s * clip.rate <= place <= event.end_s * clip.rate for event in clip.events):
            break
    return place


# Noise floor ----------------------------------------------------------------------------------------------------------


def floor_db(clip: Clip) -> float:
    """Level of the quieter blocks of a clip (their 20th percentile), dB."""
    import numpy as np

    block = max(1, min(round(BLOCK_S * clip.rate), clip.frames))
    whole = clip.samples[: clip.frames // block * block].reshape(-1, block)
    power = np.percentile(np.einsum("ij,ij->i", whole, whole) / block, 20)
    return float(10 * np.log10(max(float(power), 1e-12)))


def quiet_like(clip: Clip, frames: int, rng: np.random.Generator) -> Clip:
    """`frames` frames of noise with the level and colour of the quiet of a clip; known to hold no call."""
    import numpy as np
    from scipy import fft

    power = _floor_spectrum(clip)
    n = fft.next_fast_len(frames, real=True)
    cells = fft.rfft(rng.standard_normal(n, dtype=np.float32))
    at = np.linspace(0, len(power) - 1, len(cells))
    cells *= np.sqrt(np.interp(at, np.arange(len(power)), power)).astype(np.float32)
    samples = np.asarray(fft.irfft(cells, n)[:frames], np.float32)
    return Clip(samples, clip.rate, (), Completeness.full, None, (), ())


def _floor_spectrum(clip: Clip) -> npt.NDArray[np.float64]:
    """Variance per sample of the quiet of a clip, as white noise of its level at each frequency would have it;
    frequencies are evenly spaced from 0 to half the rate."""
    import numpy as np
    from scipy import fft

    size = min(1 << max(4, round(BLOCK_S * clip.rate).bit_length() - 1), clip.frames)
    window = np.hanning(size + 2)[1:-1].astype(np.float32)
    blocks = clip.samples[: clip.frames // size * size].reshape(-1, size) * window
    cells = fft.rfft(blocks[:: -(-len(blocks) // BLOCKS)], axis=1)
    power = cells.real**2 + cells.imag**2
    place = int(QUIET * (len(power) - 1))
    return np.partition(power, place, axis=0)[place] / (QUIET_PART * float(np.sum(window**2)))
