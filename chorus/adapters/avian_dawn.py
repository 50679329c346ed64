"""Avian dawn chorus (Weldy et al.): 2-second windows of forest mornings in the western US, tagged with sounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage_by
from chorus.adapters.formats.stretches import joined
from chorus.adapters.formats.table import Table
from chorus.adapters.formats.tags import (
    DOUBTS,
    FILE_LISTS,
    REVIEWED,
    SOUND_LISTS,
    TABLES,
    base,
    listing,
    lists,
    meaning,
    reviewed,
    table_of,
    tables,
)
from chorus.errors import UsageError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("avian_dawn")

NAME = re.compile(r"(?P<site>Site_\d+)_Rep_[A-Z]\.wav", re.IGNORECASE)
STATES = {"complete": Annotated.full, "partial": Annotated.partial}


def units(release: Release) -> list[str]:
    """The lists of recordings and sounds, then the tables: what these say of a recording is the better known."""
    found = tables(release)
    formats = {path.rpartition(".")[2].casefold() for path in found}
    if len(formats) != 1:
        wanted = "annotations.csv (or acoustic_annotations.tsv) with a column clip_complete"
        shown = "the CSV and the TSV release: give one of them" if found else "none"
        raise UsageError(f"avian_dawn: looked for {wanted} under {release.root}, found {shown}")
    return refuse_copies(CARD.id, lists(release, FILE_LISTS + SOUND_LISTS) + found)


def read(release: Release, unit: str) -> Iterator[Item]:
    name = unit.rpartition("/")[2].casefold()
    if name in SOUND_LISTS:
        yield from table_of(release, unit, "label").problems
    elif name in FILE_LISTS:
        yield from listed(release, unit)
    else:
        yield from tagged(release, unit)


def listed(release: Release, unit: str) -> Iterator[Item]:
    """Every recording of the release with its time, labelled or not."""
    table = table_of(release, unit, "file", "recording_date", "annotated").filled("file")
    for file, date in zip(table.text["file"], table.text["recording_date"], strict=True):
        start = local_time(date.strip(), "%Y-%m-%d %H:%M:%S")
        yield Rec(sound(release, file), Annotated.none, facts(file) | {"recorded_at": start})
    yield from table.problems


def tagged(release: Release, unit: str) -> Iterator[Item]:
    """The tags of a table as calls; windows labelled in full become the annotated stretches of their recordings."""
    table = table_of(release, unit, "file", "start", "end", "label", numeric=("start", "end")).filled("file", "label")
    labels = [label.strip() for label in table.text["label"]]
    start, end = table.numbers("start"), table.numbers("end")
    yield from recordings(release, table, labels, start, end)
    yield from table.problems
    for mark, count in sorted(Counter(label for label in labels if label in REVIEWED).items()):
        message = f"{count} of {len(labels)} rows are '{mark}': a mark of the window, not read as a call"
        yield Problem(unit, "method_rows", message, action=Action.noted)
    rows = [i for i, label in enumerate(labels) if label not in REVIEWED]
    paths = {file: sound(release, file) for file in dict.fromkeys(table.text["file"])}
    meanings = {label: meaning(release, label) for label in dict.fromkeys(labels)}
    columns: dict[str, Any] = {
        "start_s": [start[i] for i in rows],
        "end_s": [end[i] for i in rows],
        "label": [table.text["label"][i] or None for i in rows],
        "strength": "weak",
        "presence": ["uncertain" if labels[i].casefold() in DOUBTS else "present" for i in rows],
    }
    for place, name in enumerate(("taxon_key", "call_type", "kind")):
        columns[name] = [meanings[labels[i]][place] for i in rows]
    yield Calls([paths[table.text["file"][i]] for i in rows], unit, [table.lines[i] for i in rows], columns)


def recordings(
    release: Release, table: Table, labels: list[str], start: list[float | None], end: list[float | None]
) -> Iterator[Rec]:
    """The recordings of a table, each with what was labelled in full."""
    covered = coverage_by(table.problems, lambda file: file if NAME.fullmatch(base(file)) else None)
    for file, spans in reviewed(table, labels, start, end).items():
        whole = covered(file) is Annotated.full
        state = STATES.get(listing(release).get(base(file), ("", ""))[1], Annotated.partial)
        stretches = [{"start_s": a, "end_s": b} for a, b in joined(spans)] if whole else None
        more = {} if whole and state is Annotated.full else {"annotated_intervals": stretches}
        yield Rec(sound(release, file), state if whole else Annotated.partial, facts(file) | more)


def sound(release: Release, file: str) -> str:
    name = base(file)
    folder = listing(release).get(name, ("", ""))[0] or "annotated_recordings"
    return release.audio(name.rpartition(".")[0], default=f"{folder}/{name}", near=folder)


def facts(file: str) -> dict[str, Any]:
    name = NAME.fullmatch(base(file))
    return {"site": name["site"], "session": name["site"], "device": "Song Meter 4"} if name else {}


ADAPTER = Adapter(CARD, anchors=TABLES, units=units, read=read)
