"""birdeep: three tables with 3,749 boxes of birds, then background rows, then the same under 'Data Augmentation/', and
the YOLO files of the minutes with birds.

Known: 3,749 boxes, 461 annotated minutes, 521 sounds, 291 minutes with a bird, 2,877 rows of the train table (by one
reader), two rows glued in line 2864 of it, 9 recorders (seven named). Not known and made up: the other 872 rows go to
the other two tables in the ratio of their sizes; each of the 170 minutes without a bird gets one 'No audio' row (one of
them 'No bird'), and the 60 other sounds one augmented copy each; labels are the 20 names that are known of the 38,
evenly, and the class numbers of six of them are stand-ins; two rows start after their minute."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.replicas.common import deal, tiny_wav, write_text

#: Boxes of birds in each table: 3,749 (abstract of the dataset) of which 2,877 train (one public reader).
BOXES = {"train_file.csv": 2_877, "validation_file.csv": 422, "test_file.csv": 450}
SOUNDS, MINUTES, WITH_BIRD = 521, 461, 291  # catalogue card, abstract, a public reader
GLUED_LINE = 2_864  # of train_file.csv, from the viewer's message: 23 fields instead of 12
COLUMNS = ("path", "annotator", "recorder", "date", "time", "audio_duration", "start_time", "end_time",
           "low_frequency", "high_frequency", "specie", "bbox")  # fmt: skip
NUMBERS = COLUMNS[6:10]
#: Class number -> name, in the order of the tables; 10 and 16 to 24 are stand-ins.
CLASSES = {
    0: "Bird", 1: "Alaudidae", 2: "Anthus pratensis", 10: "Curruca", 11: "Curruca melanocephala", 12: "Curruca undata",
    13: "Cyanopica cooki", 14: "Emberiza calandra", 16: "Fringilla", 17: "Galerida Cristata", 19: "Lanius",
    20: "Linaria Cannabina", 24: "Passer", 31: "Saxicola rubicola", 32: "Serinus serinus", 33: "Streptopelia decaocto",
    34: "Sturnus", 35: "Sturnus unicolor", 36: "Sylvia", 37: "Turdus merula",
}  # fmt: skip
RECORDERS = ("AM1", "AM4", "AM8", "AM10", "AM11", "AM15", "AM16")
#: A minute whose rows pass its end.
LATE = "AM8/2023_05_30/AM8_20230530_065000.WAV"


def write(root: Path, audio: bool = False) -> None:
    """Write the tables and YOLO files; with `audio` a short sound for the first minutes."""
    rng = random.Random(0)
    minutes = [LATE, *_minutes()]
    birds, quiet = iter(minutes[:WITH_BIRD]), iter(minutes[WITH_BIRD:])
    boxes: dict[str, list[str]] = {}
    shares = zip(_shares(WITH_BIRD), _shares(MINUTES - WITH_BIRD), _shares(SOUNDS - MINUTES), strict=True)
    for (table, n), (with_bird, without, augmented) in zip(BOXES.items(), shares, strict=True):
        rows = _bird_rows(rng, list(islice(birds, with_bird)), n, boxes)
        label = "No bird" if table == "test_file.csv" else "No audio"
        background = [label, *["No audio"] * (without - 1)]
        rows += [_row(next(quiet), 0.34463, 1.094199, label, "") for label in background]
        rows += [f"Data Augmentation/{row}" for row in rows[n : n + augmented]]
        if table == "train_file.csv":
            glued = GLUED_LINE - 2
            rows[glued : glued + 2] = ["".join(rows[glued : glued + 2])]
        write_text(root / table, "\n".join([",".join(COLUMNS), *rows, ""]))
    for path, lines in boxes.items():
        write_text(root / "labels" / path.replace(".WAV", ".txt"), "\n".join([*lines, ""]))
    write_text(root / "labels" / LATE.replace(".WAV", ".txt:Zone - copia.Identifier"), "")
    for path in minutes[:3] if audio else ():
        tiny_wav(root / "Audios" / path, 32_000)


def _shares(total: int) -> list[int]:
    """`total` in the ratio of the tables' boxes, what is left over to the first."""
    shares = [total * n // sum(BOXES.values()) for n in BOXES.values()]
    return [shares[0] + total - sum(shares), *shares[1:]]


def _minutes() -> Iterator[str]:
    """Paths of made-up minutes, one for each recorder and day."""
    for k in range(MINUTES - 1):
        recorder, day = RECORDERS[k % 7], dt.date(2023, 3, 1) + dt.timedelta(days=k // 7)
        yield f"{recorder}/{day:%Y_%m_%d}/{recorder}_{day:%Y%m%d}_063000.WAV"


def _bird_rows(rng: random.Random, paths: list[str], n: int, boxes: dict[str, list[str]]) -> list[str]:
    """Rows of birds by class number; fills the lines of the YOLO file of each minute."""
    where = [path for path, count in zip(paths, deal(n, len(paths)), strict=True) for _ in range(count)]
    rng.shuffle(where)
    classes = [number for number, count in zip(CLASSES, deal(n, len(CLASSES)), strict=True) for _ in range(count)]
    rows, late = [], 2
    for path, number in zip(where, classes, strict=True):
        start = round(rng.uniform(0, 55), 6)
        if path == LATE and late:
            start, late = start + 60, late - 1
        end = round(start + rng.uniform(0.1, 4), 6)
        centre, width = (start + end) / 120, (end - start) / 60
        boxes.setdefault(path, []).append(f"{number} {centre!r} 0.5 {width!r} 1.0")
        rows.append(_row(path, start, end, CLASSES[number], f"[{number}, {centre!r}, 0.2, {width!r}, 0.1]"))
    return rows


def _row(path: str, start: float, end: float, label: str, box: str) -> str:
    recorder, day, name = path.split("/")
    clock = name.rpartition("_")[2]
    when = f"{day.replace('_', '/')},{clock[:2]}:{clock[2:4]}:{clock[4:6]},00:01:00"
    annotator = "Edu" if recorder in RECORDERS[::2] else "Giulia"
    return f'{path},{annotator},{recorder},{when},{start!r},{end!r},2479.069824,6806.203613,{label},"{box}"'


def floor(root: Path) -> list[str]:
    """The same tables, read by bare DuckDB; the two rows that are glued are one to it."""
    columns = ", ".join(f"'{name}': '{'DOUBLE' if name in NUMBERS else 'VARCHAR'}'" for name in COLUMNS)
    options = "delim = ',', header = true, quote = '\"', filename = true, strict_mode = false"
    return [f"SELECT * FROM read_csv('{root / '*_file.csv'}', {options}, columns = {{{columns}}})"]
