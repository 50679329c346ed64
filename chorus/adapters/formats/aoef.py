"""AOEF: the JSON in which whombat and soundevent exchange annotation projects (version 1.1).

Everything refers to everything by id: an annotation to its sound event, that to its recording, tasks and clips to
recordings, and tags are numbers into one table. Durations, times and frequencies are real ones (time expansion undone).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chorus.adapters.base import Problem
from chorus.errors import ReadError
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated

#: Clips that touch within this many seconds are one stretch.
TOUCH_S = 1e-6


@dataclass
class AoefRecording:
    """A recording: its path as written, its local time (and its zone, where one is stated), `tags` by key (the first of
    equal keys), and the stretches whose annotation task is completed, merged and cut to the recording, in seconds."""

    path: str
    duration_s: float
    time_expansion: float
    recorded_at: dt.datetime | None
    latitude: float | None
    longitude: float | None
    tags: dict[str, str]
    completed: list[tuple[float, float]] = field(default_factory=list)
    utc_offset_min: int | None = None

    @property
    def annotated(self) -> Annotated:
        """full: the completed clips cover it. partial: some of it. none: no clip is completed."""
        if not self.completed:
            return Annotated.none
        start, end = self.completed[0]
        whole = start <= TOUCH_S and end >= self.duration_s - TOUCH_S
        return Annotated.full if whole else Annotated.partial


@dataclass
class Aoef:
    """Recordings by uuid, in the file's order, and the annotations as columns of equal length: `records` is the place
    in the file's `sound_event_annotations`, counted from 1; times in seconds, bounds in Hz."""

    recordings: dict[str, AoefRecording]
    records: list[int] = field(default_factory=list)
    recording: list[str] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    low_hz: list[float | None] = field(default_factory=list)
    high_hz: list[float | None] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def rows_of(self, uuid: str) -> list[int]:
        """Indices of the annotations of one recording."""
        return [i for i, owner in enumerate(self.recording) if owner == uuid]


def read_aoef(data: bytes, origin: str) -> Aoef:
    """Read an annotation project. Raises ReadError when it is not JSON, or not an AOEF project.

    Annotations that refer to nothing, or whose geometry does not read, are left out with a Problem each; notes that
    the annotator marked as an issue are kept as Problems.
    """
    content = _load(data, origin)
    try:
        tags = {tag["id"]: (str(tag["key"]), str(tag["value"])) for tag in _items(content, "tags")}
        project = Aoef({item["uuid"]: _recording(item, tags) for item in _items(content, "recordings")})
        _completed(project, content)
        events = {event["uuid"]: event for event in _items(content, "sound_events")}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadError(
            f"an AOEF project that lacks or breaks a field: {type(error).__name__} {error}", origin
        ) from None
    for record, item in enumerate(_items(content, "sound_event_annotations"), start=1):
        try:
            event = events[item["sound_event"]]
            owner, bounds = event["recording"], _bounds(event["geometry"])
            if owner not in project.recordings:
                raise KeyError(owner)
            named = _named(item, tags)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"an annotation that refers to nothing or has no geometry: {type(error).__name__} {error}"
            project.problems.append(Problem(origin, "bad_annotation", message, record, json.dumps(item)[:500]))
            continue
        project.problems += _notes(item, origin, record)
        _append(project, record, owner, bounds, named)
    return project


def _load(data: bytes, origin: str) -> dict[str, Any]:
    try:
        whole = json.loads(data)
    except json.JSONDecodeError as error:
        raise ReadError(f"no JSON: {error.msg}", origin, error.lineno) from None
    except UnicodeDecodeError:
        raise ReadError("no JSON: not UTF-8", origin) from None
    content = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(content, dict) or "recordings" not in content:
        raise ReadError("expected an AOEF project with 'data' and 'recordings'", origin)
    return content


def _items(content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return content.get(name) or []


def _named(item: dict[str, Any], tags: dict[Any, tuple[str, str]]) -> dict[str, str]:
    """The tags of an item by key; of several with one key the first."""
    named: dict[str, str] = {}
    for number in item.get("tags") or []:
        key, value = tags[number]
        named.setdefault(key, value)
    return named


def _recording(item: dict[str, Any], tags: dict[Any, tuple[str, str]]) -> AoefRecording:
    date, time = item.get("date"), item.get("time")
    at = dt.datetime.fromisoformat(f"{date}T{time}") if date and time else None
    zone = at.utcoffset() if at else None
    return AoefRecording(
        path=str(item["path"]),
        duration_s=float(item["duration"]),
        time_expansion=float(item.get("time_expansion") or 1.0),
        recorded_at=at and at.replace(tzinfo=None),
        latitude=item.get("latitude"),
        longitude=item.get("longitude"),
        tags=_named(item, tags),
        utc_offset_min=None if zone is None else round(zone.total_seconds() / 60),
    )


def _completed(project: Aoef, content: dict[str, Any]) -> None:
    """Give each recording the stretches whose task somebody completed and nobody rejected."""
    clips = {clip["uuid"]: clip for clip in _items(content, "clips")}
    found: dict[str, list[tuple[float, float]]] = {}
    for task in _items(content, "tasks"):
        states = {badge["state"] for badge in task.get("status_badges") or []}
        if "completed" in states and "rejected" not in states:
            clip = clips[task["clip"]]
            found.setdefault(clip["recording"], []).append((float(clip["start_time"]), float(clip["end_time"])))
    for uuid, stretches in found.items():
        recording = project.recordings[uuid]
        recording.completed = _merged(stretches, recording.duration_s)


def _merged(stretches: list[tuple[float, float]], duration_s: float) -> list[tuple[float, float]]:
    """Stretches in order, cut to the recording, those that touch joined."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted((a, min(b, duration_s)) for a, b in stretches if a < duration_s):
        if merged and start <= merged[-1][1] + TOUCH_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _bounds(geometry: dict[str, Any]) -> tuple[float, float, float | None, float | None]:
    """(start, end, low, high) of a geometry; without frequencies where it has none."""
    kind, given = geometry["type"], geometry["coordinates"]
    if kind == "TimeStamp":
        return float(given), float(given), None, None
    if kind == "TimeInterval":
        return float(given[0]), float(given[1]), None, None
    if kind == "BoundingBox":
        start, low, end, high = map(float, given)
        return start, end, low, high
    points = list(_points(given))
    times, pitches = zip(*points, strict=True)
    return min(times), max(times), min(pitches), max(pitches)


def _points(given: list[Any]) -> Iterator[tuple[float, float]]:
    """The (time, frequency) pairs of a point, line or polygon, however deep they lie."""
    if given and not isinstance(given[0], list):
        yield float(given[0]), float(given[1])
        return
    for inner in given:
        yield from _points(inner)


def _notes(item: dict[str, Any], origin: str, record: int) -> Iterator[Problem]:
    for note in item.get("notes") or []:
        if note.get("is_issue"):
            message = f"the annotator's remark: {note.get('message')}"
            yield Problem(origin, "annotator_remark", message, record, action=Action.noted)


def _append(
    project: Aoef,
    record: int,
    owner: str,
    bounds: tuple[float, float, float | None, float | None],
    named: dict[str, str],
) -> None:
    columns: tuple[list[Any], ...] = (project.start_s, project.end_s, project.low_hz, project.high_hz)
    for column, value in zip(columns, bounds, strict=True):
        column.append(value)
    project.records.append(record)
    project.recording.append(owner)
    project.tags.append(named)
