"""One stretch of sound per group, with the calls in it: chosen by fixed rules, so that the same lake shows the same.

Of the recordings at hand those with boxes go first, then those with strong calls, then those whose calls are about as
dense as a picture can show; of a recording, the stretch whose number of calls is nearest to that.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chorus.audio.mono import mix
from chorus.errors import ReadError
from chorus.lake.asking import asking
from chorus.overview.groups import GROUP_SQL, GROUPS, Group

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import numpy.typing as npt

    from chorus.lake import Lake

#: A row of `calls`, some of its columns, with `taxon_group`.
Call = dict[str, Any]
#: Calls that a picture shows best.
WANTED = 6
#: A stretch ends before it shows more than this many, however short it gets.
MOST = 14
#: Recordings that are tried for a group before it goes without a picture.
TRIES = 3
#: Seconds of the shortest and the longest stretch.
LEAST_S, LONGEST_S = 0.1, 20.0
#: Part of a stretch that lies before its first call.
LEAD = 0.06
#: Groups that are not drawn: there is nothing to see.
NOT_DRAWN = ("silence",)


@dataclass(frozen=True)
class Box:
    """A call in a stretch. `text`: what is written at it; `of_group`: whether it is one that the stretch is for."""

    start_s: float
    end_s: float
    low_hz: float | None
    high_hz: float | None
    text: str
    of_group: bool


@dataclass(frozen=True)
class Place:
    """A recording to look into."""

    recording_id: str
    licence: str
    duration_s: float


@dataclass(frozen=True)
class Example:
    """A stretch of a recording that stands for `title`. `samples`: (frames,) at `rate` Hz, from `start_s` of the
    recording on; `names`: who calls in it."""

    title: str
    recording_id: str
    licence: str
    names: tuple[str, ...]
    strong: bool
    start_s: float
    end_s: float
    boxes: list[Box]
    samples: npt.NDArray[np.float32]
    rate: int


def choose(lake: Lake) -> Iterator[Example | None]:
    """An example for every group that can be drawn, None where no sound of it is at hand or can be read."""
    db = lake.connect()
    with asking(db):
        found = _recordings(db)
        for group in drawn():
            tried = (_example(lake, db, group, place) for place in found.get(group.name, ()))
            yield next((example for example in tried if example), None)


def drawn() -> list[Group]:
    """The groups that get a picture."""
    return [group for group in GROUPS if group.name not in NOT_DRAWN]


def _recordings(db: duckdb.DuckDBPyConnection) -> dict[str, list[Place]]:
    """The best recordings of each group, the best first."""
    windows = ", ".join(f"('{group.name}', {group.window_s})" for group in GROUPS)
    misfit = f"abs(ln(n * least(1.0, window_s / duration_s) / {WANTED}))"
    best = f"boxed DESC, strong DESC, {misfit}, least(duration_s, window_s) DESC, recording_id"
    rows = db.execute(
        f"WITH windows(taxon_group, window_s) AS (VALUES {windows}), "
        f"own AS (SELECT recording_id, {GROUP_SQL} AS taxon_group, count(*) AS n, "
        "bool_or(high_hz IS NOT NULL) AS boxed, bool_or(strength = 'strong') AS strong FROM calls "
        "WHERE presence = 'present' AND recording_id IN (SELECT recording_id FROM recordings WHERE audio = 'present') "
        "GROUP BY ALL) "
        "SELECT taxon_group, recording_id, coalesce(r.licence, s.licence), duration_s FROM own "
        "JOIN windows USING (taxon_group) JOIN recordings r USING (recording_id) JOIN sources s ON s.id = r.source "
        f"WHERE duration_s > 0 QUALIFY row_number() OVER (PARTITION BY taxon_group ORDER BY {best}) <= {TRIES} "
        f"ORDER BY taxon_group, {best}"
    ).fetchall()
    found: dict[str, list[Place]] = {}
    for name, *row in rows:
        found.setdefault(name, []).append(Place(*row))
    return found


def _example(lake: Lake, db: duckdb.DuckDBPyConnection, group: Group, place: Place) -> Example | None:
    """The best stretch of a recording for a group; None where its sound cannot be read."""
    calls = calls_of(db, place.recording_id)
    own = [call for call in calls if call["taxon_group"] == group.name]
    strong = [call for call in own if call["strength"] == "strong"]
    return cut_out(
        lake, place, group.name, calls, strong or own, group.window_s, lambda call: call["taxon_group"] == group.name
    )


def cut_out(
    lake: Lake,
    place: Place,
    title: str,
    calls: list[Call],
    shown: list[Call],
    window_s: float,
    is_own: Callable[[Call], bool],
) -> Example | None:
    """The stretch of a recording that shows best some of its calls; None where its sound cannot be read. `is_own`
    tells the calls that the stretch is for from others in it."""
    start_s, end_s, main = stretch(shown, window_s, place.duration_s)
    wanted = {"recording_id": place.recording_id, "start_s": start_s, "end_s": end_s, "channel": main["channel"]}
    try:
        samples, rate = lake.audio(wanted)
    except ReadError:
        return None
    if not samples.size:
        return None
    seen = [c for c in calls if c["end_s"] >= start_s and c["start_s"] < end_s]
    inside = [c for c in seen if c["channel"] in (None, main["channel"]) and c["kind"] != "silence"]
    return Example(
        title=title,
        recording_id=place.recording_id,
        licence=place.licence,
        names=tuple(dict.fromkeys(_name(call) for call in inside if is_own(call))),
        strong=any(call["strength"] == "strong" for call in shown),
        start_s=start_s,
        end_s=start_s + len(samples) / rate,
        boxes=_boxes([c for c in inside if c["strength"] == "strong"], is_own),
        samples=mix(samples) if samples.ndim == 2 else samples,
        rate=rate,
    )


def calls_of(db: duckdb.DuckDBPyConnection, recording_id: str) -> list[Call]:
    """What is marked as present in a recording, by time."""
    cursor = db.execute(
        "SELECT start_s, end_s, low_hz, high_hz, channel, kind, strength, label, call_type, species, scientific_name, "
        f"{GROUP_SQL} AS taxon_group FROM calls WHERE recording_id = ? AND presence = 'present' "
        "ORDER BY start_s, end_s, call_id",
        [recording_id],
    )
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stretch(calls: list[Call], window_s: float, duration_s: float) -> tuple[float, float, Call]:
    """Start and end of the stretch of about `window_s` that shows nearest to WANTED of the calls, and its first call.

    `calls` are sorted by start. The stretch begins a little before its first call; it is longer than `window_s` where
    that call is, and shorter where the recording is.
    """
    starts = [call["start_s"] for call in calls]

    def misfit(i: int) -> float:
        left = starts[i] - LEAD * window_s
        shown = bisect_left(starts, left + window_s) - bisect_left(starts, left)
        return abs(math.log(shown / WANTED))

    whole = [i for i, start in enumerate(starts) if start + window_s <= duration_s]
    best = min(whole or range(len(calls)), key=misfit)
    first = calls[best]
    shown_s = starts[best + MOST] - starts[best] if best + MOST < len(starts) else math.inf
    length = max(min(window_s, shown_s), 1.25 * (first["end_s"] - first["start_s"]), LEAST_S)
    length = min(length, LONGEST_S, duration_s)
    start = min(max(first["start_s"] - LEAD * length, 0.0), max(duration_s - length, 0.0))
    return start, start + length, first


def _boxes(calls: list[Call], is_own: Callable[[Call], bool]) -> list[Box]:
    """The calls as boxes, with what tells them apart: their names, else their labels, else their types."""
    names, labels = {_name(call) for call in calls}, {call["label"] for call in calls}

    def text(call: Call) -> str:
        return _name(call) if len(names) > 1 else call["label" if len(labels) > 1 else "call_type"] or ""

    return [
        Box(
            call["start_s"],
            call["end_s"],
            call["low_hz"],
            call["high_hz"],
            text(call),
            is_own(call),
        )
        for call in calls
    ]


def _name(call: Call) -> str:
    return call["species"] or call["scientific_name"] or call["label"] or "unnamed"
