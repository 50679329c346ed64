"""Label -> taxon, in a fixed order; what is ambiguous is reported, never guessed.

Order: the dataset's own label table, then '*' of a one-species dataset, scientific names and synonyms, eBird codes,
banding codes (bird datasets only), English names (the main name of one taxon goes before a secondary name of another),
and genera, families, orders and classes that are known from the lineage of a species; 'Parus sp.' is the genus. Last
come plurals of English names: 'wolves' is what 'wolf' is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from chorus.taxonomy.plural import singulars
from chorus.taxonomy.tables import Entry, fold, rows, taxa

if TYPE_CHECKING:
    import pyarrow as pa

#: The key of rows that have no taxon whatever the source holds: noise, silence.
NO_TAXON = "\0none"

#: 'Parus sp.', 'Parus spp': a species of the genus, which one is not known; as `fold` gives them.
UNNAMED_SPECIES = re.compile(r" spp?\.?$")

RANKS = ("taxon_class", "taxon_order", "family", "genus")
#: Columns of the calls table that the resolver fills.
COLUMNS = ("species", "scientific_name", "taxon_rank", "genus", "family", "taxon_order", "taxon_class")


@dataclass(frozen=True, slots=True)
class Match:
    """How a label came out: `taxon` is None for a label without taxon. `how` is 'label', 'source', 'scientific',
    'synonym', 'ebird', 'alpha4', 'english', 'lineage', 'none' (there is none to look up), 'ambiguous' or 'unknown'."""

    taxon: Entry | None
    how: str
    candidates: tuple[str, ...] = ()


class Resolver:
    """Resolves the labels of one source. `birds` allows 4-letter banding codes, in capitals: 'dove' is no DOVE."""

    def __init__(self, source: str, birds: bool = False) -> None:
        self.source = source
        self.birds = birds
        self._labels = _labels(source)
        self._seen: dict[str | None, Match] = {}

    def resolve(self, label: str | None) -> Match:
        """The taxon of one label. Never raises; a label nobody knows comes back as 'unknown'."""
        if label not in self._seen:
            self._seen[label] = self._resolve(label)
        return self._seen[label]

    def _resolve(self, label: str | None) -> Match:
        if label == NO_TAXON or (label is None and "*" not in self._labels):
            return Match(None, "none")
        if label is not None:
            own = self._labels.get(label, self._labels.get(fold(label)))
            if own is not None:
                return Match(taxa().get(own), "label") if own else Match(None, "none")
        if "*" in self._labels:
            return Match(taxa().get(self._labels["*"]), "source")
        return (label and self._by_name(label)) or Match(None, "unknown")

    def _by_name(self, label: str) -> Match | None:
        name = fold(label)
        hows = [how for how, _ in _indexes() if how != "alpha4" or (self.birds and label.isupper())]
        group = _groups().get(UNNAMED_SPECIES.sub("", name))
        found = _hit(name, hows) or (Match(group, "lineage") if group else None)
        return found or next((match for one in singulars(name) if (match := _hit(one, ["english"]))), None)

    def columns(self, keys: pa.Array) -> tuple[dict[str, pa.Array], dict[str, int], dict[str, int]]:
        """Resolve a string column. Returns the taxonomy columns, the rows by outcome ('species', 'higher', 'none',
        'ambiguous', 'unknown'), and the rows of each label that was not resolved."""
        import pyarrow as pa
        import pyarrow.compute as pc

        coded = pc.dictionary_encode(keys, null_encoding="encode")
        matches = [self.resolve(value) for value in coded.dictionary.to_pylist()]
        values: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for match in matches:
            for name, value in zip(COLUMNS, _values(match.taxon), strict=True):
                values[name].append(value)
        columns = {name: pa.array(v, pa.string()).take(coded.indices) for name, v in values.items()}
        counts = {row["values"]: row["counts"] for row in pc.value_counts(coded.indices).to_pylist()}
        outcomes: dict[str, int] = {}
        unresolved: dict[str, int] = {}
        for i, (match, key) in enumerate(zip(matches, coded.dictionary.to_pylist(), strict=True)):
            n = counts.get(i, 0)
            outcomes[_outcome(match)] = outcomes.get(_outcome(match), 0) + n
            if match.how in ("unknown", "ambiguous") and key is not None:
                unresolved[key] = unresolved.get(key, 0) + n
        return columns, outcomes, unresolved


def _hit(name: str, hows: Collection[str]) -> Match | None:
    """What a folded name is in the first index of these kinds that has it."""
    for how, index in _indexes():
        hits = index.get(name, ()) if how in hows else ()
        if len(hits) == 1:
            return Match(taxa()[hits[0]], how)
        if hits:
            return Match(None, "ambiguous", hits)
    return None


def _values(taxon: Entry | None) -> tuple[str | None, ...]:
    if taxon is None:
        return (None,) * len(COLUMNS)
    lineage = (taxon.genus, taxon.family, taxon.taxon_order, taxon.taxon_class)
    return (taxon.species, taxon.scientific_name, taxon.rank, *lineage)


def _outcome(match: Match) -> str:
    if match.taxon:
        return "species" if match.taxon.rank == "species" else "higher"
    return match.how


def _labels(source: str) -> dict[str, str]:
    """Labels of one dataset as released, and folded where that does not clash."""
    own = {row["label"]: row["scientific_name"] for row in rows("dataset_labels.csv") if row["dataset"] == source}
    folded = {fold(label): name for label, name in own.items()}
    return folded | own


@cache
def _indexes() -> tuple[tuple[str, dict[str, tuple[str, ...]]], ...]:
    """Name indexes in the order they are tried: folded name -> accepted names."""
    entries = list(taxa().values())
    return (
        ("scientific", _index((e.scientific_name, e.scientific_name) for e in entries)),
        ("synonym", _index((s, e.scientific_name) for e in entries for s in e.synonyms)),
        ("ebird", _index((c, e.scientific_name) for e in entries for c in (e.ebird_code, *e.ebird_aliases))),
        ("alpha4", _index((c, e.scientific_name) for e in entries for c in (e.alpha4_code, *e.alpha4_aliases))),
        (
            "english",
            _index(p for e in entries for p in ((e.common_name, e.scientific_name), (e.species, e.scientific_name))),
        ),
        ("english", _index((n, e.scientific_name) for e in entries for n in e.other_names)),
    )


@cache
def _groups() -> dict[str, Entry]:
    """Genera, families, orders and classes that have no entry of their own, from the lineage of their species; a name
    that stands in several lineages, as some of plants and animals do, is left out."""
    found: dict[str, list[Entry]] = {}
    for entry in taxa().values():
        for depth, name in enumerate(getattr(entry, rank) for rank in RANKS):
            if name and name not in taxa():
                group = _group(entry, name, depth)
                known = found.setdefault(fold(name), [])
                known += [group] if group not in known else []
    return {name: groups[0] for name, groups in found.items() if len(groups) == 1}


def _group(member: Entry, name: str, depth: int) -> Entry:
    """The group of a species at a rank of its lineage."""
    lower = dict.fromkeys(RANKS[depth + 1 :])
    facts: dict[str, Any] = {"scientific_name": name, "rank": RANKS[depth].removeprefix("taxon_")}
    facts |= dict.fromkeys(("species", "common_name", "ebird_code", "alpha4_code")) | lower
    names: dict[str, Any] = {"other_names": (), "synonyms": [], "ebird_aliases": [], "alpha4_aliases": []}
    return replace(member, provenance="the lineage of its species", **facts, **names)


def _index(pairs: Any) -> dict[str, tuple[str, ...]]:
    index: dict[str, tuple[str, ...]] = {}
    for name, scientific in pairs:
        if name and scientific in taxa() and scientific not in index.get(fold(name), ()):
            index[fold(name)] = (*index.get(fold(name), ()), scientific)
    return index
