"""Clipping: a recorder driven too hard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from chorus.audio.level import band_power, decibel
from chorus.schemas.sample import AugmentStep, Event
from chorus.shards.augment.clip import Clip
from chorus.shards.augment.measure import span
from chorus.shards.augment.step import Share, Step, drawn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Depth = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]

#: Soft clipping bends samples above the level towards a ceiling this much above it, as a part of it.
KNEE = 0.25


class ClippingStep(Step):
    """Samples above a level are cut (hard) or bent (soft)."""

    below_peak_db: tuple[Depth, Depth] = Field(description="The level, dB below the clip's peak; 0: nothing is clipped")
    soft: Share = Field(description="Share of clips that are clipped softly")


def clipping(clip: Clip, rng: np.random.Generator, params: ClippingStep) -> tuple[Clip, AugmentStep]:
    """The clip with its samples held at a drawn level below its peak; the log says which share of them was above.

    Events stay; for a known SNR the distortion counts as noise.
    """
    import numpy as np

    below_db = drawn(rng, params.below_peak_db, 2)
    soft = bool(rng.uniform() < params.soft)
    size = np.abs(clip.samples)
    level = float(size.max(initial=0.0)) * 10 ** (-below_db / 20)
    share = float(np.mean(size > level)) if below_db > 0 and level > 0 else 0.0
    log: dict[str, Any] = {"below_peak_db": below_db, "soft": soft, "level": round(level, 9)}
    log["clipped_share"] = round(share, 6)
    if share == 0:
        return clip, AugmentStep(name="clipping", params=log)
    samples = held(clip.samples, level, soft)
    events = tuple(_distorted(event, clip, samples) for event in clip.events)
    return replace(clip, samples=samples, events=events), AugmentStep(name="clipping", params=log)


def held(samples: npt.NDArray[np.float32], level: float, soft: bool) -> npt.NDArray[np.float32]:
    """Samples (frames,) up to `level` as they are; what lies above is cut, or bent towards (1 + KNEE) times it."""
    import numpy as np

    top = np.float32(level)
    cut = np.clip(samples, -top, top)
    return cut + np.float32(KNEE) * top * np.tanh((samples - cut) / (np.float32(KNEE) * top)) if soft else cut


def _distorted(event: Event, clip: Clip, after: npt.NDArray[np.float32]) -> Event:
    """The event, the SNR of which is lowered by what the clipped sound holds beside the sound at its new gain."""
    import numpy as np

    if event.snr_db is None:
        return event
    first, last = span(event, clip.rate, clip.frames)
    old, new = clip.samples[first:last], after[first:last]
    gain = float(np.vdot(old, new)) / max(float(np.vdot(old, old)), 1e-30)
    power, beside = (
        band_power(part, clip.rate, event.low_hz, event.high_hz) for part in (old, new - np.float32(gain) * old)
    )
    noise = gain**2 * power / (1 + 10 ** (event.snr_db / 10))
    if noise + beside <= 0:
        return event
    return event.model_copy(update={"snr_db": round(decibel((gain**2 * power - noise) / (noise + beside)), 2)})
