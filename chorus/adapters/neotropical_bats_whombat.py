"""Whombat's example project: echolocation calls of Costa Rican bats in bounding boxes (AOEF). Not in the paper."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.formats.aoef import Aoef, AoefRecording, read_aoef
from chorus.adapters.formats.coverage import coverage
from chorus.schemas import Annotated, Environment, Kind, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="neotropical_bats_whombat",
    title="Whombat example annotation project: bats of Costa Rica",
    citation="Martinez Balvanera, whombat example data (github.com/mbsantiago/whombat); recordings: Chaverri, "
    "Buckley, Xeno-canto",
    version="mbsantiago/whombat c58c3054a5104996f6b1d9db937ccdd5cca90ed7",
    licence="CC-BY-NC-SA-4.0",
    environment=Environment.terrestrial,
    taxa=["bats"],
    role=Role.training,
    strength=SourceStrength.strong,
    get="git clone https://github.com/mbsantiago/whombat; give its folder example_data as --root.",
    layout=Layout.confirmed,
    notes=[
        "The recordings are CC BY-NC-SA 4.0 (non-commercial); the annotations are part of a GPL-3.0 repository. Not"
        " in the paper.",
        "Seven recordings, 22.0 s, 301 boxed calls, one species each, are what Chorus was tested on; the project "
        "holds more.",
        "Annotated in clips of 1 s: only clips whose task is completed were searched. Where they cover a recording "
        "it is full, else partial with the searched stretches.",
        "Only echolocation calls, and of each only the strongest harmonic, are boxed; a call cut by the edge of its"
        " clip has quality 'truncated'.",
        "Sex and life stage are those of the recorded animal (tags of the recording), species those of the box.",
        "origin_line is the place in the file's list of sound_event_annotations.",
        "Times and frequencies in the file are real ones; the path it gives (/audio/audio/NAME.wav) is not that of "
        "the release.",
    ],
)

PROJECT = "example_annotation_project.json"


def units(release: Release) -> list[str]:
    return release.glob(PROJECT)


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
