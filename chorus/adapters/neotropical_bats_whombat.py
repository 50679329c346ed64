"""Whombat's example project: echolocation calls of Costa Rican bats in bounding boxes (AOEF). Not in the paper."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.aoef import Aoef, AoefRecording, read_aoef
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage
from chorus.schemas import Annotated, Kind

CARD = read_card("neotropical_bats_whombat")

PROJECT = "example_annotation_project.json"


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(PROJECT))


def read(release: Release, unit: str) -> Iterator[Item]:
    project = read_aoef(release.bytes(unit), unit)
    yield from project.problems
    for uuid, recording in project.recordings.items():
        name = recording.path.rpartition("/")[2]
        path = release.audio(name.rpartition(".")[0], default=f"audio/{name}", near="audio")
        rows = project.rows_of(uuid)
        yield Rec(path, covered(recording, rows, coverage(project.problems)), facts(recording))
        yield calls(project, recording, rows, path, unit)


def covered(recording: AoefRecording, rows: list[int], read: Annotated) -> Annotated:
    """How much of a recording is annotated: what its completed clips cover, but never full when an annotation of the
    project was dropped, and partial where only boxes show that somebody searched."""
    if recording.annotated is Annotated.full:
        return read
    return Annotated.partial if rows else recording.annotated


def facts(recording: AoefRecording) -> dict[str, object]:
    """What the project says of a recording."""
    intervals = [{"start_s": start, "end_s": end} for start, end in recording.completed]
    return {
        "recorded_at": recording.recorded_at,
        "latitude": recording.latitude,
        "longitude": recording.longitude,
        "time_expansion": recording.time_expansion,
        "site": recording.tags.get("location"),
        "device": recording.tags.get("device"),
        "annotated_intervals": intervals if recording.annotated is Annotated.partial else None,
    }


def calls(project: Aoef, recording: AoefRecording, rows: list[int], path: str, unit: str) -> Calls:
    """The boxes of one recording. A box without species has the label of its order, as the instructions ask."""
    tags = [project.tags[i] for i in rows]
    columns = {
        "start_s": [project.start_s[i] for i in rows],
        "end_s": [project.end_s[i] for i in rows],
        "low_hz": [project.low_hz[i] for i in rows],
        "high_hz": [project.high_hz[i] for i in rows],
        "label": [tag.get("species", tag.get("order")) for tag in tags],
        "quality": [tag.get("call_quality") for tag in tags],
        "sex": recording.tags.get("sex") if recording.tags.get("sex") in ("female", "male") else None,
        "life_stage": recording.tags.get("life_stage"),
        "kind": Kind.animal,
    }
    return Calls(path, unit, [project.records[i] for i in rows], columns)


ADAPTER = Adapter(CARD, anchors=(PROJECT,), units=units, read=read)
