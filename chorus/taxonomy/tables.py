"""The packaged tables, read once. See data/README.md for what they hold and where it comes from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Entry:
    """One taxon as the tables give it; fields as in `chorus.schemas.Taxon`."""

    scientific_name: str
    rank: str
    species: str | None
    common_name: str | None
    other_names: tuple[str, ...]
    ebird_code: str | None
    alpha4_code: str | None
    kingdom: str | None
    phylum: str | None
    taxon_class: str | None
    taxon_order: str | None
    family: str | None
    genus: str | None
    provenance: str | None
    synonyms: list[str] = field(default_factory=list)
    ebird_aliases: list[str] = field(default_factory=list)
    alpha4_aliases: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        """Every name and code the taxon is found by, folded, the accepted ones first."""
        given = [self.scientific_name, self.species, self.common_name, *self.other_names, *self.synonyms]
        codes = [self.ebird_code, *self.ebird_aliases, self.alpha4_code, *self.alpha4_aliases]
        return list(dict.fromkeys(fold(n) for n in [*given, *codes] if n))


def fold(name: str) -> str:
    """Case, apostrophes, underscores and runs of blanks do not matter when names are compared."""
    return " ".join(name.replace("\u2019", "'").replace("_", " ").split()).casefold()


def rows(table: str) -> Iterator[dict[str, str]]:
    """Rows of a packaged table as dicts."""
    with (DATA / table).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def taxa() -> dict[str, Entry]:
    """Accepted scientific name -> taxon."""
    preferred = {row["scientific_name"]: row["species"] for row in rows("species_names.csv")}
    found = {row["scientific_name"]: _entry(row, preferred) for t in ("taxa.csv", "more_taxa.csv") for row in rows(t)}
    for row in rows("synonyms.csv"):
        if row["accepted_scientific_name"] in found:
            found[row["accepted_scientific_name"]].synonyms.append(row["name"])
    for row in rows("ebird_code_aliases.csv"):
        if row["scientific_name"] in found:
            found[row["scientific_name"]].ebird_aliases.append(row["ebird_code"])
    for row in rows("alpha4_codes.csv"):
        entry = found.get(row["scientific_name"])
        if entry and row["alpha4_code"] != entry.alpha4_code:
            entry.alpha4_aliases.append(row["alpha4_code"])
    return found


def _entry(row: dict[str, str], preferred: dict[str, str]) -> Entry:
    name, common = row["scientific_name"], row["common_name_en"] or None
    species = None
    if row["rank"] == "species":
        species = preferred.get(name) or (common.casefold().replace("\u2019", "'") if common else name)
    return Entry(
        scientific_name=name,
        rank=row["rank"],
        species=species,
        common_name=common,
        other_names=tuple(n for n in row["other_common_names"].split("|") if n),
        ebird_code=row["ebird_code"] or None,
        alpha4_code=row["alpha4_code"] or None,
        kingdom=row["kingdom"] or None,
        phylum=row["phylum"] or None,
        taxon_class=row["class"] or None,
        taxon_order=row["order"] or None,
        family=row["family"] or None,
        genus=row["genus"] or None,
        provenance=row["source"] or None,
    )


def species_name(scientific_name: str) -> str | None:
    """The value of `calls.species` for an accepted name of species rank."""
    entry = taxa().get(scientific_name)
    return entry.species if entry else None


@cache
def clades() -> dict[str, tuple[str, ...]]:
    """Groups that have no column of their own -> their member families or genera."""
    return {row["clade"]: tuple(row["members"].split("|")) for row in rows("clades.csv")}
