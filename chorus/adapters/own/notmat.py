"""evsonganaly's .not.mat. Not crowsetta's reader: right too, but six packages more (pandera among them) than scipy."""

from __future__ import annotations

from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.notmat import read_notmat
from chorus.adapters.own.marks import Format, Marks


def sniff(data: bytes, path: str) -> bool:
    return path.lower().endswith(".not.mat") and data.startswith(b"MATLAB 5.0")


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    found = read_notmat(data, path)
    return Marks(found.records, found.start_s, found.end_s, {"label": found.label, "channel": 1})


FORMAT = Format("notmat", "evsonganaly .not.mat file", ("*.not.mat",), sniff, read)
