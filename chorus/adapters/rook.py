"""Rooks (Rookognise): calls of individual rooks in aviary recordings; columns named by the user in a mapping file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chorus.adapters.base import Adapter, Item, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.mapping import EXPECTED, Mapping, read_mapping
from chorus.adapters.formats.together import Together
from chorus.adapters.own.source import OwnData
from chorus.adapters.own.table import FORMAT
from chorus.errors import UsageError
from chorus.schemas import Annotated, Source

CARD = read_card("rook")

MAPPING = "mapping.toml"


@dataclass(frozen=True)
class Rooks:
    """The release, read as `mapping` says; without one as the file mapping.toml beside the tables says."""

    mapping: Mapping | None = None

    def units(self, release: Release) -> list[str]:
        return self.own(release).units(release)

    def read(self, release: Release, unit: str) -> Iterator[Item]:
        return self.own(release).read(release, unit)

    def own(self, release: Release) -> OwnData:
        """The release as somebody's own tables. Raises UsageError or ReadError where no mapping tells how."""
        mapping = self.mapping or mapping_of(release)
        partial = mapping.annotated or Annotated.partial
        tables = mapping.tables or "*.csv"
        mapping = replace(mapping, tables=tables, annotated=partial, species=mapping.species or "Corvus frugilegus")
        return OwnData(CARD.id, FORMAT, mapping)


def mapping_of(release: Release) -> Mapping:
    """The user's mapping file. Raises UsageError when there is none, or more than one."""
    found = release.glob(MAPPING)
    if len(found) != 1:
        said = f"{len(found)} files {MAPPING}, expected one" if found else f"no {MAPPING}"
        raise UsageError(f"rook: {said} under {release.root} (or give --mapping FILE); it must hold {EXPECTED}")
    return read_mapping(release.bytes(found[0]), found[0])


def adapter(card: Source, rooks: Rooks) -> Adapter:
    anchors = (MAPPING, "*.csv", "*.tsv", "*.txt")
    return Together(card, anchors, rooks.units, rooks.read, beside=("*.wav", "*.flac"))


def mapped(mapping: Mapping) -> Adapter:
    """The adapter with a mapping from elsewhere; the card holds it, so that another mapping is another ingest."""
    notes = [*CARD.notes, f"Mapping: {mapping.text}."]
    return adapter(CARD.model_copy(update={"notes": notes}), Rooks(mapping))


ADAPTER = adapter(CARD, Rooks())
