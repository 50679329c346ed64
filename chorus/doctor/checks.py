"""Calls that cannot be, and what of them can be saved: nothing is guessed, a bound is only cut to what exists."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chorus.doctor.findings import CallRow, Finding, Outcome

#: What rounding may add to the end of a recording (seconds) and to its Nyquist frequency (Hz).
SLACK_S, SLACK_HZ = 0.01, 1.0


@dataclass(frozen=True)
class Limits:
    """What a recording can hold; without limits where its sound is not at hand."""

    duration_s: float = math.inf
    nyquist_hz: float = math.inf
    channels: float = math.inf


def check(call: CallRow, limits: Limits) -> tuple[CallRow | None, list[Finding]]:
    """The call with its bounds cut to the recording, and what was found; None for a call that cannot be used."""
    for what, words in impossible(call, limits):
        return None, [Finding(call.line, what, words, Outcome.left_out)]
    found = []
    for name, value, what, words in repairs(call, limits):
        changes: dict[str, Any] = {name: value, "changed": call.changed | {name}}
        call = replace(call, **changes)
        found.append(Finding(call.line, what, words, Outcome.repaired))
    if (call.channel or 0) > limits.channels:
        words = f"the call is in channel {call.channel}, its sound has {limits.channels:.0f}"
        found.append(Finding(call.line, "no_such_channel", words, Outcome.noted))
    return replace(call, start_s=min(call.start_s, call.end_s)), found


def impossible(call: CallRow, limits: Limits) -> Iterator[tuple[str, str]]:
    """(name, words) of everything for which a call cannot be used."""
    start, end, low, high = call.start_s, call.end_s, finite(call.low_hz), finite(call.high_hz)
    if not (math.isfinite(start) and math.isfinite(end)):
        yield "time_not_a_number", "the begin or end of the call is not a number"
    if end < start:
        yield "end_before_begin", f"the call ends ({seconds(end)}) before it begins ({seconds(start)})"
    if end < 0:
        yield "before_recording", f"the call ends {seconds(-end)} before the recording begins"
    if start > limits.duration_s and end > limits.duration_s + SLACK_S:
        late = seconds(start - limits.duration_s)
        yield "after_recording", f"the call begins {late} after the recording ends ({seconds(limits.duration_s)})"
    if low is not None and high is not None and high < low:
        yield "high_below_low", f"its upper frequency ({hertz(high)}) is below its lower one ({hertz(low)})"
    if high is not None and high < 0:
        yield "below_zero", f"the box lies below 0 Hz (up to {hertz(high)})"
    if low is not None and low > limits.nyquist_hz:
        yield "above_nyquist", f"the box begins ({hertz(low)}) {above(limits)}"


def repairs(call: CallRow, limits: Limits) -> Iterator[tuple[str, float | None, str, str]]:
    """(bound, its new value, name, words) of everything that can be cut or left blank."""
    if call.start_s < 0:
        words = f"the call begins {seconds(-call.start_s)} before the recording: cut to its begin"
        yield "start_s", 0.0, "before_recording", words
    if call.end_s > limits.duration_s + SLACK_S:
        late = seconds(call.end_s - limits.duration_s)
        words = f"the call ends {late} after the recording does ({seconds(limits.duration_s)}): cut to its end"
        yield "end_s", round(limits.duration_s, 6), "after_recording", words
    for name, value in (("low_hz", call.low_hz), ("high_hz", call.high_hz)):
        if value is not None and not math.isfinite(value):
            yield name, None, "frequency_not_a_number", f"a frequency is not a number ({value}): left blank"
    if (finite(call.low_hz) or 0) < 0:
        yield "low_hz", 0.0, "below_zero", f"the box reaches below 0 Hz ({hertz(call.low_hz or 0)}): cut to 0"
    if (finite(call.high_hz) or 0) > limits.nyquist_hz + SLACK_HZ:
        words = f"the box reaches up to {hertz(call.high_hz or 0)}, {above(limits)}: cut to it"
        yield "high_hz", limits.nyquist_hz, "above_nyquist", words


def without_duration(calls: Sequence[CallRow]) -> list[Finding]:
    """Calls that begin and end at once: each, or one finding where all of a file are such points."""
    points = [call for call in calls if call.start_s == call.end_s]
    if len(points) == len(calls) > 1:
        words = f"all {len(calls):,} calls are points in time: they begin and end at once"
        return [Finding(None, "no_duration", words, Outcome.noted)]
    words = "the call begins and ends at once ({}): kept as a point in time"
    return [Finding(c.line, "no_duration", words.format(seconds(c.start_s)), Outcome.noted) for c in points]


def without_label(calls: Sequence[CallRow]) -> list[Finding]:
    """Calls whose label is empty, in a file where others have one."""
    blank = [call for call in calls if not call.label]
    if len(blank) == len(calls):
        return []
    return [Finding(c.line, "no_label", "the call has no label: kept without one", Outcome.noted) for c in blank]


def above(limits: Limits) -> str:
    return f"above the highest frequency that its sound holds ({hertz(limits.nyquist_hz)}, half its sample rate)"


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def seconds(value: float) -> str:
    """'3.20 s', '3.217 s'; with more digits for what is shorter than a millisecond."""
    if abs(value) < 0.001 and value:
        return f"{value:.2g} s"
    return f"{value:.2f} s" if abs(value - round(value, 2)) < 5e-4 else f"{value:.3f} s"


def hertz(value: float) -> str:
    return f"{value:,.0f} Hz" if abs(value - round(value)) < 1e-3 else f"{value:,.1f} Hz"
