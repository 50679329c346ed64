"""BIRDeep: one-minute AudioMoth recordings of Donana, Spain, boxes of 38 bird classes in three tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage_by
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.text import decode
from chorus.errors import UsageError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Kind

#: The tables and their split; the table of all rows is read where none of the others is there.
SPLITS = {"train_file.csv": "train", "validation_file.csv": "validation", "test_file.csv": "test"}
WHOLE = "dataset.csv"

CARD = read_card("birdeep")

COLUMNS = ("path", "start_time", "end_time", "low_frequency", "high_frequency", "specie")
BACKGROUND = {"no audio", "no bird"}
AUGMENTED = "Data Augmentation/"
#: The end of a row's bbox with the next row's path right behind it.
GLUED = re.compile(r'("\[[^"\n]*\]"|"")(?=(?:Data Augmentation/)?AM\d+/\d{4}_)')
NAME = re.compile(r"(?:^|/)(?P<recorder>AM\d+)_(?P<stamp>\d{8}_\d{6})\.wav$", re.IGNORECASE)


def units(release: Release) -> list[str]:
    """Sounds, then the tables: what a table says of a sound goes before 'not annotated'."""
    tables = [path for name in SPLITS for path in release.glob(name)] or release.glob(WHOLE)
    if b"specie" not in release.bytes(tables[0]).partition(b"\n")[0]:
        raise UsageError(f"birdeep: expected a column 'specie' in {release.root / tables[0]}, found none")
    return release.glob("AM*/*/AM*.wav") + refuse_copies(CARD.id, tables)


def read(release: Release, unit: str) -> Iterator[Item]:
    if not unit.casefold().endswith(".csv"):
        yield Rec(unit, Annotated.none, facts(unit))
        return
    data, lines, glued = unglue(release.bytes(unit), unit)
    table = read_table(data, unit, COLUMNS, numeric=("start_time", "end_time")).filled("path")
    start, end, low, high = (table.numbers(name) for name in COLUMNS[1:5])
    for problem in table.problems:
        problem.line = problem.line and lines[problem.line - 1]
    folder, _, name = unit.rpartition("/")
    split = SPLITS.get(name.casefold())
    names = [path.strip() for path in table.text["path"]]
    sounds = {path: sound(release, folder, path) for path in dict.fromkeys(names)}
    known = coverage_by(table.problems, lambda path: path if NAME.search(path) else None)
    for path, where in sounds.items():
        yield Rec(where, Annotated.partial if AUGMENTED in path else known(path), facts(path) | {"split": split})
    yield from glued + table.problems
    labels = table.column("specie")
    quiet = [(label or "").strip().casefold() in BACKGROUND for label in labels]
    columns: dict[str, Any] = {"start_s": start, "end_s": end, "low_hz": low, "high_hz": high, "label": labels}
    columns["taxon_key"] = [label and label.strip() for label in labels]
    columns["kind"] = [Kind.silence if background else None for background in quiet]
    yield Calls(
        [sounds[path] for path in names], unit, [lines[line - 1] for line in table.lines], columns | {"split": split}
    )


def unglue(data: bytes, origin: str) -> tuple[bytes, list[int], list[Problem]]:
    """The table with a line for each row, the line each of these stood on, and a Problem per line that was split."""
    problems: list[Problem] = []
    rows: list[str] = []
    lines: list[int] = []
    for line, raw in enumerate(decode(data, origin, problems).split("\n"), start=1):
        parts = GLUED.sub(r"\1\n", raw).split("\n")
        rows += parts
        lines += [line] * len(parts)
        if len(parts) > 1:
            message = f"{len(parts)} rows glued in one line, each is read"
            problems.append(Problem(origin, "glued_rows", message, line, raw[:500], Action.repaired))
    return "\n".join(rows).encode(), lines, problems


def sound(release: Release, folder: str, path: str) -> str:
    """Where the sound of a row lies: the path below Audios/, unless it is there without it. Augmented copies share
    their names with the real sounds, so nothing is searched by name."""
    beside, below = (release.find(f"{folder}/{part}{path}".lstrip("/")) for part in ("", "Audios/"))
    return beside if beside in release.files else below


def facts(path: str) -> dict[str, Any]:
    name = NAME.search(path)
    if not name:
        return {"device": "AudioMoth"}
    stamp = local_time(name["stamp"], "%Y%m%d_%H%M%S")
    return {"site": name["recorder"], "recorded_at": stamp, "device": "AudioMoth"}


ADAPTER = Adapter(CARD, anchors=(*SPLITS, WHOLE), units=units, read=read)
