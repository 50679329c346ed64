"""Sonic Visualiser layers (.svl): XML in which each marked stretch is a `point` in samples.

`<model sampleRate=... units=...>` names the rate; `<point frame=... duration=... value=... extent=... label=...>` gives
start and length in samples and, on a box layer in Hz, the lowest frequency and the height of the box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from chorus.adapters.base import Problem
from chorus.adapters.formats.text import number
from chorus.errors import ReadError


@dataclass
class Layer:
    """Points as columns of equal length, in samples and Hz; `lines` are line numbers counted from 1. `rate_hz` is the
    model's sample rate, None when it names none; the bounds are None outside box layers."""

    rate_hz: float | None = None
    lines: list[int] = field(default_factory=list)
    frame: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    low_hz: list[float | None] = field(default_factory=list)
    high_hz: list[float | None] = field(default_factory=list)
    label: list[str | None] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_svl(data: bytes, origin: str) -> Layer:
    """Read a layer. Raises ReadError when it is no XML, or XML of another kind. Points whose frame or duration is no
    number are left out with a Problem each; a point without duration lasts 0 samples."""
    layer, seen = Layer(), set[str]()
    hertz = False
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal hertz
        seen.add(name)
        if name == "model":
            layer.rate_hz = number(attributes.get("sampleRate", "")) or None
            hertz = attributes.get("units", "").casefold() == "hz"
        elif name == "point":
            _point(layer, attributes, parser.CurrentLineNumber, origin, hertz)

    parser.StartElementHandler = start
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        message = f"no Sonic Visualiser layer that can be read: {expat.errors.messages[error.code]}"
        raise ReadError(message, origin, error.lineno) from None
    if not {"sv", "model"} <= seen:
        raise ReadError("expected a Sonic Visualiser layer with 'sv' and 'model', found other XML", origin)
    return layer


def _point(layer: Layer, attributes: dict[str, str], line: int, origin: str, hertz: bool) -> None:
    frame, frames = number(attributes.get("frame", "")), number(attributes.get("duration", "0"))
    if frame is None or frames is None:
        raw = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        layer.problems.append(Problem(origin, "not_a_number", "frame or duration is not a number", line, raw))
        return
    value, extent = (number(attributes.get(name, "")) if hertz else None for name in ("value", "extent"))
    boxed = value is not None and extent is not None
    layer.lines.append(line)
    layer.frame.append(frame)
    layer.frames.append(frames)
    layer.low_hz.append(value if boxed else None)
    layer.high_hz.append(value + extent if value is not None and extent is not None else None)
    layer.label.append(attributes.get("label") or None)
