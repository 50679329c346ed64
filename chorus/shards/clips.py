"""From the calls of a recording to the clips that will be cut from it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chorus.schemas.vocabulary import Annotated
from chorus.shards.draws import digest, stream
from chorus.shards.settings import ShardSettings
from chorus.shards.usable import Rec, Refused
from chorus.shards.windows import Span, around_calls, free_of_calls

NO_CHANNEL = "the channel of the call is not in the recording"
PAST_END = "the call begins after the end of its recording"
TOO_HIGH = "the call lies above half of the sample rate"


@dataclass(frozen=True, slots=True)
class Window:
    """A clip to be: frames first .. last of one channel of a recording."""

    recording: int
    channel: int
    first: int
    last: int
    positive: bool

    def key(self, recording: Rec) -> str:
        name = re.sub(r"[^A-Za-z0-9_-]", "_", str(recording.row["source"]))
        return f"{name}-{digest('clip', recording.id, self.channel, self.first, self.last, recording.rate)}"


def windows_of(
    index: int, recording: Rec, reviewed: frozenset[str] | None, settings: ShardSettings, refused: Refused
) -> Iterator[Window]:
    """Windows over the wanted calls of a recording, per channel, then those free of calls.

    `reviewed` holds the recordings whose call-free stretches may be used though no wanted call is in them; None: all.
    """
    clip = max(1, round(settings.clip_seconds * recording.rate))
    channels: dict[int, list[Span]] = defaultdict(list)
    for call, wanted in zip(recording.calls, recording.wanted, strict=True):
        reason = _call_refusal(call, recording, settings)
        if wanted and reason:
            refused["calls", reason] += 1
        elif wanted:
            channels[call["channel"] or 1].append(_span(call, recording))
    for channel in sorted(channels):
        rng = stream(settings.seed, "windows", recording.id, str(channel))
        for first, last in around_calls(sorted(channels[channel]), recording.frames, clip, rng):
            yield Window(index, channel, first, last, True)
    if recording.row["annotated"] == Annotated.full and (channels or reviewed is None or recording.id in reviewed):
        spans = sorted(_span(call, recording) for call in recording.calls)
        rng = stream(settings.seed, "negatives", recording.id)
        margin = round(settings.negative_margin_s * recording.rate)
        for first, last in free_of_calls(spans, recording.frames, clip, margin, rng):
            yield Window(index, 1, first, last, False)


def _span(call: dict[str, Any], recording: Rec) -> Span:
    """A call's frames, cut to its recording."""
    start, end = round(call["start_s"] * recording.rate), round(call["end_s"] * recording.rate)
    return min(start, recording.frames), min(end, recording.frames)


def _call_refusal(call: dict[str, Any], recording: Rec, settings: ShardSettings) -> str | None:
    if (call["channel"] or 1) > (recording.row["channels"] or 1):
        return NO_CHANNEL
    if round(call["start_s"] * recording.rate) >= recording.frames:
        return PAST_END
    if too_high(call, recording, settings):
        return TOO_HIGH
    return None


def too_high(call: dict[str, Any], recording: Rec, settings: ShardSettings) -> bool:
    """Whether nothing of a call is left at the rate of its clip."""
    rate = settings.sample_rate or recording.rate
    return call["low_hz"] is not None and call["low_hz"] >= rate / 2
