"""ENA birds (Powdermill): dawn chorus of eastern North American birds, Raven tables with 4-letter species codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.raven import read_raven
from chorus.schemas import Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="ena_birds",
    title="An annotated set of audio recordings of Eastern North American birds",
    citation="Chronister, Rhinehart, Place, Kitzes (2021), Ecology 102, doi:10.1002/ecy.3329",
    doi="10.5061/dryad.d2547d81z",
    version="Zenodo 4656848",
    licence="CC0-1.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.held_out,
    strength=SourceStrength.strong,
    files=[
        ReleaseFile(
            name="annotation_Files.zip",
            url="https://zenodo.org/record/4656848/files/annotation_Files.zip?download=1",
            md5="8f78ba7cf9fc5d25656f7747ed3406d1",
        ),
        ReleaseFile(
            name="wav_Files.zip",
            url="https://zenodo.org/record/4656848/files/wav_Files.zip?download=1",
            md5="2876c0cfc6ace1845ac04814ea9180f1",
        ),
    ],
    paper_calls=16052,
    paper_hours=7,
    layout=Layout.confirmed,
    notes=[
        "All rows of all tables count; 77 segments of 300 s are 6.42 h, which Table 1 rounds up.",
        "AMGO is American Goldfinch; some public mappings wrongly give American Golden-Plover.",
        "A table with only its header is a segment that was reviewed and holds no call.",
    ],
)

SUFFIX = ".Table.1.selections.txt"


def units(release: Release) -> list[str]:
    return release.glob(f"Recording_*_Segment_*{SUFFIX}")


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
