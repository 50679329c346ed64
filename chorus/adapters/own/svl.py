"""Sonic Visualiser layers (.svl). No library that is kept up reads them."""

from __future__ import annotations

from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.formats.svl import read_svl
from chorus.adapters.own.marks import COMMON, Format, Marks


def sniff(data: bytes, path: str) -> bool:
    return b"<sv>" in data[:8192] and b"<model" in data[:65536]


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    layer = read_svl(data, path)
    return Marks(
        layer.lines,
        layer.frame,
        [start + length for start, length in zip(layer.frame, layer.frames, strict=True)],
        {"low_hz": layer.low_hz, "high_hz": layer.high_hz, "label": layer.label},
        per_s=mapping.sample_rate or layer.rate_hz,
        problems=layer.problems,
    )


FORMAT = Format("svl", "Sonic Visualiser layer", ("*.svl",), sniff, read, (*COMMON, "sample_rate"))
