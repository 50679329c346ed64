"""Songbirds from Xeno-canto (Jeantet and Dufourq): songs of 22 species marked in Sonic Visualiser layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.svl import Layer, read_svl
from chorus.adapters.formats.together import Together
from chorus.errors import ReadError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("multimodal_birds")
#: The marks are CC BY; each sound is a recording of Xeno-canto, under the terms that its author chose.
SOUND = "LicenseRef-Xeno-canto"

SUFFIXES = (".svl", ".data")
NAME = re.compile(
    r"[^_]*_(?P<genus>[^_]+)_(?P<species>[^_]+)_(?P<site>.+)_(?P<date>[\d-]+)_(?P<id>XC\d+)(?:_[^_]*)?", re.IGNORECASE
)
CONFIDENCE = re.compile(r".*,\s*(10|5|1)\s*")
SPLITS = ("training", "validation", "test")


def units(release: Release) -> list[str]:
    return sorted(copies[0] for copies in layers(release).values())


@lru_cache(maxsize=1)
def layers(release: Release) -> dict[str, list[str]]:
    """The layers of each recording, .svl before .data."""
    found: dict[str, list[str]] = {}
    for suffix in SUFFIXES:
        for path in release.glob(f"*_XC[0-9]*{suffix}"):
            found.setdefault(stem_of(path), []).append(path)
    return found


def stem_of(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0].strip()


def read(release: Release, unit: str) -> Iterator[Item]:
    stem, layer = stem_of(unit), read_svl(release.bytes(unit), unit)
    for copy in layers(release)[stem][1:]:
        yield Problem(copy, "copy_not_read", f"the same layer is read from {unit}", action=Action.noted)
    split = split_of(release, unit)
    folder = f"Audio_files/{split.title()}" if split else ""
    path = release.audio(stem, "", folder) or release.audio(f"{stem} ", f"{folder}/{stem}.wav".lstrip("/"), folder)
    name = NAME.fullmatch(stem)
    rate, problems = rate_of(release, path, layer, unit)
    yield Rec(path, Annotated.partial, facts(name) | {"split": split, "licence": SOUND})
    yield from layer.problems + problems
    sure = [CONFIDENCE.fullmatch(label or "") for label in layer.label]
    yield Calls(
        path,
        unit,
        layer.lines,
        {
            "start_s": [frame / rate for frame in layer.frame],
            "end_s": [(frame + frames) / rate for frame, frames in zip(layer.frame, layer.frames, strict=True)],
            "low_hz": layer.low_hz,
            "high_hz": layer.high_hz,
            "label": layer.label,
            "taxon_key": f"{name['genus']} {name['species']}" if name else stem,
            "call_type": "song",
            "confidence": [int(found[1]) / 10 if found else None for found in sure],
            "presence": ["uncertain" if found and found[1] == "1" else "present" for found in sure],
            "split": split,
        },
    )


def split_of(release: Release, unit: str) -> str | None:
    """Split, from the folders of a layer; the root is one of them where all layers lie in it."""
    folders = (*unit.casefold().split("/"), release.root.name.casefold())
    return next((folder for folder in folders if folder in SPLITS), None)


def facts(name: re.Match[str] | None) -> dict[str, Any]:
    """Place, day and Xeno-canto number of a recording, from its name."""
    if not name:
        return {}
    return {"site": name["site"], "session": name["id"].upper(), "recorded_at": local_time(name["date"], "%Y-%m-%d")}


def rate_of(release: Release, path: str, layer: Layer, unit: str) -> tuple[float, list[Problem]]:
    """Samples per second that the layer counts in. Raises ReadError when neither sound nor layer tells."""
    from chorus.audio import probe

    try:
        rate: float | None = probe(release.root / path).sample_rate if path in release.files else None
    except ReadError:
        rate = None
    if rate and layer.rate_hz and rate != layer.rate_hz:
        message = f"the layer says {layer.rate_hz:g} Hz, the sound {rate:g} Hz: the sound's is used"
        return rate, [Problem(unit, "sample_rate_differs", message, action=Action.noted)]
    if not (rate or layer.rate_hz):
        raise ReadError("names no sample rate, and its sound is not at hand: its times cannot be read", unit)
    return rate or layer.rate_hz or 1.0, []


ADAPTER = Together(
    CARD, anchors=("*_XC[0-9]*.svl", "*_XC[0-9]*.data"), units=units, read=read, beside=("*_XC[0-9]*.wav",)
)
