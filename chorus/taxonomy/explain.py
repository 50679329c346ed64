"""What the packaged tables know of a taxon: its names and codes, its lineage, and by which name it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from chorus.taxonomy.tables import Entry, clades, fold, taxa

#: Kind of name -> what a person calls it. The kinds of `Match.how`, and three for groups.
WORDS = {
    "scientific": "its scientific name",
    "synonym": "another scientific name of it",
    "ebird": "its eBird code",
    "alpha4": "its bird banding code",
    "english": "an English name",
    "group": "an English word for the group",
    "clade": "the scientific name of a group between the ranks",
    "lineage": "the scientific name of a group that is known from its species only",
}
#: Ranks that have a field in every entry, from the widest to the narrowest.
RANKS = ("kingdom", "phylum", "taxon_class", "taxon_order", "family", "genus")


@dataclass(frozen=True)
class Explained:
    """A taxon in full. `lineage` holds (rank, name) pairs from the kingdom down to what stands right above the taxon;
    `how` is a key of WORDS."""

    scientific_name: str
    rank: str
    species: str | None
    how: str
    common_name: str | None
    other_names: tuple[str, ...]
    synonyms: tuple[str, ...]
    ebird_codes: tuple[str, ...]
    alpha4_codes: tuple[str, ...]
    lineage: tuple[tuple[str, str], ...]

    @property
    def matched(self) -> str:
        """How the name was understood, in words."""
        return WORDS[self.how]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"lineage": [{"rank": rank, "name": name} for rank, name in self.lineage]}


def explain(scientific_name: str, rank: str, name: str) -> Explained:
    """Explain the taxon `scientific_name`, which was asked for as `name`.

    A group that has no row of its own, only a place in the lineage of some species, comes with that place alone.
    """
    entry = taxa().get(scientific_name)
    if entry is None:
        above = next((tuple(_above(e, scientific_name)) for e in taxa().values() if _within(e, scientific_name)), ())
        return Explained(scientific_name, rank, None, "lineage", None, (), (), (), (), above)
    return Explained(
        scientific_name=scientific_name,
        rank=rank,
        species=entry.species,
        how=how_matched(entry, name),
        common_name=entry.common_name,
        other_names=entry.other_names,
        synonyms=tuple(entry.synonyms),
        ebird_codes=_codes(entry.ebird_code, entry.ebird_aliases),
        alpha4_codes=_codes(entry.alpha4_code, entry.alpha4_aliases),
        lineage=tuple(_above(entry, scientific_name)),
    )


def how_matched(entry: Entry, name: str) -> str:
    """Which kind of the taxon's names `name` is, in the order in which the resolver tries them."""
    above_species = entry.rank not in ("species", "species complex")
    kinds = (
        ("clade" if entry.scientific_name in clades() else "scientific", [entry.scientific_name]),
        ("synonym", entry.synonyms),
        ("ebird", _codes(entry.ebird_code, entry.ebird_aliases)),
        ("alpha4", _codes(entry.alpha4_code, entry.alpha4_aliases)),
    )
    for kind, known in kinds:
        if fold(name) in map(fold, known):
            return kind
    return "group" if above_species else "english"


def _codes(code: str | None, aliases: list[str]) -> tuple[str, ...]:
    return (*((code,) if code else ()), *aliases)


def _within(entry: Entry, group: str) -> bool:
    return group in (getattr(entry, rank) for rank in RANKS)


def _above(entry: Entry, name: str) -> Iterator[tuple[str, str]]:
    """(rank, name) of every group that `name` lies in; `entry` is `name` itself or a species below it."""
    between = [(taxa()[clade], clade) for clade in _clades_over(entry)]
    for rank in RANKS:
        value = getattr(entry, rank)
        if value == name:
            return
        if value:
            yield rank.removeprefix("taxon_"), value
        if rank in ("taxon_order", "family"):
            yield from ((c.rank, clade) for c, clade in between if bool(c.family) == (rank == "family"))


def _clades_over(entry: Entry) -> list[str]:
    """Clades that hold an entry, the widest first."""
    own = set(clades().get(entry.scientific_name, ()))
    found = [
        clade
        for clade, members in clades().items()
        if entry.family in members or entry.genus in members or (own and own < set(members))
    ]
    return sorted(found, key=lambda clade: -len(clades()[clade]))
