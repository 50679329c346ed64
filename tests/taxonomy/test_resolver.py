"""Names resolve in a fixed order, and never by guessing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest

from chorus.taxonomy import Resolver, clades, fold, resolver, taxa


@pytest.mark.parametrize("name", ["orca", "Killer Whale", "killer  whale", "Orcinus orca", "ORCINUS_ORCA"])
def test_every_way_to_say_orca(name: str) -> None:
    match = Resolver("any").resolve(name)
    assert match.taxon is not None
    assert (match.taxon.scientific_name, match.taxon.species) == ("Orcinus orca", "orca")


def test_datasets_own_label_wins_over_any_other_reading() -> None:
    match = Resolver("ena_birds", birds=True).resolve("AMGO")
    assert match.taxon is not None
    assert match.taxon.scientific_name == "Spinus tristis"
    assert match.how == "label"


def test_single_species_source_resolves_every_label() -> None:
    match = Resolver("domestic_canaries").resolve("J2")
    assert match.taxon is not None
    assert match.taxon.scientific_name == "Serinus canaria"


@pytest.mark.parametrize(
    ("name", "taxon"),
    [
        ("Strix", ("Strix", "genus", "Strix", "Strigidae", "Strigiformes", "Aves")),
        ("Parus sp.", ("Parus", "genus", "Parus", "Paridae", "Passeriformes", "Aves")),
        ("parus spp", ("Parus", "genus", "Parus", "Paridae", "Passeriformes", "Aves")),
        ("Strigidae", ("Strigidae", "family", None, "Strigidae", "Strigiformes", "Aves")),
    ],
)
def test_groups_that_are_known_from_their_species(name: str, taxon: tuple[str | None, ...]) -> None:
    """So a call with such a label is found by `taxon='Strix'`, as calls of its species are."""
    found = Resolver("x").resolve(name)
    assert found.taxon
    assert found.taxon.species is None
    lineage = (found.taxon.genus, found.taxon.family, found.taxon.taxon_order, found.taxon.taxon_class)
    assert (found.taxon.scientific_name, found.taxon.rank, *lineage) == taxon


def test_a_group_of_two_lineages_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    owl = next(entry for entry in taxa().values() if entry.genus == "Strix")
    plant = replace(owl, scientific_name="Strix herba", kingdom="Plantae", family="Other")
    monkeypatch.setattr(resolver, "taxa", lambda: {"a": owl, "b": plant})
    assert "strix" not in resolver._groups.__wrapped__()
    monkeypatch.setattr(resolver, "taxa", lambda: {"a": owl})
    assert "strix" in resolver._groups.__wrapped__()


@pytest.mark.parametrize(
    ("label", "scientific_name"),
    [("frogs", "Anura"), ("Snow Geese", "Anser caerulescens"), ("Anas", "Anas"), ("wrens", None)],
)
def test_plurals_of_english_names(label: str, scientific_name: str | None) -> None:
    match = Resolver("x", birds=True).resolve(label)
    assert (match.taxon and match.taxon.scientific_name) == scientific_name


def test_banding_codes_only_for_birds() -> None:
    assert Resolver("x", birds=True).resolve("NOCA").how == "alpha4"
    assert Resolver("x").resolve("NOCA").how == "unknown"


def test_synonym_gives_the_accepted_name() -> None:
    match = Resolver("x").resolve("Accipiter gentilis")
    assert match.taxon is not None
    assert (match.taxon.scientific_name, match.how) == ("Astur atricapillus", "synonym")


def test_ambiguous_is_reported_with_its_candidates() -> None:
    match = Resolver("x").resolve("Elk")
    assert (match.taxon, match.how) == (None, "ambiguous")
    assert len(match.candidates) == 2


def test_label_that_deliberately_has_no_taxon_is_not_unknown() -> None:
    assert Resolver("orca_sounds").resolve("no_call").how == "none"


def test_columns_of_many_rows() -> None:
    keys = pa.array(["orca", None, "zzz", "orca", "frog"])
    columns, outcomes, unresolved = Resolver("x").columns(keys)
    assert columns["species"].to_pylist() == ["orca", None, None, "orca", None]
    assert columns["taxon_order"].to_pylist() == ["Artiodactyla", None, None, "Artiodactyla", "Anura"]
    assert outcomes == {"species": 2, "none": 1, "unknown": 1, "higher": 1}
    assert unresolved == {"zzz": 1}


def test_species_names_are_unique() -> None:
    counts = Counter(entry.species for entry in taxa().values() if entry.species)
    assert [name for name, n in counts.items() if n > 1] == []


def test_clades_point_to_groups_of_the_right_shape() -> None:
    for clade, members in clades().items():
        assert clade in taxa()
        assert members


@pytest.mark.parametrize(("text", "folded"), [("Swainson\u2019s  Thrush", "swainson's thrush"), ("a_b", "a b")])
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
