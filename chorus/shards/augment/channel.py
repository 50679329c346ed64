"""Channel choice: an augmented version of a clip cut from another channel of its recording.

A clip in memory has one channel, so this is drawn when the clips are planned, before any sound is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chorus.schemas.sample import AugmentStep
from chorus.shards.augment.step import Step, applied

if TYPE_CHECKING:
    import numpy as np


class ChannelStep(Step):
    """Another channel of the recording, any of them alike."""


def choose_channel(rng: np.random.Generator, params: ChannelStep, own: int, channels: int, marked: bool) -> int:
    """The channel (from 1) that an augmented version of a clip is cut from, where `own` is that of the clip and
    `marked` tells whether a call of the recording is marked in one channel, this or another, while the clip lasts.

    A call without a channel is marked in all of them. One marked in a channel need not be heard in another, so the clip
    keeps its own channel.
    """
    others = [channel for channel in range(1, channels + 1) if channel != own]
    if not applied(params, rng) or not others or marked:
        return own
    return others[int(rng.integers(len(others)))]


def channel_step(own: int, chosen: int) -> AugmentStep:
    """What the log says of a chosen channel."""
    return AugmentStep(name="channel", params={"from": own, "channel": chosen})
