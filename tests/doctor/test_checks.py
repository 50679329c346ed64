"""Calls that cannot be, and bounds that are cut to what exists."""

from __future__ import annotations

import math

import pytest

from chorus.doctor.checks import Limits, check, hertz, seconds
from chorus.doctor.findings import CallRow

LIMITS = Limits(60.0, 8000.0)


def call(start: float = 1.0, end: float = 2.0, low: float | None = 500, high: float | None = 4000) -> CallRow:
    return CallRow(12, "a.wav", start, end, low, high)


def test_a_good_call_is_left_alone() -> None:
    for good in (call(), call(low=None), call(high=None), call(2.0, 2.0), call(end=60.005), call(high=8000.5)):
        assert check(good, LIMITS) == (good, [])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (call(4.1, 3.2), "line 12: the call ends (3.20 s) before it begins (4.10 s)"),
        (call(-2, -1), "the call ends 1.00 s before the recording begins"),
        (call(63, 64), "the call begins 3.00 s after the recording ends (60.00 s)"),
        (call(math.nan), "is not a number"),
        (call(end=math.inf), "is not a number"),
        (call(low=4000, high=500), "its upper frequency (500 Hz) is below its lower one (4,000 Hz)"),
        (call(low=None, high=-1), "the box lies below 0 Hz"),
        (
            call(low=8500, high=9000),
            "above the highest frequency that its sound holds (8,000 Hz, half its",
        ),
    ],
)
def test_what_cannot_be_is_left_out(bad: CallRow, said: str) -> None:
    kept, (finding,) = check(bad, LIMITS)
    assert kept is None
    assert said in str(finding)
    assert str(finding).endswith("[left out]")


@pytest.mark.parametrize(
    ("odd", "name", "value", "said"),
    [
        (call(-0.25), "start_s", 0.0, "begins 0.25 s before the recording"),
        (call(end=63), "end_s", 60.0, "ends 3.00 s after the recording does (60.00 s)"),
        (call(low=-20), "low_hz", 0.0, "below 0 Hz (-20 Hz)"),
        (call(high=9000), "high_hz", 8000.0, "above the highest frequency"),
        (call(low=math.nan), "low_hz", None, "a frequency is not a number"),
        (call(high=math.inf), "high_hz", None, "a frequency is not a number"),
    ],
)
def test_what_reaches_beyond_is_cut(odd: CallRow, name: str, value: float | None, said: str) -> None:
    kept, (finding,) = check(odd, LIMITS)
    assert kept is not None
    assert (getattr(kept, name), kept.changed) == (value, {name})
    assert said in str(finding)
    assert str(finding).endswith("[repaired]")
    assert check(kept, LIMITS) == (kept, []), "once is enough"


def test_nothing_is_cut_where_the_sound_is_not_known() -> None:
    assert check(call(99, 100, 1, 1e6), Limits())[1] == []


def test_figures() -> None:
    assert (seconds(3.2), seconds(3.2171), seconds(0.00021), hertz(4000.0), hertz(4000.52)) == (
        "3.20 s",
        "3.217 s",
        "0.00021 s",
        "4,000 Hz",
        "4,000.5 Hz",
    )
