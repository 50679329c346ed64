"""Clips of tone bursts in faint noise, each an event with its box, and what must hold of them after any step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chorus.schemas import Annotated, Event
from chorus.shards.augment import Clip

FAINT = 1e-4
#: Length of a slot that holds at most one burst, and the least distance of a burst from its slot's edge, seconds.
SLOT_S, CLEAR_S = 0.2, 0.03


def event(call_id: str, start_s: float, end_s: float, **facts: object) -> Event:
    known = {"kind": "animal", "strength": "strong", "presence": "present"} | facts
    return Event(call_id=call_id, start_s=start_s, end_s=end_s, **known)  # type: ignore[arg-type]


def bursts(
    seed: int, rate: int = 8000, seconds: float = 1.6, count: int = 4, top: float = 0.42, snr_db: float | None = None
) -> Clip:
    """A clip of `count` bursts under Hann windows, each in a slot of its own, below `top` times the rate."""
    rng = np.random.default_rng(seed)
    samples = FAINT * rng.standard_normal(round(rate * seconds))
    events = []
    for slot in sorted(rng.choice(int(seconds / SLOT_S), count, replace=False)):
        length = int(rng.integers(round(0.04 * rate), round((SLOT_S - 2 * CLEAR_S) * rate)))
        room = round((SLOT_S - 2 * CLEAR_S) * rate) - length
        first = round((slot * SLOT_S + CLEAR_S) * rate) + int(rng.integers(0, room + 1))
        hz, half = rng.uniform(0.06, top) * rate, 3 * rate / length
        window = np.hanning(length + 2)[1:-1]
        samples[first : first + length] += 0.5 * window * np.sin(2 * np.pi * hz / rate * np.arange(length))
        box = {"low_hz": hz - half, "high_hz": min(hz + half, rate / 2)}
        events.append(event(f"burst{slot}", first / rate, (first + length) / rate, snr_db=snr_db, **box))
    known = (Annotated.full, None, ("a",), ("CC0-1.0",))
    return Clip(samples.astype(np.float32), rate, tuple(events), *known)


def without_bands(clip: Clip) -> Clip:
    bare = (e.model_copy(update={"low_hz": None, "high_hz": None}) for e in clip.events)
    return replace(clip, events=tuple(bare))


def assert_lawful(before: Clip, after: Clip) -> None:
    """No event lost or invented, none outside the clip; whole, finite samples; the input untouched."""
    assert sorted(e.call_id for e in after.events) == sorted(e.call_id for e in before.events)
    assert all(0 <= e.start_s <= e.end_s <= after.seconds + 1e-9 for e in after.events)
    assert after.samples.dtype == np.float32 and np.isfinite(after.samples).all()
    assert (after.rate, after.parents, after.licences) == (before.rate, before.parents, before.licences)


def assert_found(clip: Clip, within_s: float, within_hz: float) -> None:
    """Each burst has the middle of its energy where its box has its own, in time and in frequency, and little beside
    it."""
    for e in clip.events:
        near = [round((time + sign * 0.5 * CLEAR_S) * clip.rate) for time, sign in ((e.start_s, -1), (e.end_s, 1))]
        first, last = max(near[0], 0), min(near[1], clip.frames)
        part = clip.samples[first:last].astype(float)
        times = (first + np.arange(last - first)) / clip.rate
        power = part**2
        assert abs(np.sum(times * power) / power.sum() - (e.start_s + e.end_s) / 2) <= within_s
        inside = power[(times >= e.start_s - 1 / clip.rate) & (times <= e.end_s + 1 / clip.rate)]
        assert inside.sum() > 0.97 * power.sum()
        cells, hz = np.abs(np.fft.rfft(part)) ** 2, np.fft.rfftfreq(len(part), 1 / clip.rate)
        if e.low_hz is not None and e.high_hz is not None:
            band = (hz >= e.low_hz) & (hz <= e.high_hz)
            middle = float(np.sum(hz[band] * cells[band]) / cells[band].sum())
            assert abs(middle - (e.low_hz + e.high_hz) / 2) <= within_hz
            assert cells[band].sum() > 0.9 * cells.sum()
