"""Every label that the sources are known to use resolves, or has no taxon on purpose: those of the tables of labels,
of the lists in the descriptions of the data sets, and of the annotation files that lie beside the project."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest

from chorus import adapters
from chorus.errors import UsageError
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.taxonomy import Match, Resolver
from chorus.taxonomy.tables import rows

#: Lines of a Markdown table in a description: label, other code, scientific name. Which column is which differs.
CODE_TABLES = {
    **dict.fromkeys(
        ["columbia_costa_rica", "hawaii_birds", "northeast_us", "sierra_nevada", "southwest_amazon", "western_us"],
        (0, 1),
    ),
    "ena_birds": (0, 2),
}


@cache
def resolver(source: str) -> Resolver:
    """The resolver as an ingest of the source uses it."""
    return Resolver(source, birds="birds" in adapters.get(source).card.taxa)


def accepted(name: str) -> str | None:
    """The accepted form of a scientific name."""
    taxon = Resolver("none").resolve(name).taxon
    return taxon.scientific_name if taxon else None


def is_settled(match: Match) -> bool:
    return match.taxon is not None if match.how != "none" else match.taxon is None


def test_every_row_of_the_label_tables_is_settled() -> None:
    open_labels = [
        (row["dataset"], row["label"])
        for row in rows("dataset_labels.csv")
        if not is_settled(resolver(row["dataset"]).resolve(None if row["label"] == "*" else row["label"]))
    ]
    assert open_labels == []


def test_every_row_of_the_original_label_table_has_its_taxon(shared: Path) -> None:
    with (shared / "taxonomy" / "dataset_labels.csv").open(encoding="utf-8", newline="") as file:
        originals = list(csv.DictReader(file))
    assert len(originals) > 1000
    wrong = []
    for row in originals:
        match = resolver(row["dataset"]).resolve(None if row["label"] == "*" else row["label"])
        name = match.taxon.scientific_name if match.taxon else ""
        if not is_settled(match) or name != row["scientific_name"]:
            wrong.append((row["dataset"], row["label"], row["scientific_name"], match))
    assert wrong == []


@pytest.mark.parametrize("source", CODE_TABLES)
def test_codes_mean_the_species_that_the_description_names(shared: Path, source: str) -> None:
    code_at, name_at = CODE_TABLES[source]
    text = (shared / "datasets" / f"{source}.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines() if line[:1] == "|"]
    codes = [
        (line[code_at], line[name_at])
        for line in lines
        if len(line) > max(code_at, name_at) and re.fullmatch(r"[A-Z][a-z]+ [a-z]+", line[name_at])
    ]
    assert len(codes) > 20
    found = {code: resolver(source).resolve(code).taxon for code, _ in codes}
    names = {code: taxon.scientific_name if taxon else None for code, taxon in found.items()}
    assert names == {code: accepted(name) for code, name in codes}


def test_codes_of_anuraset_mean_the_frogs_that_its_description_names(shared: Path) -> None:
    text = (shared / "datasets" / "anuraset.md").read_text(encoding="utf-8")
    codes = dict(re.findall(r"\b([A-Z]{6}) ([A-Z][a-z]+ [a-z]+)", text))
    assert len(codes) == 42
    for code, name in codes.items():
        taxon = resolver("anuraset").resolve(code).taxon
        assert taxon is not None, code
        assert taxon.scientific_name == accepted(name), code


#: Sources with annotation files at hand, and where they lie.
SAMPLES = {
    **{
        source: f"samples/{source}"
        for source in (
            *(
                "animal_sounds",
                "anuraset",
                "audioset",
                "avian_dawn",
                "bengalese_finch",
                "birdeep",
                "columbia_costa_rica",
            ),
            *("darpa_timit", "dcase", "domestic_canaries", "ena_birds", "esc", "hainan_gibbons", "hawaii_birds"),
            *("northeast_us", "pigs", "rainforest", "sierra_nevada", "southwest_amazon", "sperm_whales", "western_us"),
        )
    },
    "mouse_usv_amvoc": "real/mouse_usv_amvoc",
    "neotropical_bats_whombat": "real/neotropical_bats_whombat",
}


@pytest.mark.parametrize("source", SAMPLES)
def test_every_label_of_a_real_annotation_file_is_settled(shared: Path, tmp_path: Path, source: str) -> None:
    report = ingest(Layout(tmp_path / "lake"), source, shared / SAMPLES[source])
    assert report.calls > 0
    assert report.unresolved == {}
    assert not set(report.resolution) & {"unknown", "ambiguous"}


def test_every_animal_class_of_audioset_is_settled(shared: Path) -> None:
    from chorus.adapters.formats.audioset import kind_of

    with (shared / "samples" / "audioset" / "class_labels_indices.csv").open(encoding="utf-8", newline="") as file:
        classes = [row["mid"] for row in csv.DictReader(file)]
    animals = [mid for mid in classes if kind_of(mid) == "animal"]
    assert len(animals) > 60
    assert [mid for mid in animals if resolver("audioset").resolve(mid).taxon is None] == []


def test_a_source_of_one_species_has_it_for_every_label() -> None:
    for source, label in (("domestic_canaries", "crow"), ("fruit_bats", "NOCA"), ("giant_otters", "bark")):
        match = resolver(source).resolve(label)
        assert match.how == "source"
        assert match.taxon == resolver(source).resolve(None).taxon


@pytest.mark.parametrize(("label", "how"), [("DOVE", "alpha4"), ("dove", "english"), ("BARG", "ambiguous")])
def test_banding_codes_are_in_capitals(label: str, how: str) -> None:
    assert Resolver("x", birds=True).resolve(label).how == how


def test_codes_beside_the_first_are_names_of_the_taxon_too() -> None:
    assert {"wesfly", "pasfly", "wefl"} <= set(resolver("ena_birds").resolve("wesfly").taxon.names())  # type: ignore[union-attr]


def test_sources_are_known() -> None:
    for source in {row["dataset"] for row in rows("dataset_labels.csv")}:
        try:
            adapters.get(source)
        except UsageError:
            pytest.fail(f"{source} has labels and no adapter")
