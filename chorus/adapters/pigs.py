"""Pigs (SoundWel): one call a file, with call type, context, valence, age and sex in an Excel key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.formats.clip import clip_end
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.text import number
from chorus.adapters.formats.together import Together
from chorus.adapters.formats.xlsx import read_xlsx, serial_date
from chorus.schemas import Annotated, Environment, Layout, ReleaseFile, Role, Source
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import SourceStrength

RECORD = "https://zenodo.org/records/8252482/files/{}?download=1"
KEY, SOUNDS = "SoundwelDatasetKey", "Soundwel Dataset - Audio and Spectrograms"

CARD = Source(
    id="pigs",
    title="The Soundwel Database: a labeled pig vocalization repository",
    citation="Briefer et al. (2022), Scientific Reports 12, doi:10.1038/s41598-022-07174-8; data "
    "doi:10.5281/zenodo.8252482",
    doi="10.5281/zenodo.8252482",
    version="Zenodo 8252482",
    licence="CC-BY-4.0",
    environment=Environment.captive,
    taxa=["ungulates"],
    role=Role.training,
    strength=SourceStrength.weak,
    files=[
        ReleaseFile(name=f"{SOUNDS}.zip", url=RECORD.format(f"{SOUNDS}.zip".replace(" ", "%20"))),
        ReleaseFile(
            name=f"{KEY}.xlsx",
            url=RECORD.format(f"{KEY}.xlsx"),
            size=1_682_971,
            md5="2f87e52a9b28c18e570ac6aae5fb27b9",
        ),
    ],
    paper_calls=6887,
    paper_hours=1,
    layout=Layout.reported,
    notes=[
        "The 6,887 rows of the key are the 6,887 calls of Table 1; the paper of the data tells of 7,414. The durations "
        "add up to 0.62 h over 6,150 rows, and Table 1 rounds up.",
        "The key has been read in real form; the sounds have not: one flat folder of .wav with a _spec.png each.",
        "The key's md5 is that of a public copy. A .csv of the key is not part of the release and is read only where "
        "the .xlsx is not there.",
        "Missing values are the text NA (737 Run rows have no call type or duration): absent. 32 blank rows at the end "
        "of the sheet hold nothing.",
        "A call is its whole file (weak). Without the sound the end is the key's Dur, the length of the call as "
        "measured; without either the row has length 0. Where Dur is longer than the file an issue says so.",
        "label and call_type are Call Type (Freq): LFs, LFm, LFt, Mixed, HFs, HFm. behavior is the context and the "
        "valence: 'Isolation/LongIsolation, Neg'.",
        "590 LongIsolation rows have the category Reunion and positive valence: kept as released.",
        "quality is 'notsure' where the file name says so. life_stage is the age category.",
        "Dates of 1 January 2008 and 2011 stand for a year only (3,098 rows) and are not given as recorded_at.",
        "The individual is inside some file names in several forms and is not read; site is the recording team.",
    ],
)

COLUMNS = (
    "Recording Team", "Recording Date", "Audio Filename", "Age Category", "Sex", "Context", "Context Category",
    "Call Type (Freq)", "Valence", "Dur",
)  # fmt: skip
YEAR_ONLY = {dt.datetime(2008, 1, 1), dt.datetime(2011, 1, 1)}
#: A call may be measured longer than its file by this much (rounding), seconds.
SLACK_S = 0.01


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(f"{KEY}.xlsx") or release.glob(f"{KEY}.csv"))


def read(release: Release, unit: str) -> Iterator[Item]:
    reader = read_xlsx if unit.casefold().endswith(".xlsx") else read_table
    table = reader(release.bytes(unit), unit, COLUMNS)
    given = {name: [None if text in ("", "NA") else text for text in table.text[name]] for name in COLUMNS}
    paths = [sound(release, name) for name in table.text["Audio Filename"]]
    for path, team, date in zip(paths, given["Recording Team"], given["Recording Date"], strict=True):
        day = serial_date(date or "")
        yield Rec(path, Annotated.weak, {"site": team, "recorded_at": None if day in YEAR_ONLY else day})
    yield from table.problems
    lengths, measured = [clip_end(release, path) for path in paths], [number(text or "") for text in given["Dur"]]
    yield from too_long(table, lengths, measured)
    contexts = zip(given["Context Category"], given["Context"], given["Valence"], strict=True)
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": 0.0,
            "end_s": [length or dur or 0.0 for length, dur in zip(lengths, measured, strict=True)],
            "strength": "weak",
            "label": given["Call Type (Freq)"],
            "call_type": given["Call Type (Freq)"],
            "taxon_key": "Sus scrofa",
            "sex": [sex if sex in ("female", "male") else None for sex in given["Sex"]],
            "life_stage": given["Age Category"],
            "behavior": [f"{category}/{context}, {valence}" for category, context, valence in contexts],
            "quality": ["notsure" if "notsure" in path.casefold() else None for path in paths],
        },
    )


def sound(release: Release, name: str) -> str:
    """Path of a call's sound, found by its name alone."""
    return release.audio(name[: -len(".wav")] if name.casefold().endswith(".wav") else name, f"{SOUNDS}/{name}", SOUNDS)


def too_long(table: Table, lengths: list[float], measured: list[float | None]) -> Iterator[Problem]:
    for line, length, dur in zip(table.lines, lengths, measured, strict=True):
        if length and dur and dur > length + SLACK_S:
            message = f"Dur is {dur} s, the file {length:.3f} s long: the file's length is kept"
            yield Problem(table.origin, "call_longer_than_file", message, line, action=Action.noted)


ADAPTER = Together(CARD, anchors=(f"{KEY}.xlsx", f"{KEY}.csv"), units=units, read=read, beside=("*.wav",))
