"""Watkins Marine Mammal Sound Database: one cut a file, the species by folder; all cuts and the best-of packaging."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clip import clip_end
from chorus.adapters.formats.cuts import SPELLING, TABLE, index, letters
from chorus.adapters.formats.together import Together
from chorus.errors import UsageError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("watkins")


def units(release: Release) -> list[str]:
    found = list(index(release).cuts)
    if not found:
        raise UsageError(f"watkins: no cuts under {release.root}; looked for '{TABLE}' or '<species>/61025001.wav'")
    return found


def read(release: Release, unit: str) -> Iterator[Item]:
    known = index(release)
    yield from known.problems.get(unit, [])
    kept = [cut for cut in known.cuts[unit] if known.first[cut.record, letters(cut.label)] is cut]
    for cut in known.cuts[unit]:
        first = known.first[cut.record, letters(cut.label)]
        if first is not cut:
            message = f"record {cut.record} is read from {first.path}"
            yield Problem(unit, "record_again", message, cut.line, cut.path, Action.noted)
    paths = [known.paths[cut.record] for cut in kept]
    for cut, path in zip(kept, paths, strict=True):
        yield Rec(path, Annotated.weak, {"session": cut.record[:5]})
    yield Calls(
        paths,
        unit,
        [cut.line for cut in kept],
        {
            "start_s": 0.0,
            "end_s": [clip_end(release, path) for path in paths],
            "strength": "weak",
            "label": [cut.label or None for cut in kept],
            "taxon_key": [SPELLING.get(letters(cut.label), cut.label) for cut in kept],
        },
    )


ADAPTER = Together(CARD, anchors=(TABLE, "[0-9][0-9][0-9][0-9][0-9]???.wav"), units=units, read=read)
