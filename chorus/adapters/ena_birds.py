"""ENA birds (Powdermill): dawn chorus of eastern North American birds, Raven tables with 4-letter species codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.raven import read_raven

CARD = read_card("ena_birds")

SUFFIX = ".Table.1.selections.txt"


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(f"Recording_*_Segment_*{SUFFIX}"))


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem = name[: -len(SUFFIX)]
    sound_folder = re.sub("annotation_files", "wav_Files", folder, flags=re.IGNORECASE)
    path = release.audio(stem, default=f"{sound_folder}/{stem}.wav".lstrip("/"), near=sound_folder)
    session = "_".join(stem.split("_")[:2])
    table = read_raven(release.bytes(unit), unit)
    yield Rec(path, coverage(table.problems), {"session": session, "device": "AudioMoth 1.0"})
    yield from table.problems
    yield Calls(
        path,
        unit,
        table.lines,
        {
            "start_s": table.start_s,
            "end_s": table.end_s,
            "low_hz": table.low_hz,
            "high_hz": table.high_hz,
            "channel": table.channel,
            "label": table.column("Species"),
        },
    )


ADAPTER = Adapter(
    CARD,
    anchors=(f"annotation_Files/Recording_*/*{SUFFIX}", f"Recording_*/*{SUFFIX}", f"*{SUFFIX}"),
    units=units,
    read=read,
)
