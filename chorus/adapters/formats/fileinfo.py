"""FileInfo.csv of the fruit bats: comma separated, but with lines of different lengths (lists at the end)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import decode
from chorus.errors import ReadError

ID, NAME, FOLDER = "FileID", "File name", "File folder"


@dataclass
class FileInfo:
    """FileID, as it stands -> (folder, file name); the folder is '' where the header names no such column."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_fileinfo(data: bytes, origin: str) -> FileInfo:
    """Read the list by the places of its header. Raises ReadError when that names no FileID or file name; a line that
    starts with a whole number but ends before the file name is left out with a Problem."""
    info = FileInfo()
    lines = decode(data, origin, info.problems).split("\n")
    header = [name.strip().strip('"') for name in lines[0].split(",")]
    for name in (ID, NAME):
        if name not in header:
            raise ReadError(f"expected a column '{name}', found {', '.join(header)[:120] or 'nothing'}", origin, 1)
    number, name_at = header.index(ID), header.index(NAME)
    folder_at = header.index(FOLDER) if FOLDER in header else None
    read = max(number, name_at, folder_at or 0) + 1
    for line, raw in enumerate(lines[1:], start=2):
        fields = [text.strip().strip('"') for text in raw.split(",", read)[:read]]
        if number >= len(fields) or not fields[number].isdecimal():
            continue
        if name_at >= len(fields) or not fields[name_at]:
            info.problems.append(Problem(origin, "wrong_field_count", "the line ends before the file name", line, raw))
            continue
        folder = fields[folder_at] if folder_at is not None and folder_at < len(fields) else ""
        info.files[fields[number]] = (folder, fields[name_at])
    return info
