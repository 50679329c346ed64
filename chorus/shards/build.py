"""From a row of the plan to a finished sample: read, resample, augment, encode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.schemas.sample import AugmentStep, Event, Sample
from chorus.schemas.vocabulary import Annotated
from chorus.shards.augment import Clip, augment
from chorus.shards.draws import stream
from chorus.shards.encode import flac, to_16_bit
from chorus.shards.settings import ShardSettings

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Places:
    """Where sound lies on this machine: the root of each source, and the noise folder."""

    roots: Mapping[str, str]
    noise: Path | None = None


def build(row: Mapping[str, Any], places: Places, settings: ShardSettings) -> tuple[bytes, Sample]:
    """FLAC bytes and JSON of one row of the plan.

    Depends on the row, the settings and the sound alone. Raises ReadError when the sound cannot be read or holds
    samples that are not finite.
    """
    rate = int(row["sample_rate"])
    base, *others = row["cuts"]
    clip = load(base, rate, places)
    steps: list[AugmentStep] = []
    n_fft_scale = None
    if base["sample_rate"] != rate:
        steps.append(AugmentStep(name="resample", params={"from_hz": base["sample_rate"], "to_hz": rate}))
    if row["copy"] and settings.recipe:
        clip, done, n_fft_scale = augment(
            clip,
            settings.recipe,
            partial(_stream, settings.seed, row["key"]),
            [partial(load, other, rate, places) for other in others],
            round(settings.clip_seconds * rate),
            _noise_source(places, settings),
        )
        steps += done
    whole, fitted = to_16_bit(clip.samples)
    sample = _sample(row, clip, n_fft_scale, steps + fitted)
    return flac(whole, rate), sample


def load(cut: Mapping[str, Any], rate: int, places: Places) -> Clip:
    """The sound and events of one cut of the plan at `rate` Hz. Raises ReadError when it cannot be read.

    Frames are counted in the file; `cut["sample_rate"]` is the real one, which a time-expanded file does not state.
    """
    from chorus.audio import read_frames, resample

    path = Path(places.roots[cut["source"]]) / cut["path"]
    samples = read_frames(path, cut["first_frame"], cut["frames"], cut["channel"])
    known = cut["annotated_s"]
    return Clip(
        resample(samples, cut["sample_rate"], rate),
        rate,
        tuple(Event(**event) for event in cut["events"]),
        Annotated(cut["annotated"]),
        None if known is None else tuple((start, end) for start, end in known),
        (cut["recording_id"],),
        (cut["licence"],),
    )


def _sample(row: Mapping[str, Any], clip: Clip, n_fft_scale: float | None, steps: list[AugmentStep]) -> Sample:
    base = row["cuts"][0]
    seconds = clip.seconds
    events = [e if e.end_s <= seconds else _ended(e, seconds) for e in clip.events]
    return Sample(
        key=row["key"],
        split=row["split"],
        source=base["source"],
        recording_id=base["recording_id"],
        parents=list(clip.parents),
        group=row["group"],
        start_s=base["first_frame"] / base["sample_rate"],
        duration_s=seconds,
        sample_rate=clip.rate,
        frames=clip.frames,
        channel=base["channel"],
        annotated=clip.annotated,
        annotated_s=None if clip.annotated_s is None else list(clip.annotated_s),
        licence=" AND ".join(clip.licences),
        n_fft_scale=n_fft_scale,
        events=events,
        augment=steps,
    )


def _ended(event: Event, seconds: float) -> Event:
    """An event held inside the clip: resampling may end it a fraction of a sample earlier."""
    return event.model_copy(update={"start_s": min(event.start_s, seconds), "end_s": seconds})


def _stream(seed: int, key: str, step: str) -> np.random.Generator:
    return stream(seed, "augment", key, step)


def _noise_source(places: Places, settings: ShardSettings) -> Any:
    if places.noise is None or not settings.noise:
        return None
    from chorus.shards.noise_files import source

    return source(places.noise, settings.noise)
