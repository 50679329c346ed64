"""From a row of the plan to a finished sample: read, resample, augment, encode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from chorus.schemas.sample import AugmentStep, Event, Sample
from chorus.schemas.vocabulary import Annotated
from chorus.shards.augment import Clip, Supply, augment
from chorus.shards.augment.channel import channel_step
from chorus.shards.draws import stream
from chorus.shards.encode import flac, to_16_bit
from chorus.shards.partners import Role
from chorus.shards.settings import ShardSettings
from chorus.shards.sound import Places, Sounds
from chorus.shards.spent import Spent

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Built:
    """A finished clip: its sound as FLAC, and the fields of its `Sample` as plain values."""

    sound: bytes
    content: dict[str, Any]

    def json(self) -> bytes:
        """The content as it stands beside the sound."""
        return to_json(self.content)


def build(row: Mapping[str, Any], sounds: Sounds, settings: ShardSettings, spent: Spent) -> Built:
    """The finished clip of one row of the plan.

    Depends on the row, the settings and the sound alone; the time it takes is added to `spent`. Raises ReadError when
    the sound cannot be read or holds samples that are not finite.
    """
    whole = _untouched(row, sounds, spent)
    if whole is not None:
        content = _plain(row, len(whole))
    else:
        clip, steps = _changed(row, sounds, settings, spent)
        with spent.on("encode"):
            whole, fitted = to_16_bit(clip.samples)
        content = _sample(row, clip, steps + fitted).model_dump(mode="json")
    with spent.on("encode"):
        return Built(flac(whole, int(row["sample_rate"])), content)


def _untouched(row: Mapping[str, Any], sounds: Sounds, spent: Spent) -> npt.NDArray[np.int16] | None:
    """The samples of a clip that is the recording's own sound; None where something is done to it."""
    base = row["cuts"][0]
    if row["copy"] or base["sample_rate"] != row["sample_rate"] or base["channel"] != base["own_channel"]:
        return None
    with spent.on("read"):
        return sounds.exact(base)


def _changed(
    row: Mapping[str, Any], sounds: Sounds, settings: ShardSettings, spent: Spent
) -> tuple[Clip, list[AugmentStep]]:
    """The clip that a row asks for, and what was done to its sound."""
    rate = int(row["sample_rate"])
    base = row["cuts"][0]
    fetch = partial(_load, rate=rate, sounds=sounds, spent=spent)
    clip = fetch(base)
    steps: list[AugmentStep] = []
    if base["sample_rate"] != rate:
        steps.append(AugmentStep(name="resample", params={"from_hz": base["sample_rate"], "to_hz": rate}))
    if base["channel"] != base["own_channel"]:
        steps.append(channel_step(base["own_channel"], base["channel"]))
    if row["copy"] and settings.recipe:
        streams = partial(stream_of_step, settings.seed, row["key"])
        with spent.on("augment"):
            clip, done = augment(clip, settings.recipe, streams, supply(row, fetch, sounds.places, settings))
        steps += done
    return clip, steps


def _load(cut: Mapping[str, Any], rate: int, sounds: Sounds, spent: Spent) -> Clip:
    with spent.on("read"):
        return load(cut, rate, sounds)


def load(cut: Mapping[str, Any], rate: int, sounds: Sounds) -> Clip:
    """The sound and events of one cut of the plan at `rate` Hz. Raises ReadError when it cannot be read."""
    known = cut["annotated_s"]
    return Clip(
        sounds.floats(cut, rate),
        rate,
        tuple(Event(**event) for event in cut["events"]),
        Annotated(cut["annotated"]),
        None if known is None else tuple((start, end) for start, end in known),
        (cut["recording_id"],),
        (cut["licence"],),
        cut["sample_rate"] / 2 if cut["sample_rate"] < rate else None,
        medium=cut["medium"],
    )


def _plain(row: Mapping[str, Any], frames: int) -> dict[str, Any]:
    """The content of a clip to which nothing was done. Its events were validated when they were planned."""
    base = row["cuts"][0]
    seconds = frames / row["sample_rate"]
    events = [e if e["end_s"] <= seconds else e | _ends(e["start_s"], seconds) for e in base["events"]]
    return _content(
        row, seconds, frames, [base["recording_id"]], base["annotated"], base["annotated_s"], base["licence"], events
    )


def _sample(row: Mapping[str, Any], clip: Clip, steps: list[AugmentStep]) -> Sample:
    seconds = clip.seconds
    events = [e if e.end_s <= seconds else e.model_copy(update=_ends(e.start_s, seconds)) for e in clip.events]
    known = None if clip.annotated_s is None else list(clip.annotated_s)
    content = _content(
        row, seconds, clip.frames, list(clip.parents), clip.annotated, known, " AND ".join(clip.licences), events
    )
    return Sample(**content | {"n_fft_scale": clip.n_fft_scale, "hop_class": clip.hop_class, "augment": steps})


def _content(
    row: Mapping[str, Any],
    seconds: float,
    frames: int,
    parents: list[str],
    annotated: str,
    annotated_s: Sequence[Any] | None,
    licence: str,
    events: Sequence[Any],
) -> dict[str, Any]:
    """The fields of a sample, in their order."""
    base = row["cuts"][0]
    return {
        "key": row["key"],
        "split": row["split"],
        "source": base["source"],
        "recording_id": base["recording_id"],
        "parents": parents,
        "group": row["group"],
        "start_s": base["first_frame"] / base["sample_rate"],
        "duration_s": seconds,
        "sample_rate": row["sample_rate"],
        "frames": frames,
        "channel": base["channel"],
        "annotated": annotated,
        "annotated_s": annotated_s,
        "licence": licence,
        "n_fft_scale": None,
        "hop_class": None,
        "events": events,
        "augment": [],
    }


def _ends(start_s: float, seconds: float) -> dict[str, float]:
    """The times of an event held inside the clip: resampling may end it a fraction of a sample earlier."""
    return {"start_s": min(start_s, seconds), "end_s": seconds}


def stream_of_step(seed: int, key: str, step: str) -> np.random.Generator:
    """The stream that a step of the recipe draws from for a clip."""
    return stream(seed, "augment", key, step)


def supply(
    row: Mapping[str, Any], fetch: Callable[[Mapping[str, Any]], Clip], places: Places, settings: ShardSettings
) -> Supply:
    """What the plan gives the clip for its augmentation."""
    rate = int(row["sample_rate"])
    loads = {role: [partial(fetch, cut) for cut in row["cuts"] if cut["role"] == role] for role in Role}
    return Supply(
        mix=loads[Role.mix],
        stitch=loads[Role.stitch],
        quiet=loads[Role.noise],
        noise=_noise_source(places, settings),
        frames=round(settings.clip_s(rate) * rate),
    )


def _noise_source(places: Places, settings: ShardSettings) -> Any:
    if places.noise is None or not settings.noise:
        return None
    from chorus.shards.noise_files import source

    return source(places.noise, settings.noise)
