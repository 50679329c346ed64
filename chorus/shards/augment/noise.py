"""Noise addition: synthetic beds, call-free stretches of the lake's own recordings, or the user's noise files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from chorus.audio.level import decibel, rms
from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.clip import Clip, distinct, is_marked
from chorus.shards.augment.measure import Powers, covered, powers
from chorus.shards.augment.step import Range, Share, Step, drawn
from chorus.shards.augment.supply import Load, NoiseSource

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class NoiseStep(Step):
    """Added noise: synthetic beds, call-free stretches of the lake, or the files of the user's noise folder."""

    snr_db: Range = Field(description="Power of the calls above the noise inside their bands, dB")
    beds: list[str] = Field(min_length=1, description="Synthetic beds to draw from")
    lake_share: Share = Field(
        0.0,
        description="Share of noise that is a call-free stretch of another recording of the split, where there is one",
    )
    most_rise_db: float = Field(description="The noise is never louder than the whole clip by more than this, dB")

    @model_validator(mode="after")
    def _known_beds(self) -> NoiseStep:
        from chorus.synth.beds import BEDS

        for unknown in sorted(set(self.beds) - set(BEDS)):
            raise ValueError(f"no bed '{unknown}'; known: {', '.join(BEDS)}")
        return self


def noise(
    clip: Clip,
    rng: np.random.Generator,
    params: NoiseStep,
    quiet: Sequence[Load] = (),
    folder: NoiseSource | None = None,
) -> tuple[Clip, AugmentStep]:
    """The clip with noise on top, so that its calls are a drawn number of dB above the noise inside their bands.

    With several calls the gain is the median of those that each would need; without calls the whole clip counts as one.
    The noise is at most `most_rise_db` louder than the clip. It comes from `folder` where that is given, else from a
    clip of `quiet`, or it is a synthetic bed.
    """
    import numpy as np

    snr_db = drawn(rng, params.snr_db, 2)
    lake = rng.uniform() < params.lake_share and quiet and folder is None
    other = quiet[int(rng.integers(len(quiet)))]() if lake else None
    bed, log = _of(other, clip.frames) if other else (folder or synthetic(params.beds))(rng, clip.frames, clip.rate)
    level, loudness = rms(bed), rms(clip.samples)
    if level <= 0 or loudness <= 0:
        reason = {"snr_db": snr_db, "skipped": "the clip or the noise is silent"}
        return clip, AugmentStep(name="noise", params=log | reason)
    measured = powers(clip, bed)
    wanted_db = _gain_db(clip, measured, level, loudness) - snr_db
    gain_db = round(min(wanted_db, params.most_rise_db + decibel((loudness / level) ** 2)), 3)
    log |= {"snr_db": round(snr_db + wanted_db - gain_db, 2), "gain_db": gain_db}
    ratio = 10 ** (gain_db / 10)
    louder = [pair and (pair[0], ratio * pair[1]) for pair in measured]
    out = covered(clip, bed * np.float32(ratio**0.5), louder)
    return _credited(out, other), AugmentStep(name="noise", params=log)


def _credited(clip: Clip, other: Clip | None) -> Clip:
    """The clip with the recording that its noise comes from among its parents."""
    if other is None:
        return clip
    parents, licences = distinct(clip.parents, other.parents), distinct(clip.licences, other.licences)
    return replace(clip, parents=parents, licences=licences)


def _gain_db(clip: Clip, measured: Powers, level: float, loudness: float) -> float:
    """Gain that makes the noise as strong as the median call inside its band; as the whole clip where none is known."""
    both = [pair for event, pair in zip(clip.events, measured, strict=True) if pair and is_marked(event)]
    gains = [decibel(signal / under) for signal, under in both if signal > 0 and under > 0]
    return median(gains) if gains else decibel((loudness / level) ** 2)


# Where noise comes from -----------------------------------------------------------------------------------------------


def synthetic(beds: list[str]) -> NoiseSource:
    """A source that draws one of the beds of `chorus.synth.beds`."""

    def make(rng: np.random.Generator, frames: int, rate: int) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
        import numpy as np

        from chorus.synth.beds import BEDS

        name = beds[int(rng.integers(len(beds)))]
        return BEDS[name](rng, frames, rate).astype(np.float32), {"bed": name}

    return make


def _of(other: Clip, frames: int) -> tuple[npt.NDArray[np.float32], dict[str, Any]]:
    """The sound of a clip without calls, repeated where it is short."""
    import numpy as np

    limit = {} if other.band_limit_hz is None else {"band_limit_hz": other.band_limit_hz}
    return np.resize(other.samples, frames), {"recording": other.parents[0]} | limit
