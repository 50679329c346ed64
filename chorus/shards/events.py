"""Events in clip time: moved, and cut at the edges of clips."""

from __future__ import annotations

from collections.abc import Iterable

from chorus.schemas.sample import Event
from chorus.schemas.vocabulary import Presence, Strength

#: Columns of a call that an event takes over as they are; its times are moved.
KEPT = tuple(name for name in Event.model_fields if name not in ("start_s", "end_s", "presence", "mixed_snr_db"))


def crop(events: Iterable[Event], first_s: float, last_s: float, rate: int, shift_s: float = 0.0) -> list[Event]:
    """Events of the stretch first_s .. last_s of a clip, in the time of that stretch plus `shift_s`."""
    kept = []
    for event in events:
        span = cut(event.start_s, event.end_s, first_s, last_s, rate)
        if span is not None:
            start_s, end_s, whole = span
            moved = {
                "start_s": round(start_s + shift_s, 9),
                "end_s": round(end_s + shift_s, 9),
                "presence": _presence(event.presence, event.strength, whole),
            }
            kept.append(event.model_copy(update=moved))
    return kept


def cut(start_s: float, end_s: float, first_s: float, last_s: float, rate: int) -> tuple[float, float, bool] | None:
    """Start and end inside the stretch, counted from first_s, and whether nothing of it was cut off (to one sample);
    None when the two do not share a sample."""
    start, end = round((start_s - first_s) * rate), round((end_s - first_s) * rate)
    length = round((last_s - first_s) * rate)
    if start >= length or end < 0 or (end == 0 and start < 0):
        return None
    inside_s = last_s - first_s
    low = min(max(start_s - first_s, 0.0), inside_s)
    high = min(max(end_s - first_s, low), inside_s)
    return round(low, 9), round(high, 9), start >= 0 and end <= length


def ordered(events: Iterable[Event]) -> list[Event]:
    """By start, end and id."""
    return sorted(events, key=lambda e: (e.start_s, e.end_s, e.call_id))


def _presence(presence: Presence, strength: Strength, whole: bool) -> Presence:
    """A weak label holds somewhere inside its span. Once a part is cut off nobody knows whether that part had it."""
    cut_weak = strength is Strength.weak and presence is Presence.present and not whole
    return Presence.uncertain if cut_weak else presence
