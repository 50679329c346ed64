"""BEANS detection lists: JSON lines, one recording each, with its annotations.

`{"path": "data/x/wav/a.wav", "length": 60.0, "annotations": [{"st": 1.0, "ed": 2.5, "label": 1}]}`
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import decode
from chorus.schemas.issue import Action


@dataclass
class Chunks:
    """Recordings (base name -> length in seconds, None where it is not stated) and annotations as columns of equal
    length; `lines` are line numbers counted from 1, several annotations of a recording share theirs. `short` names the
    recordings that lost an annotation."""

    recordings: dict[str, float | None] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    recording: list[str] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    label: list[str | None] = field(default_factory=list)
    short: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def read_beans(data: bytes, origin: str) -> Chunks:
    """Read a list. Lines that are no such object and annotations without numbers are left out with a Problem each; a
    recording's second line adds its annotations, but for those that are there already, and is noted."""
    found = Chunks()
    seen: dict[str, list[Any]] = {}
    for line, raw in enumerate(decode(data, origin, found.problems).split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            item = json.loads(raw)
            name = str(item["path"]).replace("\\", "/").rpartition("/")[2]
            length, annotations = item.get("length"), list(item["annotations"])
            seconds = None if length is None else float(length)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"expected an object with path and annotations: {type(error).__name__} {error}"
            found.problems.append(Problem(origin, "bad_line", message.splitlines()[0], line, raw[:500]))
            continue
        if name in found.recordings:
            before = [a for a in annotations if a in seen[name]]
            annotations = [a for a in annotations if a not in seen[name]]
            message = f"{name} has a line above; {len(before)} of the annotations of this one are there, and left out"
            found.problems.append(Problem(origin, "repeated_recording", message, line, raw[:500], Action.noted))
        found.recordings.setdefault(name, seconds)
        seen.setdefault(name, []).extend(annotations)
        for annotation in annotations:
            _append(found, annotation, name, line, origin)
    return found


def _append(found: Chunks, annotation: Any, name: str, line: int, origin: str) -> None:
    try:
        start, end = float(annotation["st"]), float(annotation["ed"])
        label = annotation.get("label")
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "expected an annotation with the numbers st and ed"
        found.problems.append(Problem(origin, "bad_annotation", message, line, json.dumps(annotation)[:500]))
        found.short.add(name)
        return
    found.lines.append(line)
    found.recording.append(name)
    found.start_s.append(start)
    found.end_s.append(end)
    found.label.append(None if label is None else str(label))
