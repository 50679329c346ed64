"""BirdVox-full-night: nocturnal flight calls of passerines over Ithaca, one point in time and frequency per call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated, Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.vocabulary import SourceStrength

TABLE, SOUND = "BirdVox-full-night_csv-annotations_unit{}.csv", "BirdVox-full-night_flac-audio_unit{}.flac"
MD5 = {
    TABLE.format("01"): "a8955d08b24a41496be7b91499f18f97", TABLE.format("02"): "831f62043b2c404cedb7004032905408",
    TABLE.format("03"): "1369f241442550601280eec013add2cd", TABLE.format("05"): "b1aeb87763990856d92d6db162a8c5a0",
    TABLE.format("07"): "b14c409077c86ada07a7c22a4f7749bb", TABLE.format("10"): "bfe4a6e45731f468cc6dbea0a7968c1c",
    SOUND.format("01"): "453ea014550936dec2af285f21df131c",
} | dict.fromkeys(SOUND.format(unit) for unit in ("02", "03", "05", "07", "10"))  # fmt: skip
URL = "https://zenodo.org/record/1205569/files/{}?download=1"

CARD = Source(
    id="birdvox",
    title="BirdVox-full-night: a dataset and benchmark for avian flight call detection",
    citation="Lostanlen, Salamon, Farnsworth, Kelling, Bello (2018), ICASSP; Zenodo, doi:10.5281/zenodo.1205569",
    doi="10.5281/zenodo.1205569",
    version="Zenodo 1205569 (version 3.0)",
    licence="CC-BY-4.0",
    environment=Environment.terrestrial,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    files=[ReleaseFile(name=name, url=URL.format(name), md5=md5) for name, md5 in MD5.items()],
    paper_calls=35402,
    paper_hours=18,
    layout=Layout.reported,
    notes=[
        "All rows of the six tables are the 35,402 calls of Table 1; its 18 h is not explained: the six recordings "
        "of about 10 h are 62 h in all.",
        "A call is one point, its centre in time (to about 10 ms) and frequency (to about 1 kHz). It is kept as a "
        "box without length (start = end, low = high) and flagged; no width is invented.",
        "Widths that others assume: 0.15 s (the authors' DCASE version), 0.2 s with 500 Hz, clips of 0.5 s.",
        "The recordings are partial, not full: the sound around a point belongs to the call, but its extent is "
        "unknown.",
        "Some 25 species of passerines, none labelled: every call resolves to the order Passeriformes. Others part "
        "thrushes from warblers and sparrows at 5,000 Hz.",
        "The text of the record speaks of folders and JAMS files; the files are flat CSV. Both arrangements are read.",
        "The six units heard the same night (23 September 2015), so one bird may be in several; sites are their "
        "numbers.",
        "The tables of coordinates and start times are not read: their names are not known.",
        "No row of the release has been seen, only its header and readers of it.",
    ],
)

UNIT = re.compile(r"_unit(\d+)\.csv$", re.IGNORECASE)
TIME, FREQUENCY = "Time (s)", "Freq (Hz)"


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(TABLE.format("*")))


def read(release: Release, unit: str) -> Iterator[Item]:
    number = UNIT.search(unit)
    stem = SOUND.format(number[1] if number else "").removesuffix(".flac")
    folder = unit.rpartition("/")[0].replace("csv-annotations", "flac-audio")
    path = release.audio(stem, default=f"{folder}/{stem}.flac".lstrip("/"), near=folder)
    table = read_table(release.bytes(unit), unit, (TIME, FREQUENCY), numeric=(TIME,))
    centre, pitch = table.numbers(TIME), table.numbers(FREQUENCY)
    site = number and f"unit{number[1]}"
    yield Rec(path, Annotated.partial, {"site": site, "session": site})
    yield from table.problems
    columns = {"start_s": centre, "end_s": centre, "low_hz": pitch, "high_hz": pitch, "call_type": "flight call"}
    yield Calls(path, unit, table.lines, columns)


ADAPTER = Adapter(CARD, anchors=("csv-annotations/" + TABLE.format("*"), TABLE.format("*")), units=units, read=read)
