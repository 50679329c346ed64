"""Marmosets (InfantMarmosetsVox): calls of ten infant twins in ten-minute recordings, one table of coded segments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Problem, Rec, Release, without_suffix
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.together import Together
from chorus.schemas import Annotated, Kind
from chorus.schemas.issue import Action
from chorus.taxonomy import NO_TAXON

CARD = read_card("marmosets")

TABLE = "labels.csv"
CALL_TYPES = (
    "Peep(Pre-Phee)", "Phee", "Twitter", "Trill", "Trillphee", "Tsik Tse", "Egg", "Pheecry(cry)", "TrllTwitter",
    "Pheetwitter", "Peep",
)  # fmt: skip
KINDS = {**{str(i): Kind.animal for i in range(len(CALL_TYPES))}, "11": Kind.silence, "12": Kind.noise}
NAME = re.compile(r"(?P<day>\d{8})_Twin(?P<twin>[1-5])_marmoset(?P<animal>[12])", re.IGNORECASE)


def units(release: Release) -> list[str]:
    return refuse_copies(CARD.id, release.glob(TABLE))


def read(release: Release, unit: str) -> Iterator[Item]:
    required = ("filename", "start", "end", "calltype", "caller")
    table = read_table(release.bytes(unit), unit, required, numeric=("start", "end")).filled("filename")
    callers: dict[str, str | None] = {}
    paths: dict[str, str] = {}
    for name in dict.fromkeys(table.text["filename"]):
        stem = without_suffix(name)
        found = NAME.fullmatch(stem)
        twin = int(found["twin"]) if found else 0
        callers[name] = str((twin - 1) * 2 + int(found["animal"]) - 1) if found else None
        paths[name] = release.audio(stem, f"data/twin_{twin}/{stem}.wav" if found else f"data/{stem}.wav")
        day = local_time(found["day"], "%Y%m%d") if found else None
        session = f"twin_{twin} {found['day']}" if found else None
        yield Rec(paths[name], Annotated.partial, {"session": session, "recorded_at": day})
    codes = [code.strip().removesuffix(".0") for code in table.text["calltype"]]
    kinds = [KINDS.get(code, Kind.unknown) for code in codes]
    calls = [kind is Kind.animal for kind in kinds]
    yield from table.problems
    yield from oddities(table, kinds, callers)
    yield Calls(
        [paths[name] for name in table.text["filename"]],
        unit,
        table.lines,
        {
            "start_s": table.numbers("start"),
            "end_s": table.numbers("end"),
            "label": table.column("calltype"),
            "kind": kinds,
            "taxon_key": ["Callithrix jacchus" if call else NO_TAXON for call in calls],
            "call_type": [CALL_TYPES[int(code)] if call else None for code, call in zip(codes, calls, strict=True)],
            "individual": [callers[n] if call else None for n, call in zip(table.text["filename"], calls, strict=True)],
            "life_stage": ["infant" if call else None for call in calls],
        },
    )


def oddities(table: Table, kinds: list[Kind], callers: dict[str, str | None]) -> Iterator[Problem]:
    """A note for each code that nobody knows, and for each caller that the file's name contradicts."""
    rows = zip(table.lines, kinds, table.text["calltype"], table.text["caller"], table.text["filename"], strict=True)
    for line, kind, code, caller, name in rows:
        if kind is Kind.unknown:
            yield Problem(
                table.origin, "unknown_call_type", f"calltype {code} is not 0 to 12", line, action=Action.noted
            )
        if kind is Kind.animal and callers[name] not in (None, caller.strip().removesuffix(".0")):
            message = f"caller {caller}, but {name} is of caller {callers[name]}: the name is kept"
            yield Problem(table.origin, "caller_differs", message, line, action=Action.noted)


ADAPTER = Together(CARD, anchors=(TABLE,), units=units, read=read, beside=("*_Twin[1-5]_marmoset[12].wav",))
