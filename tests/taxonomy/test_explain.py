"""A taxon explained: its lineage in full, and by which of its names it was asked for."""

from __future__ import annotations

import json

import pytest

from chorus.taxonomy import clades, taxa
from chorus.taxonomy.explain import WORDS, explain


@pytest.mark.parametrize(
    ("scientific_name", "rank", "name", "how"),
    [
        ("Orcinus orca", "species", "ORCINUS_orca", "scientific"),
        ("Orcinus orca", "species", "killer whale", "english"),
        ("Orcinus orca", "species", "orcas", "english"),
        ("Astur atricapillus", "species", "Accipiter gentilis", "synonym"),
        ("Cardinalis cardinalis", "species", "norcar", "ebird"),
        ("Empidonax difficilis", "species", "wesfly", "ebird"),
        ("Cardinalis cardinalis", "species", "NOCA", "alpha4"),
        ("Setophaga coronata", "species", "MYWA", "alpha4"),
        ("Anura", "order", "frog", "group"),
        ("Aves", "class", "Aves", "scientific"),
        ("Cetacea", "infraorder", "Cetacea", "clade"),
        ("Cetacea", "infraorder", "whale", "group"),
        ("Emberizidae", "family", "emberizidae", "lineage"),
    ],
)
def test_how_a_name_was_matched(scientific_name: str, rank: str, name: str, how: str) -> None:
    found = explain(scientific_name, rank, name)
    assert (found.scientific_name, found.rank, found.how) == (scientific_name, rank, how)
    assert found.matched == WORDS[how]


@pytest.mark.parametrize(
    ("name", "rank", "lineage"),
    [
        (
            "Orcinus orca",
            "species",
            "Animalia Chordata Mammalia Artiodactyla Cetacea Odontoceti Delphinidae Orcinus",
        ),
        ("Delphinidae", "family", "Animalia Chordata Mammalia Artiodactyla Cetacea Odontoceti"),
        ("Odontoceti", "parvorder", "Animalia Chordata Mammalia Artiodactyla Cetacea"),
        ("Cetacea", "infraorder", "Animalia Chordata Mammalia Artiodactyla"),
        ("Artiodactyla", "order", "Animalia Chordata Mammalia"),
        ("Bos taurus", "species", "Animalia Chordata Mammalia Artiodactyla Bovidae Bovinae Bos"),
        ("Bovinae", "subfamily", "Animalia Chordata Mammalia Artiodactyla Bovidae"),
        ("Emberizidae", "family", "Animalia Chordata Aves Passeriformes"),
        ("Animalia", "kingdom", ""),
    ],
)
def test_lineages_with_the_groups_between_the_ranks(name: str, rank: str, lineage: str) -> None:
    assert [group for _, group in explain(name, rank, name).lineage] == lineage.split()


def test_every_taxon_can_be_explained_and_lies_below_what_its_lineage_names() -> None:
    for entry in taxa().values():
        found = explain(entry.scientific_name, entry.rank, entry.scientific_name)
        above = dict(found.lineage)
        assert entry.scientific_name not in above.values()
        assert above.get("class", entry.scientific_name) in (entry.taxon_class, entry.scientific_name)
        for clade in set(above.values()) & set(clades()):
            assert {entry.family, entry.genus, *clades().get(entry.scientific_name, ())} & set(clades()[clade])


def test_every_code_of_a_taxon_is_told() -> None:
    found = explain("Empidonax difficilis", "species", "wesfly")
    assert set(found.ebird_codes) == {"pasfly", "wesfly"}
    assert json.loads(json.dumps(found.as_dict()))["lineage"][0] == {"rank": "kingdom", "name": "Animalia"}
