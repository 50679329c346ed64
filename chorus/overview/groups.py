"""The groups of sound makers that the overview tells apart, each a predicate over the columns of `calls`.

A call belongs to the first group whose predicate holds. The columns that decide are `kind`, then `taxon_class`,
`taxon_order`, `family` and, for whales and seals named no closer, `scientific_name`.
"""

from __future__ import annotations

from dataclasses import dataclass

from chorus.lake.quoting import listed
from chorus.taxonomy import clades


@dataclass(frozen=True)
class Group:
    """One group. `window_s`: seconds of sound that show a few of its calls."""

    name: str
    where: str
    meaning: str
    window_s: float = 5.0


def slug(name: str) -> str:
    """A name as part of a file name."""
    return "-".join("".join(c if c.isalnum() else " " for c in name).split())


def _in_clade(clade: str) -> str:
    """Predicate for a clade, which has no column of its own: its families, and the clades inside by name."""
    families = clades()[clade]
    inside = [name for name, members in clades().items() if set(members) <= set(families)]
    return f"(coalesce(family IN ({listed(families)}), false) OR scientific_name IN ({listed(inside)}))"


GROUPS = (
    Group("people", "kind = 'human' OR scientific_name = 'Homo sapiens'", "kind human, or Homo sapiens", 4.0),
    Group("noise", "kind = 'noise'", "kind noise: rain, engines, handling"),
    Group("silence", "kind = 'silence'", "kind silence: stretches marked as empty"),
    Group("birds", "taxon_class = 'Aves'", "class Aves"),
    Group("frogs & toads", "taxon_order = 'Anura'", "order Anura"),
    Group("whales & dolphins", _in_clade("Cetacea"), "families of Cetacea", 10.0),
    Group("seals & sea lions", _in_clade("Pinnipedia"), "families of Pinnipedia"),
    Group("bats", "taxon_order = 'Chiroptera'", "order Chiroptera", 0.5),
    Group("primates", "taxon_order = 'Primates'", "order Primates, people apart"),
    Group("rodents", "taxon_order = 'Rodentia'", "order Rodentia", 1.0),
    Group("other mammals", "taxon_class = 'Mammalia'", "class Mammalia, none of the above"),
    Group("insects", "taxon_class = 'Insecta'", "class Insecta"),
    Group("other animals", "scientific_name IS NOT NULL", "any other taxon, or one wider than a class"),
    Group("unnamed animals", "kind = 'animal'", "kind animal without a taxon"),
    Group("unknown", "true", "nobody could name it, or a label that does not resolve"),
)

#: Groups that are annotated but are nobody's call.
NOT_CALLS = ("noise", "silence")

#: SQL expression: the group's name of a row of `calls`.
GROUP_SQL = "CASE " + " ".join(f"WHEN {g.where} THEN '{g.name}'" for g in GROUPS) + " END"
