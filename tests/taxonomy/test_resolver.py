"""Names resolve in a fixed order, and never by guessing."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from chorus.taxonomy import Resolver, clades, fold, taxa


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
