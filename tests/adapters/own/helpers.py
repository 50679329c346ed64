"""Small folders of one's own data, and what an ingest makes of them."""

from __future__ import annotations

from pathlib import Path

from chorus.adapters import own
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.own.marks import Marks
from tests.adapters.helpers import Content, read_release, write_files

RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"
ROW = "1\tSpectrogram 1\t1\t1.0\t2.0\t500\t4000"


def read_own(root: Path, format: str, files: dict[str, str | bytes], mapping: str | None = None) -> Content:
    """Write files below `root` and read them as one's own data of a format."""
    file = None
    if mapping is not None:
        file = root / "mapping.toml"
        file.write_text(mapping)
    return read_release(own.adapter(format, "mine", file), write_files(root / "data", files))


def marks(format: str, data: str | bytes, mapping: Mapping | None = None) -> Marks:
    """One file through the reader of a format."""
    content = data if isinstance(data, bytes) else data.encode()
    return own.get(format).read(content, "x.txt", mapping or Mapping())
