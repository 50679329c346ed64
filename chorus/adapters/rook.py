"""Rooks (Rookognise): calls of individual rooks in aviary recordings; columns named by the user in mapping.toml."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.mapping import EXPECTED, Mapping, read_mapping
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.together import Together
from chorus.errors import UsageError
from chorus.schemas import Annotated

CARD = read_card("rook")

MAPPING = "mapping.toml"
SEX = {"m": "male", "male": "male", "f": "female", "female": "female"}


def units(release: Release) -> list[str]:
    mapping = mapping_of(release)
    return [path for path in release.glob(mapping.tables) if not path.endswith(MAPPING)]


def mapping_of(release: Release) -> Mapping:
    """The user's mapping file. Raises UsageError when there is none, or more than one."""
    found = release.glob(MAPPING)
    if len(found) != 1:
        said = f"{len(found)} files {MAPPING}, expected one" if found else f"no {MAPPING}"
        raise UsageError(f"rook: {said} under {release.root}; it must hold {EXPECTED}")
    return read_mapping(release.bytes(found[0]), found[0])


def read(release: Release, unit: str) -> Iterator[Item]:
    mapping = mapping_of(release)
    named = mapping.columns
    table = read_table(
        release.bytes(unit), unit, tuple(named.values()), (named["start"], named["end"]), mapping.delimiter
    )
    paths = sounds(release, unit, table, mapping)
    for path in dict.fromkeys(paths):
        yield Rec(path, Annotated.partial)
    columns: dict[str, object] = {
        f"{name}_s": [None if t is None else t * mapping.scale for t in table.numbers(named[name])]
        for name in ("start", "end")
    }
    columns |= {f"{name}_hz": table.numbers(named[name]) for name in ("low", "high") if name in named}
    columns |= {name: table.column(named[name]) for name in ("individual", "label") if name in named}
    if "sex" in named:
        columns["sex"] = [SEX.get(text.strip().casefold()) for text in table.text[named["sex"]]]
    if "channel" in named:
        columns["channel"] = [int(t) if t.isdecimal() and int(t) > 0 else None for t in table.text[named["channel"]]]
    yield from table.problems
    yield Calls(paths, unit, table.lines, columns | {"taxon_key": "Corvus frugilegus"})


def sounds(release: Release, unit: str, table: Table, mapping: Mapping) -> list[str]:
    """The sound file of each row."""
    folder, _, name = unit.rpartition("/")
    column = mapping.columns.get("recording")
    names = table.text[column] if column else (name.rpartition(".")[0],) * len(table)
    found: dict[str, str] = {}
    for given in dict.fromkeys(names):
        own = given.strip().replace("\\", "/").rpartition("/")[2]
        stem = (
            own.rpartition(".")[0] if own.lower().endswith((".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff")) else own
        )
        found[given] = release.audio(stem, f"{folder}/{own if own != stem else own + '.wav'}".lstrip("/"), folder)
    return [found[given] for given in names]


ADAPTER = Together(
    CARD, anchors=(MAPPING, "*.csv", "*.tsv", "*.txt"), units=units, read=read, beside=("*.wav", "*.flac")
)
