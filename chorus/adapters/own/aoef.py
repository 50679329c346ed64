"""soundevent's AOEF JSON. Not soundevent itself: it gives no place in the file, and takes email-validator along."""

from __future__ import annotations

from chorus.adapters.formats.aoef import Aoef, AoefRecording, read_aoef
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.own.marks import COMMON, Format, Marks, Sound, call_fields
from chorus.errors import ReadError
from chorus.schemas.vocabulary import Annotated

#: Tags that hold the label where no mapping names one, the best first; after them the first tag of the annotation.
LABELS = ("species", "scientific_name", "dwc:scientificName", "common_name", "class", "label", "event", "genus",
          "family", "order")  # fmt: skip
USUAL = {"call_type": ("call_type", "call type"), "individual": ("individual", "individual_id"), "sex": ("sex",)}


def sniff(data: bytes, path: str) -> bool:
    return data.lstrip()[:1] == b"{" and b'"recordings"' in data and b'"data"' in data[:4096]


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    """Every sound event as a call; `lines` counts annotations from 1. Recordings in which nothing is annotated are left
    to the files that annotate them."""
    project = read_aoef(data, path)
    seen = set(project.recording)
    whole = coverage(project.problems)
    sounds = {
        recording.path: sound(recording, uuid in seen, whole)
        for uuid, recording in project.recordings.items()
        if uuid in seen or recording.completed
    }
    columns = {"low_hz": project.low_hz, "high_hz": project.high_hz, "label": labels(project, mapping, path)}
    keys = dict.fromkeys(key for tags in project.tags for key in tags)
    text = {key: [tags.get(key) for tags in project.tags] for key in keys}
    others = call_fields(text, mapping, path, USUAL)
    names = [project.recordings[uuid].path for uuid in project.recording]
    columns |= {name: values for name, values in others.items() if name != "label"}
    return Marks(project.records, project.start_s, project.end_s, columns, names, sounds, problems=project.problems)


def labels(project: Aoef, mapping: Mapping, path: str) -> list[str | None]:
    """The tag of each annotation that the mapping names, else its most telling one."""
    named = mapping.columns.get("label")
    if named and project.tags and not any(named in tags for tags in project.tags):
        known = ", ".join(dict.fromkeys(key for tags in project.tags for key in tags))[:120]
        raise ReadError(f"no tag '{named}', which the mapping names; found {known or 'no tags'}", path)
    wanted = (named,) if named else LABELS
    found = (next((tags[key] for key in wanted if key in tags), None) for tags in project.tags)
    if named:
        return list(found)
    return [label or next(iter(tags.values()), None) for label, tags in zip(found, project.tags, strict=True)]


def sound(recording: AoefRecording, marked: bool, whole: Annotated) -> Sound:
    """What the project says of a recording: all of it is annotated where its completed clips cover it and every
    annotation was read, a part where some do, or where only annotations show that somebody searched."""
    known = recording.annotated
    if known is Annotated.full:
        known = whole
    elif marked:
        known = Annotated.partial
    facts = {
        "recorded_at": recording.recorded_at,
        "utc_offset_min": recording.utc_offset_min,
        "latitude": recording.latitude,
        "longitude": recording.longitude,
        "time_expansion": recording.time_expansion,
    }
    return Sound(known, recording.completed if known is Annotated.partial else [], facts)


FORMAT = Format(
    "aoef",
    "AOEF project",
    ("*.json", "*.aoef"),
    sniff,
    read,
    (*COMMON, "label", "individual", "call_type", "sex"),
)
