"""AnuraSet: 42 frogs of Brazil. Two products: raw minutes with strong and weak labels, and labelled 3 s windows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats import anura
from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import coverage
from chorus.errors import ReadError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("anuraset")

STRONG = ".txt"
LABEL = re.compile(r"(?P<code>[A-Z]{6})_(?P<quality>[LMH])")


def units(release: Release) -> list[str]:
    found = labelled(release), release.glob(anura.MINUTES), anura.windows(release)
    return [path for paths in found for path in refuse_copies(CARD.id, paths)]


def labelled(release: Release) -> list[str]:
    """Files of strong labels."""
    return [path for path in release.glob(f"*{STRONG}") if anura.STEM.fullmatch(anura.stem_of(path))]


def read(release: Release, unit: str) -> Iterator[Item]:
    return strong(release, unit) if unit.casefold().endswith(STRONG) else weak(release, unit)


@lru_cache(maxsize=2)
def strong_species(release: Release) -> dict[str, set[str]]:
    """The species in the strong rows of each minute that has such a file. One that does not read tells nothing here:
    its own unit reports it."""
    found: dict[str, set[str]] = {}
    for path in labelled(release):
        with suppress(ReadError):
            labels = read_audacity(release.bytes(path), path).label
            found[anura.stem_of(path)] = {key for label in labels if (key := species_and_quality(label)[0])}
    return found


def species_and_quality(label: str | None) -> tuple[str | None, str | None]:
    """'BOARAN_M' -> 'BOARAN', 'M'; another label is what to look up."""
    parts = LABEL.fullmatch(label or "")
    return (parts["code"], parts["quality"]) if parts else (label, None)


def code_of(column: str) -> str:
    """The species code in the name of a column."""
    return column.removeprefix("SPECIES_")


def strong(release: Release, unit: str) -> Iterator[Item]:
    stem = anura.stem_of(unit)
    track = read_audacity(release.bytes(unit), unit)
    splits, active = anura.minutes_known(release)
    annotated = coverage(track.problems)
    if not track.lines and stem in active:
        annotated = Annotated.weak
        message = f"holds no label, {anura.MINUTES} says that frogs call in this minute"
        yield Problem(unit, "weak_and_strong_differ", message, action=Action.noted)
    path = anura.minute(release, stem)
    yield Rec(path, annotated, anura.facts(stem) | {"split": splits.get(stem)})
    yield from track.problems
    named = [species_and_quality(label) for label in track.label]
    columns: dict[str, Any] = {"start_s": track.start_s, "end_s": track.end_s, "label": track.label}
    columns |= {"taxon_key": [key for key, _ in named], "quality": [quality for _, quality in named]}
    yield Calls(path, unit, track.lines, columns | {"split": splits.get(stem)})


def weak(release: Release, unit: str) -> Iterator[Item]:
    """Minutes with their activity, or windows: a row of the table is a sound, a field above zero a weak row."""
    whole = unit.casefold().endswith(anura.MINUTES)
    table, sounds = (anura.read_minutes if whole else anura.read_windows)(release, unit)
    found = anura.marks(table)
    odd = {problem.line for problem in table.problems if problem.reason == anura.ODD}
    heard = {i for i, _, _ in found} | {i for i, line in enumerate(table.lines) if line in odd}
    own = strong_species(release) if whole else {}
    rows = [i for i, path in enumerate(sounds.paths) if anura.stem_of(path) not in own]
    yield sounds.recs((i for i in rows if whole or i in heard), Annotated.weak)
    yield sounds.recs((i for i in rows if not whole and i not in heard), Annotated.full)
    yield from table.problems
    every = len(found)
    found = [(i, name, v) for i, name, v in found if code_of(name) not in own.get(anura.stem_of(sounds.paths[i]), ())]
    if len(found) < every:
        message = f"{every - len(found)} fields repeat species of the strong labels of their minute and are not read"
        yield Problem(unit, "weak_rows_of_strong_labels", message, action=Action.noted)
    columns: dict[str, Any] = {
        "start_s": 0.0,
        "end_s": [sounds.ends[i] for i, _, _ in found],
        "label": [name for _, name, _ in found],
        "taxon_key": [code_of(name) for _, name, _ in found],
        "strength": "weak",
        "quality": [value for _, _, value in found] if whole else None,
        "split": [sounds.facts["split"][i] for i, _, _ in found],
    }
    yield Calls([sounds.paths[i] for i, _, _ in found], unit, [table.lines[i] for i, _, _ in found], columns)


ADAPTER = Adapter(
    CARD,
    anchors=(
        "strong_labels/strong_labels/*/INCT*.txt",
        "strong_labels/*/INCT*.txt",
        anura.MINUTES,
        anura.WINDOWS,
        anura.SUBSET,
    ),
    units=units,
    read=read,
)
