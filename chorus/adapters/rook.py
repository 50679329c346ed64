"""Rooks (Rookognise): calls of individual rooks in aviary recordings; columns named by the user in mapping.toml."""

from __future__ import annotations

from collections.abc import Iterator

from chorus.adapters.base import Calls, Item, Rec, Release
from chorus.adapters.formats.mapping import EXPECTED, Mapping, read_mapping
from chorus.adapters.formats.table import Table, read_table
from chorus.adapters.formats.together import Together
from chorus.errors import UsageError
from chorus.schemas import Annotated, Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="rook",
    title="Rookognise: acoustic detection and identification of individual rooks",
    citation="Martin, Adam, Obin, Dufour (2022), Ecological Informatics 72, preprint doi:10.1101/2022.02.19.481011",
    doi="10.1101/2022.02.19.481011",
    version="RookID, Zenodo 6091940 (not confirmed)",
    licence="LicenseRef-unknown",
    environment=Environment.captive,
    taxa=["birds"],
    role=Role.training,
    strength=SourceStrength.strong,
    get="No release of the paper's data was found. Likely: RookID, Zenodo record 6091940 (22.1 GB). Put a file "
    "mapping.toml beside its tables that names their columns, and give that folder as --root.",
    paper_calls=21662,
    paper_hours=29,
    layout=Layout.unconfirmed,
    notes=[
        "Neither the files nor the columns of the release are known; nothing is guessed, and without mapping.toml the "
        "source is refused.",
        "mapping.toml names the columns: start, end (both needed), recording, individual, sex, label, channel, low, "
        'high; and unit ("s" or "ms"), tables ("*.csv"), delimiter (",").',
        "Without a recording column a table belongs to the sound of its own name.",
        "21,662 calls and 29 h are not explained. A catalogue lists RookID with 17,667 annotations (CC BY 4.0) and "
        "Rooks (female), Zenodo 11048542, with 2,859 (CC BY-NC-ND); together 17.4 h.",
        "Several channels, several birds at once: rows overlap. Whether all calls are marked is not known, so "
        "recordings are partial.",
        "sex is read from male, female, m, f in either case; another mark is absent.",
    ],
)

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
