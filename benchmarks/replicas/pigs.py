"""SoundWel: the Excel key with its 6,887 calls and the 32 blank rows below them.

Known, counted in the file: its 31 columns, rows of each team, age, sex, context, context category, valence, call type
and type, how often measures are NA, dates that stand for a year, which team recorded which context, blanks and brackets
in the names of the 737 Run rows. Not known and made up: how a context divides over its teams where the totals leave it
open (Castration, Restrain, both Isolations), which row has which call type, sex and measures, other dates, names beyond
their form (some say 'notsure': none here). The sum of Dur is about the 0.62 h of the file.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.replicas._xlsx import Cell, write_xlsx
from benchmarks.replicas.common import pool, tiny_wav

COLUMNS = (
    "Recording Team", "Recording Date", "Audio Filename", "Spectrogram Filename", "Age Category", "Age Cat NB", "Sex",
    "Context", "Context Category", "Call Type (Freq)", "Call Type NB", "Valence", "F0Mean", "Q25", "Q50", "Q75",
    "Fpeak", "Dur", "AMVar", "AMRate", "AMExtent", "Harmonicity", "WienEntrMean", "DFMin", "LPC1", "LPC2", "LPC3",
    "LPC4", "LPC5", "LPC6", "Type",
)  # fmt: skip
#: Team, age, context, category, valence -> rows.
CONTEXTS = {
    ("IASPA", "Piglet", "AfterNursing", "AfterNursing", "Pos"): 79,
    ("IASPA", "Piglet", "BeforeNursing", "BeforeNursing", "Pos"): 26,
    ("IASPA", "Piglet", "Castration", "Castration", "Neg"): 95,
    ("IASPC", "Piglet", "Castration", "Castration", "Neg"): 200,
    ("IASPA", "Piglet", "Crushing", "Crushing", "Neg"): 146,
    ("IASPA", "Piglet", "Fighting", "Fighting", "Neg"): 57,
    ("IASPA", "Piglet", "Huddling", "Huddling", "Pos"): 74,
    ("IASPA", "Piglet", "LongIsolation", "Isolation", "Neg"): 703,
    ("FBN", "Weaner", "LongIsolation", "Isolation", "Neg"): 260,
    ("IASPA", "Piglet", "LongIsolation", "Reunion", "Pos"): 248,
    ("IASPB", "Piglet", "LongIsolation", "Reunion", "Pos"): 342,
    ("IASPA", "Piglet", "MissedNursing", "MissedNursing", "Neg"): 45,
    ("IASPA", "Piglet", "Restrain", "Restrain", "Neg"): 402,
    ("FBN", "Weaner", "Restrain", "Restrain", "Neg"): 258,
    ("IASPC", "Piglet", "Restrain", "Restrain", "Neg"): 267,
    ("IASPA", "Piglet", "ShortIsolation", "Isolation", "Neg"): 514,
    ("FBN", "Weaner", "ShortIsolation", "Isolation", "Neg"): 260,
    ("ETHZ", "Weaner", "ShortIsolation", "Isolation", "Neg"): 311,
    ("IASPA", "Piglet", "Surprise", "Surprise", "Neg"): 17,
    ("IASPB", "Piglet", "ShortReunion", "Reunion", "Pos"): 354,
    ("FBN", "Weaner", "NegativeConditioning", "NegativeConditioning", "Neg"): 119,
    ("FBN", "Weaner", "NovelObject", "NovelObject", "Neg"): 333,
    ("FBN", "Weaner", "PositiveConditioning", "PositiveConditioning", "Pos"): 119,
    ("ETHZ", "Weaner", "Enriched", "Enriched", "Pos"): 240,
    ("NMBU", "GrFinishing", "Enriched", "Enriched", "Pos"): 96,
    ("NMBU", "GrFinishing", "Barren", "Barren", "Neg"): 585,
    ("NMBU", "GrFinishing", "Run", "Run", "Pos"): 737,
}
AGES = {"Piglet": 1, "Weaner": 2, "GrFinishing": 3}
RUN = "Run"
RUN_ROWS = CONTEXTS["NMBU", "GrFinishing", RUN, RUN, "Pos"]
#: Rows outside Run: (call type, its number, type) -> rows ('Mixed' as the totals of LF and HF want it), sex -> rows.
CALL_TYPES = {
    ("LFs", 1, "LF"): 2513, ("LFm", 2, "LF"): 383, ("LFt", 3, "LF"): 1267, ("Mixed", 4, "LF"): 404,
    ("Mixed", 4, "HF"): 484, ("HFs", 5, "HF"): 793, ("HFm", 6, "HF"): 306,
}  # fmt: skip
SEXES = {"female": 3316, "male": 2529, "NA": 1042 - RUN_ROWS}
#: Measures -> rows in which they are NA, Run among them; the others are NA in Run alone.
MISSING = {"F0Mean": 3163, "DFMin": 1530, "AMRate": 927, "AMExtent": 927, "AMVar": 817}
MISSING |= dict.fromkeys((f"LPC{k}" for k in range(1, 7)), 1530)
MEASURES = COLUMNS[COLUMNS.index("F0Mean") : COLUMNS.index("Type")]
#: Teams -> day numbers. 40544 and 39448 (1 January of 2011 and 2008) stand for the year, in 1,983 and 1,115 rows.
DAYS = {
    "IASPA": [39448] * 1115 + [40544] * 1287 + [40631] * 4, "IASPB": [40544], "IASPC": [40610, 40631, 40659],
    "FBN": [41676, 41680, 41701, 41718, 41732, 41760, 41823, 42040], "ETHZ": [41876, 41877, 41878],
    "NMBU": [42893, 42895, 42902],
}  # fmt: skip
BLANK_ROWS, DUR_S = 32, 0.62 * 3600
SOUNDS = "Soundwel Dataset - Audio and Spectrograms"


def write(root: Path, audio: bool = False) -> None:
    """The key; with `audio` a tiny sound for the first two calls."""
    rows = list(calls(random.Random(0)))
    write_xlsx(root / "SoundwelDatasetKey.xlsx", [COLUMNS, *rows], COLUMNS.index("Recording Date"), BLANK_ROWS)
    for row in rows[: 2 * audio]:
        tiny_wav(root / SOUNDS / str(row[COLUMNS.index("Audio Filename")]), 44_100)


def calls(rng: random.Random) -> Iterator[list[Cell]]:
    """The rows of the key, context by context."""
    types, sexes = iter(pool(rng, CALL_TYPES)), iter(pool(rng, SEXES))
    measures = iter(measured(rng, sum(CALL_TYPES.values())))
    days = {team: cycle(values) for team, values in DAYS.items()}
    number = 0
    for (team, age, context, category, valence), n in CONTEXTS.items():
        run = context == RUN
        for k in range(1, n + 1):
            number += 1
            day = "" if run else next(days[team])
            kind, place, pitch = ("NA", "NA", "NA") if run else next(types)
            name = file_name(team, context, k if run else number, day)
            sex, values = ("NA", ["NA"] * len(MEASURES)) if run else (next(sexes), next(measures))
            of_age = "NA" if run else AGES[age]
            head = [team, day, name, f"{name}_spec.png", age, of_age, sex, context, category, kind, place, valence]
            yield [*head, *values, pitch]


def file_name(team: str, context: str, number: int, day: Cell) -> str:
    """Team twice, context, number; with the day where a team writes it, with brackets in Run."""
    code = team[:4]
    if context == RUN:
        return f"{code}{code}Transit ({number}).wav"
    date = dt.date(1899, 12, 30) + dt.timedelta(days=int(day))
    return f"{code}{code}{context}{f'{date:%d%m%Y}VT' if team == 'FBN' else 'pig'}{number}.wav"


def measured(rng: random.Random, n: int) -> Iterator[list[Cell]]:
    """The measures of `n` calls, NA as often as each of them is."""
    columns: list[list[Cell]] = []
    for name in MEASURES:
        longest = 2 * DUR_S / n if name == "Dur" else 6000
        missing = MISSING.get(name, RUN_ROWS) - RUN_ROWS
        column: list[Cell] = [round(rng.uniform(0.01, longest), 3) for _ in range(n - missing)]
        column += ["NA"] * missing
        rng.shuffle(column)
        columns.append(column)
    yield from map(list, zip(*columns, strict=True))


def floor(root: Path) -> list[str]:
    """DuckDB reads no workbooks without an extension: the bytes of the key."""
    return [f"SELECT filename, content FROM read_blob('{root}/SoundwelDatasetKey.xlsx')"]
