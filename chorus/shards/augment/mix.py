"""Mixing: clips at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from chorus.audio.level import decibel, rms
from chorus.schemas.sample import AugmentStep, Event
from chorus.schemas.vocabulary import Kind, Presence
from chorus.shards.augment.clip import Clip, Stretch, annotation, distinct, joined, moved, shared
from chorus.shards.augment.measure import call_power, covered
from chorus.shards.augment.step import Range, Share, Step, drawn
from chorus.shards.augment.supply import Load
from chorus.shards.events import crop, ordered

if TYPE_CHECKING:
    import numpy as np

Clips = Annotated[int, Field(ge=2, le=8)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Relation(StrEnum):
    """Which species sound together."""

    any = "any"
    group = "group"
    chorus = "chorus"


class MixStep(Step):
    """Other clips of the same split on top."""

    clips: tuple[Clips, Clips] = Field((2, 2), description="Number of clips in the sum, with the base")
    snr_db: Range = Field(description="Power of the clip above that of each other, dB")
    relation: dict[Relation, Weight] = Field(
        {Relation.any: 1.0},
        description="Weights. any: clips as they come; group: of the same species; chorus: of other species",
    )
    lower_rates: Share = Field(
        0.0, description="Share of clips over which clips of lower sample rates are laid too, resampled up"
    )

    @model_validator(mode="after")
    def _some_weight(self) -> MixStep:
        if sum(self.relation.values()) <= 0:
            raise ValueError("relation needs a weight above 0")
        return self


def mix(clip: Clip, rng: np.random.Generator, params: MixStep, others: Sequence[Load] = ()) -> tuple[Clip, AugmentStep]:
    """A drawn number of `others` laid over `clip`, each weaker by its own drawn number of dB: in mean power over the
    calls of each where both hold calls, else over all of both.

    The result is as long as `clip`: a longer clip is cut to a drawn stretch, a shorter one put at a drawn place. Events
    of all are kept and tell how far they stand above the rest of the mixture in their band; labels are complete where
    those of all are.
    """
    count = clips_drawn(params, rng) - 1
    log: list[dict[str, Any]] = []
    out = clip
    for load in others[:count]:
        out, laid = _laid(out, clip, load(), drawn(rng, params.snr_db, 2), rng)
        log.append(laid)
    if not any("skipped" not in laid for laid in log):
        reason = log[0]["skipped"] if log else "no clip to mix with"
        return clip, AugmentStep(name="mix", params={"others": log, "skipped": reason})
    return out, AugmentStep(name="mix", params={"others": log})


def clips_drawn(params: MixStep, rng: np.random.Generator) -> int:
    """The drawn number of clips in the sum. The first draw of this step."""
    return int(rng.integers(params.clips[0], params.clips[1] + 1))


def _laid(out: Clip, base: Clip, other: Clip, snr_db: float, rng: np.random.Generator) -> tuple[Clip, dict[str, Any]]:
    """`other` laid over `out`, at `snr_db` below `base`, and the log of it."""
    import numpy as np

    skip = int(rng.integers(0, max(other.frames - out.frames, 0) + 1))
    place = int(rng.integers(0, max(out.frames - other.frames, 0) + 1))
    part = other.part(skip, min(skip + out.frames, other.frames))
    log: dict[str, Any] = {
        "other": other.parents[0],
        "snr_db": snr_db,
        "other_start_s": skip / out.rate,
        "at_s": place / out.rate,
    }
    log |= _about(base, part)
    own, others = call_power(base), call_power(part)
    if own <= 0 or others <= 0:
        own, others = rms(base.samples) ** 2, rms(part.samples) ** 2
    if own <= 0 or others <= 0:
        return out, log | {"skipped": "one of the clips is silent"}
    gain_db = round(decibel(own / others) - snr_db, 3)
    part = replace(part, samples=part.samples * np.float32(10 ** (gain_db / 20)))
    return _sum(out, part, place), log | {"gain_db": gain_db}


def _about(base: Clip, part: Clip) -> dict[str, Any]:
    """How the species of two clips are related, where known, and the band limit of the second, where it has one."""
    relation = related(species(base.events), species(part.events))
    return ({"relation": relation.value} if relation is not Relation.any else {}) | (
        {} if part.band_limit_hz is None else {"band_limit_hz": part.band_limit_hz}
    )


def _sum(clip: Clip, part: Clip, place: int) -> Clip:
    """`part` on top of `clip`, beginning at the frame `place`."""
    import numpy as np

    laid = np.zeros(clip.frames, np.float32)
    laid[place : place + part.frames] = part.samples
    at_s = place / clip.rate
    front = covered(clip, laid)
    behind = covered(part, clip.samples[place : place + part.frames])
    events = ordered([*front.events, *crop(behind.events, 0.0, part.seconds, clip.rate, shift_s=at_s)])
    known = shared(clip.known(), _complete_around(part, at_s, clip.seconds))
    annotated, annotated_s = annotation([clip, part], known, clip.seconds)
    return replace(
        front,
        events=tuple(events),
        annotated=annotated,
        annotated_s=annotated_s,
        parents=distinct(clip.parents, part.parents),
        licences=distinct(clip.licences, part.licences),
    )


def _complete_around(part: Clip, at_s: float, seconds: float) -> list[Stretch]:
    """Where a part laid at `at_s` takes nothing from the completeness of the labels: outside it, and where it is
    complete itself."""
    end_s = at_s + part.seconds
    around = [(0.0, at_s), *moved(part.known(), at_s), (end_s, seconds)]
    return joined([stretch for stretch in around if stretch[1] > stretch[0]])


# Species --------------------------------------------------------------------------------------------------------------


def species(events: Iterable[Event]) -> frozenset[str]:
    """The animals that call in a clip, as far as their species are known."""
    names = (
        event.species or event.scientific_name
        for event in events
        if event.kind is Kind.animal and event.presence is Presence.present
    )
    return frozenset(name for name in names if name)


def related(own: frozenset[str], others: frozenset[str]) -> Relation:
    """`group` where the others are all of the species of the first clip, `chorus` where none is, else `any`."""
    if not own or not others:
        return Relation.any
    if others <= own:
        return Relation.group
    return Relation.any if own & others else Relation.chorus
