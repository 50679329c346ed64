"""Synthetic soundscapes with exact truth, made by Chorus itself and read like any other release."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.text import decode
from chorus.errors import ReadError
from chorus.schemas import Annotated

CARD = read_card("synth")

ANNOTATIONS = "annotations.csv"
RECORDINGS = "recordings.csv"


def units(release: Release) -> list[str]:
    return [ANNOTATIONS]


def read(release: Release, unit: str) -> Iterator[Item]:
    problems: list[Problem] = []
    for row in _rows(release, RECORDINGS, ("filename", "split"), problems):
        yield Rec(row["filename"], Annotated.full, {"split": row["split"]})
    needed = ("filename", "start_s", "end_s", "low_hz", "high_hz", "family", "snr_db")
    rows = _rows(release, unit, needed, problems)
    yield from problems
    families = [row["family"] for row in rows]
    yield Calls(
        [row["filename"] for row in rows],
        unit,
        range(2, len(rows) + 2),
        {
            **{
                name: [float(row[name]) for row in rows] for name in ("start_s", "end_s", "low_hz", "high_hz", "snr_db")
            },
            "label": families,
            "call_type": families,
            "kind": "animal",
            "taxon_key": None,
        },
    )


def _rows(release: Release, path: str, needed: tuple[str, ...], problems: list[Problem]) -> list[dict[str, str]]:
    """Rows of one of the release's CSV files. Raises ReadError when a column is missing or a row is cut."""
    reader = csv.DictReader(io.StringIO(decode(release.bytes(path), path, problems)))
    missing = [name for name in needed if name not in (reader.fieldnames or [])]
    if missing:
        raise ReadError(f"no column {', '.join(missing)}; found {', '.join(reader.fieldnames or [])}", path, 1)
    rows = list(reader)
    for line, row in enumerate(rows, 2):
        if None in row.values():
            raise ReadError("the row is cut short", path, line)
    return rows


def _make(root: Path, hours: float, seed: int, **options: Any) -> Path:
    from chorus.synth import make_release

    return make_release(root, hours, seed, **options)


ADAPTER = Adapter(CARD, anchors=("synth.json",), units=units, read=read, make=_make)
