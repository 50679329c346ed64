"""Macaque coo calls (Fukushima et al.): one coo a file, the caller in its name; original and archive packaging."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clip import clip_end, one_call
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.adapters.formats.together import Together
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("macaques")

TABLE = "annotations.csv"
SEX = {
    "AL": "male",
    "BE": "male",
    "QU": "male",
    "MU": "male",
    "IO": "female",
    "SN": "female",
    "TH": "female",
    "TW": "female",
}
NAME = re.compile(r"([A-Z]{2})\d+\.wav", re.IGNORECASE)


def units(release: Release) -> list[str]:
    tables = refuse_copies(CARD.id, release.glob(TABLE))
    return tables or refuse_copies(CARD.id, [path for path in release.glob("*.wav") if caller(path)])


def caller(path: str) -> str | None:
    """'train/TH28.wav' -> 'TH'; None for a name of another form."""
    found = NAME.fullmatch(path.rpartition("/")[2])
    return found[1].upper() if found and found[1].upper() in SEX else None


def read(release: Release, unit: str) -> Iterator[Item]:
    if not unit.casefold().endswith(".csv"):
        animal = caller(unit)
        columns = {"label": animal, "taxon_key": "Macaca mulatta", "call_type": "coo"}
        columns |= {"individual": animal, "sex": SEX.get(animal or "")}
        yield from one_call(release, unit, {"individual": animal}, columns)
        return
    table = read_table(release.bytes(unit), unit, ("class", "split", "filename")).filled("split", "filename")
    names, splits, animals = table.text["filename"], table.text["split"], table.column("class")
    paths = [release.find(f"{split}/{name}") for split, name in zip(splits, names, strict=True)]
    for path, split, animal in zip(paths, splits, animals, strict=True):
        yield Rec(path, Annotated.weak, {"individual": animal, "split": split})
    yield from table.problems
    yield from left_out(release, set(paths), unit)
    yield from mismatches(table.lines, animals, paths, unit)
    yield Calls(
        paths,
        unit,
        table.lines,
        {
            "start_s": 0.0,
            "end_s": [clip_end(release, path) for path in paths],
            "strength": "weak",
            "label": animals,
            "taxon_key": "Macaca mulatta",
            "individual": animals,
            "sex": [SEX.get(animal or "") for animal in animals],
            "call_type": "coo",
            "split": list(splits),
        },
    )


def left_out(release: Release, named: set[str], unit: str) -> Iterator[Item]:
    """One note for the coos at hand that the table does not name: the other packaging, as a rule."""
    others = [path for path in release.glob("*.wav") if caller(path) and path not in named]
    if others:
        message = f"{len(others)} sound(s) that the table does not name are not read, {others[0]} the first"
        yield Problem(unit, "sound_not_in_table", message, action=Action.noted)


def mismatches(lines: list[int], animals: list[str | None], paths: list[str], unit: str) -> Iterator[Item]:
    """A note for each row whose class is not the animal of its file name."""
    for line, animal, path in zip(lines, animals, paths, strict=True):
        if animal != caller(path):
            message = f"class {animal}, but the file is {path}: the class is kept"
            yield Problem(unit, "caller_differs", message, line, action=Action.noted)


ADAPTER = Together(
    CARD,
    anchors=(TABLE, *(f"{animal}[0-9]*.wav" for animal in SEX)),
    units=units,
    read=read,
)
