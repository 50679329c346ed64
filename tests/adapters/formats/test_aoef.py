"""AOEF annotation projects."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters.formats.aoef import Aoef, read_aoef
from chorus.errors import ReadError
from chorus.schemas.vocabulary import Annotated
from tests.adapters.releases import bats_project


def read(project: dict[str, Any]) -> Aoef:
    return read_aoef(json.dumps({"version": "1.1.0", "data": project}).encode(), "p.json")


def test_boxes_intervals_and_lines() -> None:
    project = read(bats_project())
    assert project.records == [1, 3, 4]
    assert project.recording == ["a", "b", "b"]
    assert (project.start_s, project.end_s) == ([0.1, 2.1, 2.3], [0.105, 2.2, 2.32])
    assert project.low_hz == [20000.0, None, 30000.0]
    assert project.high_hz == [40000.5, None, 50000.0]
    assert project.tags[0] == {"species": "Carollia sowelli", "call_quality": "truncated"}
    assert project.rows_of("b") == [1, 2]


def test_what_refers_to_nothing_is_told() -> None:
    problems = {(p.reason, p.line) for p in read(bats_project()).problems}
    assert problems == {("annotator_remark", 1), ("bad_annotation", 2)}


def test_coverage_follows_the_completed_clips() -> None:
    recordings = read(bats_project()).recordings
    assert {uuid: r.annotated for uuid, r in recordings.items()} == {
        "a": Annotated.full,
        "b": Annotated.partial,
        "c": Annotated.none,
    }
    assert recordings["a"].completed == [(0.0, 1.46)]
    assert recordings["b"].completed == [(2.0, 2.5)]


@pytest.mark.parametrize(("zone", "minutes"), [("", None), ("+02:00", 120), ("Z", 0), ("-03:30", -210)])
def test_the_zone_of_a_time_is_kept(zone: str, minutes: int | None) -> None:
    project = bats_project()
    project["recordings"][0] |= {"date": "2024-03-31", "time": f"02:30:00{zone}"}
    found = read(project).recordings["a"]
    assert (found.recorded_at, found.utc_offset_min) == (dt.datetime(2024, 3, 31, 2, 30), minutes)


def test_a_rejected_clip_is_not_completed() -> None:
    project = bats_project()
    project["tasks"][0]["status_badges"].append({"state": "rejected"})
    assert read(project).recordings["a"].completed == [(1.0, 1.46)]


@pytest.mark.parametrize(
    ("geometry", "bounds"),
    [
        ({"type": "TimeStamp", "coordinates": 1.5}, (1.5, 1.5, None, None)),
        ({"type": "Point", "coordinates": [1.5, 900]}, (1.5, 1.5, 900, 900)),
        ({"type": "Polygon", "coordinates": [[[1, 10], [3, 20], [2, 5]]]}, (1, 3, 5, 20)),
    ],
)
def test_other_geometries(geometry: dict[str, Any], bounds: tuple[float | None, ...]) -> None:
    project = bats_project()
    project["sound_events"][0]["geometry"] = geometry
    found = read(project)
    assert (found.start_s[0], found.end_s[0], found.low_hz[0], found.high_hz[0]) == bounds


def test_half_a_file_is_no_json() -> None:
    text = json.dumps({"data": bats_project()}, indent=1).encode()
    with pytest.raises(ReadError, match=r"^p\.json:\d+: no JSON"):
        read_aoef(text[: len(text) // 2], "p.json")


@pytest.mark.parametrize("text", ["[]", "{}", '{"data": []}', '{"data": {"tags": []}}'])
def test_another_json_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match="expected an AOEF project"):
        read_aoef(text.encode(), "p.json")


@pytest.mark.parametrize("key", ["duration", "path", "uuid"])
def test_a_recording_without_a_field_is_refused(key: str) -> None:
    project = bats_project()
    del project["recordings"][1][key]
    with pytest.raises(ReadError, match=rf"p\.json: an AOEF project that lacks or breaks a field: KeyError '{key}'"):
        read(project)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6))
def test_completed_stretches_cover_what_their_clips_cover(clips: list[tuple[int, int]]) -> None:
    project = bats_project()
    spans = [(min(c), max(c)) for c in clips]
    project["recordings"][0]["duration"] = 15.0
    project["clips"] = [
        {"uuid": str(i), "recording": "a", "start_time": a, "end_time": b} for i, (a, b) in enumerate(spans)
    ]
    project["tasks"] = [{"clip": str(i), "status_badges": [{"state": "completed"}]} for i in range(len(spans))]
    completed = read(project).recordings["a"].completed
    assert all(0 <= a <= b <= 15 for a, b in completed)
    assert all(a[1] < b[0] for a, b in pairwise(completed))
    for half in range(1, 30, 2):
        t = half / 2
        assert any(a <= t <= b for a, b in completed) == any(a <= t <= b for a, b in spans)
