"""Audacity label tracks. Not crowsetta's readers: each takes one dialect (with or without frequencies); files mix."""

from __future__ import annotations

from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.text import decode, number
from chorus.adapters.own.marks import Format, Marks

#: Lines that are looked at before a file is taken for something else.
LOOK = 20


def sniff(data: bytes, path: str) -> bool:
    """Whether one of the first lines is a label: two numbers and perhaps a text between tabs. A file without any
    line is a track without labels."""
    lines = [line.split("\t") for line in decode(data[:8192], path, []).split("\n") if line.strip()]
    return not lines or any(
        1 < len(row) < 4 and number(row[0]) is not None and (len(row) == 2 or number(row[1]) is not None)
        for row in lines[:LOOK]
    )


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    track = read_audacity(data, path)
    columns = {"low_hz": track.low_hz, "high_hz": track.high_hz, "label": track.label}
    return Marks(track.lines, track.start_s, track.end_s, columns, problems=track.problems)


FORMAT = Format("audacity", "Audacity label track", ("*.txt", "*.labels"), sniff, read)
