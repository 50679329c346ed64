"""Egyptian fruit bats, the packaging of figshare: Annotations.csv (91,080 rows) and FileInfo.csv (one line a file).

Known: rows, columns and first five rows of Annotations.csv, rows of the most frequent emitters and of one rare one, 83
different emitters, ten of whom have a thousand rows or more, the codes of the contexts, 8 rows of landing, about 60 %
of sleeping and feeding, spans of 38 h in all, names and sizes of the 30 zips (files106 holds 3,436 files, the others up
to 10,000: full here), FileInfo.csv's lines of different lengths and its 30 MB. Not known and made up: everything else
of a row (ids of the other emitters, which row has what), which files have annotations and how many have two ("around
90,000" files are annotated: 90,000 here), and of FileInfo.csv the header beside the three columns that readers name.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from pathlib import Path

from benchmarks.replicas.common import deal, pool, tiny_wav, write_text

ROWS, ANNOTATED_FILES = 91_080, 90_000  # counted in file; the paper's "around 90,000 annotated"
#: Folders of the zips -> files.
FOLDERS = {f"files{k}": 10_000 for k in (*range(101, 107), *range(201, 225))} | {"files106": 3_436}
FIRST_ROWS = (
    "7,118,0,9,2,2,3,3,1,336720",
    "11,0,0,11,0,0,0,0,1,787280",
    "12,118,0,12,2,2,3,3,1,566096",
    "15,0,0,12,0,0,0,0,1,402256",
    "20,0,0,12,0,0,0,0,1,394064",
)
#: Rows of emitters as counted by a reader; ids that have a thousand rows or more (2,000 is made up); ids of the others.
COUNTED = {0: 7_858, -215: 6_351, 215: 6_150, -231: 4_303, -211: 3_943, -113: 6}
FREQUENT = dict.fromkeys((111, 210, 211, 216, 220, 226, 228, 230, 231), 2_000)
OTHERS = [sign * bat for bat in range(114, 148) for sign in (1, -1)]
FEEDING, LANDING, SLEEPING = 3, 8, 12
LANDINGS, OFTEN = 8, 0.6
COLUMNS = (
    "FileID,Emitter,Addressee,Context,Emitter pre-vocalization action,Addressee pre-vocalization action,"
    "Emitter post-vocalization action,Addressee post-vocalization action,Start sample,End sample"
)
INFO = "FileID,Treatment,File name,File folder,Recording channel,Recording time,Voice samples"
RATE_HZ = 250_000
FIRST_FILE, FIRST_NUMBER = dt.datetime(2012, 6, 1, 0, 21, 32, 55_000), 7


def write(root: Path, audio: bool = False) -> None:
    """Both tables; with `audio` tiny sounds for the first three files."""
    rng = random.Random(0)
    info, places = [INFO], []
    number = 0
    for folder, files in FOLDERS.items():
        for _ in range(files):
            number += 1
            places.append((folder, file_name(number)))
            info.append(f"{number},{number % 9},{places[-1][1]},{folder},1,2012-06-01,{voice(rng)}")
    write_text(root / "FileInfo.csv", "\n".join([*info, ""]))
    write_text(root / "Annotations.csv", "\n".join([COLUMNS, *FIRST_ROWS, *annotations(rng, number), ""]))
    for row in FIRST_ROWS[: 3 * audio]:
        folder, name = places[int(row.partition(",")[0]) - 1]
        tiny_wav(root / folder / name, RATE_HZ)


def file_name(number: int) -> str:
    """yymmddHHMMSS, milliseconds, running number: '120601002132055008.WAV' is that of file 7."""
    at = FIRST_FILE + dt.timedelta(milliseconds=77_037 * (number - FIRST_NUMBER))
    return f"{at:%y%m%d%H%M%S}{at.microsecond // 1000:03}{(number + 1) % 1000:03}.WAV"


def voice(rng: random.Random) -> str:
    """Samples at which voices start and end: a list of another length in every line."""
    return ",".join([str(k * 40_000 + 1) for k in range(rng.randrange(2, 14))])


def annotations(rng: random.Random, files: int) -> list[str]:
    """The rows below the first five, in order of files; the first of those with two rows are the first files."""
    first = [int(row.partition(",")[0]) for row in FIRST_ROWS]
    chosen = sorted(rng.sample(range(first[-1] + 1, files + 1), ANNOTATED_FILES - len(first)))
    emitters, contexts = column(rng, 1, emitters_of_all()), column(rng, 3, contexts_of_all())
    twice = ROWS - ANNOTATED_FILES
    rows = []
    for k, number in enumerate(chosen):
        end = 0
        for _ in range(1 + (k < twice)):
            start, end = end + 1, end + rng.randrange(5_000, 746_000)
            fixed = f"{number},{emitters.pop()},{rng.choice((0, 118, 215))},{contexts.pop()}"
            rows.append(f"{fixed},{rng.choice((0, 2))},{rng.choice((0, 2))},3,3,{start},{end}")
    return rows


def column(rng: random.Random, place: int, counts: dict[int, int]) -> list[int]:
    """Values of a column in random order, those of the first rows left out."""
    used = Counter(int(row.split(",")[place]) for row in FIRST_ROWS)
    return pool(rng, {value: n - used[value] for value, n in counts.items()})


def emitters_of_all() -> dict[int, int]:
    known = COUNTED | FREQUENT
    return known | dict(zip(OTHERS, deal(ROWS - sum(known.values()), len(OTHERS)), strict=True))


def contexts_of_all() -> dict[int, int]:
    often = {FEEDING: int(ROWS * OFTEN / 2), SLEEPING: int(ROWS * OFTEN / 2), LANDING: LANDINGS}
    others = [code for code in range(13) if code not in often]
    return often | dict(zip(others, deal(ROWS - sum(often.values()), len(others)), strict=True))


def floor(root: Path) -> list[str]:
    """The rows, and of each file its id, name and folder: lines of different lengths are cut by hand."""
    options = "delim='\\x01', quote='', escape='', header=true, columns={'line': 'VARCHAR'}"
    info = f"SELECT string_split(line, ',') AS fields FROM read_csv('{root}/FileInfo.csv', {options})"
    return [
        f"SELECT * FROM read_csv('{root}/Annotations.csv', delim=',', header=true, all_varchar=true)",
        f"SELECT fields[1] AS id, fields[3] AS name, fields[4] AS folder FROM ({info})",
    ]
