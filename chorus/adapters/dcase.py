"""DCASE few-shot bioacoustics (task 5): birds, hyenas, meerkats, jackdaws ... with a column per class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.classes import CLASSES, NAMED, meaning
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.table import Table, read_table
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("dcase")

PARTS = {"training_set": "train", "validation_set": "validation", "evaluation_set_5shots": "evaluation"}
COLUMNS = ("Audiofilename", "Starttime", "Endtime")
MARKS = {"POS": "present", "UNK": "uncertain"}
#: The mark of a row that is POS or UNK in no column: something calls there that the classes do not name.
NONE = "NEG"


def units(release: Release) -> list[str]:
    """Class tables, so that what is wrong with them is told, and the tables of the recordings."""
    tables = [path for path in release.files if path.casefold().endswith(".csv") and split_of(path)]
    return release.glob(CLASSES) + refuse_copies(CARD.id, tables, parts=3)


def split_of(path: str) -> str | None:
    """Split, from the folder two above a table."""
    folder = path.casefold().split("/")[-3:-1]
    return PARTS.get(folder[0]) if len(folder) == 2 else None


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, file = unit.rpartition("/")
    if (split := split_of(unit)) is None:
        yield from read_table(release.bytes(unit), unit, NAMED).problems
        return
    stem = file.rpartition(".")[0]
    path = release.audio(stem, default=f"{folder}/{stem}.wav", near=folder)
    table = read_table(release.bytes(unit), unit, COLUMNS, numeric=COLUMNS[1:])
    known = Annotated.partial if split == "evaluation" else coverage(table.problems)
    yield Rec(path, known, {"split": split, "session": stem})
    rows = marked(table)
    used = {i for i, _, _ in rows}
    yield from table.problems + list(odd_rows(table, stem, used))
    rows = sorted(rows + [(i, "", NONE) for i in range(len(table.lines)) if i not in used], key=lambda row: row[0])
    start, end = (table.numbers(name) for name in COLUMNS[1:])
    meanings = {code: meaning(release, folder.rpartition("/")[2], stem, code) for _, code, _ in rows if code}
    meanings[""] = (None, None)
    columns: dict[str, Any] = {
        "start_s": [start[i] for i, _, _ in rows],
        "end_s": [end[i] for i, _, _ in rows],
        "label": [code or None for _, code, _ in rows],
        "taxon_key": [meanings[code][0] for _, code, _ in rows],
        "call_type": [meanings[code][1] for _, code, _ in rows],
        "presence": [MARKS.get(mark, "uncertain") for _, _, mark in rows],
        "quality": [mark for _, _, mark in rows],
        "split": split,
    }
    yield Calls(path, unit, [table.lines[i] for i, _, _ in rows], columns)


def marked(table: Table) -> list[tuple[int, str, str]]:
    """(row, class, mark) of every POS and UNK, row by row; a mark that is none of the three becomes a Problem."""
    found = []
    codes = [name for name in table.text if name and name not in COLUMNS]
    for place, code in enumerate(codes):
        for i, text in enumerate(table.text[code]):
            mark = text.strip().upper()
            if mark in MARKS:
                found.append((i, place, mark))
            elif mark != "NEG":
                message = f"{code} is {text!r}, expected POS, NEG or UNK"
                table.problems.append(
                    Problem(table.origin, "unknown_mark", message, table.lines[i], action=Action.noted)
                )
    return [(i, codes[place], mark) for i, place, mark in sorted(found)]


def odd_rows(table: Table, stem: str, used: set[int]) -> Iterator[Problem]:
    """Rows of no class that the table names, and a file name that is not the table's."""
    for i, line in enumerate(table.lines):
        if i not in used:
            yield Problem(table.origin, "no_class", "an event of none of the classes", line, action=Action.noted)
    names = {name.strip().removesuffix(".wav").strip() for name in table.text[COLUMNS[0]]}
    if wrong := sorted(names - {stem.strip()}):
        message = f"Audiofilename is {wrong[0]}, the table's own name is used"
        yield Problem(table.origin, "wrong_file_name", message, action=Action.repaired)


ADAPTER = Adapter(
    CARD,
    anchors=tuple(f"{above}{part}/*/*.csv" for above in ("Development_Set/", "") for part in PARTS),
    units=units,
    read=read,
)
