"""Names stand for animals in every way in which SQL compares a column with values."""

from __future__ import annotations

import pytest

from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.names import Names
from tests.lake.helpers import four_species


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return four_species(tmp_path_factory.mktemp("names"))


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("species IN ['NOCA', 'EATO']", 8),
        ("species NOT IN ['NOCA', 'EATO']", 8),
        ("list_contains(['NOCA'], species)", 4),
        ("species = ANY(['NOCA', 'EATO'])", 8),
        ("species <> ALL(['NOCA', 'EATO'])", 8),
        ("species IN (SELECT 'NOCA')", 4),
        ("species IN (VALUES ('NOCA'), ('EATO'))", 8),
        ("species IN ('NOCA', NULL)", 4),
        ("species IN ('NOCA', source)", 4),
        ("species IS NOT DISTINCT FROM 'NOCA'", 4),
        ("species IS DISTINCT FROM 'NOCA'", 13),
        ("species='NOCA' COLLATE NOCASE", 4),
        ("species COLLATE NOCASE = 'NOCA'", 4),
        ("species = 'NOCA'::VARCHAR", 4),
        ("lower(species) = 'noca'", 4),
        ("upper(species) IN (upper('NOCA'))", 4),
        ("(species, start_s) = ('NOCA', 1.5)", 2),
        ("(species, source) IN (('NOCA', 'ena_birds'), ('EATO', 'ena_birds'))", 8),
        ("CASE species WHEN 'NOCA' THEN true END", 4),
        ("species LIKE 'Northern Cardinal'", 4),
        ("species NOT LIKE 'Northern Cardinal'", 12),
        ("species ILIKE 'noca'", 4),
        ("species SIMILAR TO 'NOCA'", 4),
        ("species GLOB 'NOCA'", 4),
    ],
)
def test_every_way_to_compare_a_species(lake: Lake, where: str, count: int) -> None:
    assert len(lake.query(where)) == count


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("taxon IN ['waterfowl', 'NOCA']", 8),
        ("taxon NOT IN ['waterfowl', 'NOCA']", 9),
        ("taxon = ANY(['waterfowl'])", 4),
        ("taxon <> ALL(['waterfowl', 'NOCA'])", 9),
        ("taxon IN ('waterfowl', NULL)", 4),
        ("taxon NOT IN ('waterfowl', NULL)", 13),
        ("taxon IS NOT DISTINCT FROM 'waterfowl'", 4),
        ("taxon IS DISTINCT FROM 'waterfowl'", 13),
        ("lower(taxon) = 'waterfowl'", 4),
        ("taxon LIKE 'Waterfowl'", 4),
        ("taxon NOT ILIKE 'waterfowl'", 13),
    ],
)
def test_every_way_to_compare_a_taxon(lake: Lake, where: str, count: int) -> None:
    assert len(lake.query(where)) == count


@pytest.mark.parametrize("where", ["species LIKE '%cardinal'", "species ILIKE 'N%'", "contains(species, 'cardinal')"])
def test_patterns_and_parts_are_looked_for_in_stored_names(lake: Lake, where: str) -> None:
    assert len(lake.query(where)) == 4


def test_a_part_that_is_a_name_is_told(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r"no species is written with 'NOCA', which is a name: write species='NOCA'"):
        lake.query("regexp_matches(species, 'NOCA')")
    with pytest.raises(UsageError, match="write taxon='Aves'"):
        lake.query("contains(species, 'Aves')")
    assert lake.query("SELECT species FROM taxa WHERE contains(species, 'killer whale') LIMIT 1").rows()


@pytest.mark.parametrize(
    "text",
    [
        "taxon LIKE 'wat%'",
        "taxon IS NULL",
        "taxon IN (NULL)",
        'taxon="bird"',
        "taxon = label",
        "SELECT taxon FROM calls",
    ],
)
def test_taxon_without_a_name_says_what_to_write(lake: Lake, text: str) -> None:
    with pytest.raises(UsageError, match=r"taxon is no column.*taxon='frog'.*taxon_class$"):
        lake.query(text)


def test_a_column_of_ones_own_may_be_called_taxon(lake: Lake) -> None:
    rows = lake.query("SELECT family AS taxon, count(*) AS n FROM calls GROUP BY taxon ORDER BY upper(taxon)").rows()
    assert [row["n"] for row in rows] == [4, 4, 4, 4, 1]


def test_a_comparison_keeps_its_alias(lake: Lake) -> None:
    assert lake.query("SELECT taxon='bird' AS is_bird FROM calls WHERE species='NOCA' LIMIT 1").rows() == [
        {"is_bird": True}
    ]


@pytest.mark.parametrize(
    ("name", "scientific"),
    [
        ("frogs", "Anura"),
        ("toads", "Anura"),
        ("songbirds", "Passeriformes"),
        ("monkeys", "Primates"),
        ("geese", "Anser"),
        ("fishes", "Actinopterygii"),
        ("pigs", "Sus scrofa"),
        ("wolves", "Canis lupus"),
        ("northern cardinals", "Cardinalis cardinalis"),
        ("cats", "Felidae"),
        ("fish", "Actinopterygii"),
        ("FISH", "Clytorhynchus vitiensis"),
        ("dove", "Columbidae"),
        ("DOVE", "Alle alle"),
    ],
)
def test_plurals_and_group_words(lake: Lake, name: str, scientific: str) -> None:
    assert [taxon.scientific_name for taxon in Names(lake.connect()).candidates(name)] == [scientific]


def test_the_plural_of_a_code_is_nobodys_name(lake: Lake) -> None:
    with pytest.raises(UsageError, match="nobody by that name; nearest: rock wren, house wren"):
        lake.query("taxon='wrens'")


def test_what_to_write_is_written_as_sql(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r"^species='bewick''s wrn': nobody by that name; nearest: bewick's wren$"):
        lake.query("species='bewick''s wrn'")
