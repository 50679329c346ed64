"""What the lake holds of a taxon is what the query of its name finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import UsageError
from chorus.lake import Lake
from chorus.lake.names import Names
from chorus.lake.taxa import Held, holdings, look_up, packaged, resolution
from tests.overview.helpers import add, call


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("taxa")
    add(
        folder,
        {
            "a.wav": [call(0, 1, "EATO"), call(1, 2, "NOCA"), call(2, 3, "NOCA", presence="absent")],
            "b.wav": [
                call(0, 1, "NOCA"),
                call(1, 2, "bird", presence="uncertain"),
                call(2, 3, "who"),
                call(3, 4, "elk"),
            ],
            "c.wav": [call(0, 1, "NOCA", presence="absent"), call(1, 2, None, kind="noise")],
        },
    )
    return add(folder, {"d.wav": [call(0, 1, "frog"), call(1, 2, "NOCA")]}, source="hawaii_birds")


def found(lake: Lake, name: str) -> list[Held]:
    names = Names(lake.connect())
    return holdings(names, look_up(names, name)).by_source


def test_counts_by_source(lake: Lake) -> None:
    assert found(lake, "Northern Cardinal") == [
        Held("ena_birds", calls=2, uncertain=0, absent=2, recordings=2),
        Held("hawaii_birds", calls=1, uncertain=0, absent=0, recordings=1),
    ]
    assert found(lake, "bird")[0] == Held("ena_birds", calls=3, uncertain=1, absent=2, recordings=2)
    assert found(lake, "Anura") == [Held("hawaii_birds", 1, 0, 0, 1)]
    assert found(lake, "Cetacea") == []


@pytest.mark.parametrize("name", ["NOCA", "Cardinalidae", "bird", "frogs", "Passeriformes", "animals", "whale"])
def test_the_counts_are_those_of_the_query(lake: Lake, name: str) -> None:
    rows = sum(h.calls + h.uncertain + h.absent for h in found(lake, name))
    assert rows == len(lake.query(f"taxon='{name}'"))


def test_species_below_a_group(lake: Lake) -> None:
    names = Names(lake.connect())
    held = holdings(names, look_up(names, "birds"))
    assert held.by_species == {"northern cardinal": 3, "eastern towhee": 1}
    assert (held.calls, held.recordings) == (4, 3)
    assert held.as_dict()["by_source"][0]["source"] == "ena_birds"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("elk", r"'Alces alces' \(moose, a species\) or 'Cervus canadensis'"),
        ("PUMA", r"'Progne subis' \(purple martin, a species, by its code\) or 'Puma concolor'"),
        ("northern cardnal", "nearest: northern cardinal"),
        ("", "nobody by that name"),
        ("' OR 1=1 --", "nobody by that name"),
    ],
)
def test_names_that_are_no_one_taxon(lake: Lake, name: str, message: str) -> None:
    for db in (lake.connect(), packaged()):
        with pytest.raises(UsageError, match=message):
            look_up(Names(db), name)


@pytest.mark.parametrize("name", ["orca", "wesfly", "frog", "wolves", "Emberizidae", "Cetacea", "MYWA"])
def test_names_mean_the_same_without_a_lake(lake: Lake, name: str) -> None:
    assert look_up(Names(packaged()), name) == look_up(Names(lake.connect()), name)


def test_resolution_of_each_source(lake: Lake) -> None:
    birds, hawaii = resolution(lake.layout)
    assert birds == {
        "source": "ena_birds",
        "labels": 9,
        "species": 5,
        "higher": 1,
        "none": 1,
        "ambiguous": 1,
        "unknown": 1,
        "unresolved": {"who": 1, "elk": 1},
    }
    assert (hawaii["labels"], hawaii["species"], hawaii["higher"]) == (2, 1, 1)


def test_an_empty_lake_resolves_nothing(tmp_path: Path) -> None:
    assert resolution(Lake(tmp_path).layout) == []
