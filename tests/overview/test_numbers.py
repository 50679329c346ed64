"""The numbers of a lake that was counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import ChorusError
from chorus.lake import Lake
from chorus.overview.groups import GROUPS, NOT_CALLS
from chorus.overview.numbers import Numbers, Share, count, octave
from tests.overview.helpers import add, call

HOUR = {"duration_s": 3600.0, "sample_rate": 48_000}


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Numbers:
    """Birds and people in one source, whales and bats in another; noise, silence, doubt and denial beside them."""
    folder = tmp_path_factory.mktemp("numbers")
    add(
        folder,
        {
            "a.wav": [
                call(0, 1, "EATO"),
                call(2, 3, "NOCA"),
                call(2, 3, "bird"),
                call(4, 5, "NOCA", presence="absent"),
                call(4, 5, "NOCA", presence="uncertain"),
                call(5, 6, "rain", kind="noise"),
                call(6, 7, None, kind="silence"),
            ],
            "b.wav": [call(0, 9, "EATO", strength="weak"), call(1, 2, "speech"), call(3, 4, "who knows")],
            "empty.wav": [],
        },
        {"a.wav": HOUR | {"licence": "CC-BY-4.0"}, "b.wav": {"duration_s": 1800.0, "sample_rate": 44_100}},
    )
    lake = add(
        folder,
        {"c.wav": [call(0, 1, "orca"), call(1, 2, "whale"), call(2, 3, "frog"), call(3, 4, "mouse"), call(4, 5, None)]},
        {"c.wav": {"duration_s": 7200.0, "sample_rate": 500}},
        source="sperm_whales",
        counts_as_call="label = 'orca'",
        paper_calls=4,
        taxa=["whales"],
    )
    return count(lake)


def by_name(shares: list[Share]) -> dict[str, tuple[int, int, float, int, int]]:
    return {s.name: (s.calls, s.recordings, s.hours, s.species, s.sources) for s in shares}


def test_totals(numbers: Numbers) -> None:
    t = numbers.totals
    assert (t.calls, t.noise, t.silence, t.uncertain, t.absent) == (11, 1, 1, 1, 1)
    assert (t.recordings, t.with_sound, t.unknown_length, t.hours) == (4, 0, 1, 3.5)
    assert (t.sources, t.species, t.genera) == (2, 3, 3)


def test_groups(numbers: Numbers) -> None:
    found = by_name(numbers.groups)
    assert found["birds"] == (4, 2, 1.5, 2, 1)
    assert found["people"] == (1, 1, 0.5, 1, 1)
    assert found["unknown"] == (1, 1, 0.5, 0, 1)
    assert (found["noise"], found["silence"]) == ((1, 1, 1.0, 0, 1), (1, 1, 1.0, 0, 1))
    # every label of sperm_whales is a sperm whale
    assert found["whales & dolphins"] == (5, 1, 2.0, 1, 1)
    assert sum(s.calls for s in numbers.groups if s.name not in NOT_CALLS) == numbers.totals.calls


def test_environment_strength_and_licence(numbers: Numbers) -> None:
    assert by_name(numbers.environments) == {"terrestrial": (6, 3, 1.5, 3, 1), "marine": (5, 1, 2.0, 1, 1)}
    assert by_name(numbers.strengths) == {"strong": (10, 3, 3.5, 4, 2), "weak": (1, 1, 0.5, 1, 1)}
    assert by_name(numbers.licences)["CC-BY-4.0"] == (3, 1, 1.0, 2, 1)
    assert by_name(numbers.licences)["CC0-1.0"] == (3, 2, 0.5, 2, 1)
    assert by_name(numbers.reviewed) == {"full": (11, 4, 3.5, 4, 2)}


def test_sample_rates_in_octaves(numbers: Numbers) -> None:
    found = {(r.low_hz, r.high_hz): (r.recordings, r.hours, r.rates) for r in numbers.rates}
    assert found[(0, 1000)] == (1, 2.0, (500,))
    assert found[(32_000, 64_000)] == (2, 1.5, (44_100, 48_000))
    assert [low for low, _ in found] == [0, 1000, 2000, 4000, 8000, 16_000, 32_000]
    assert found[(8000, 16_000)] == (0, 0, ())
    assert numbers.unknown_rate == 1


@pytest.mark.parametrize(("rate", "k"), [(1, 0), (999, 0), (1000, 1), (1999, 1), (2000, 2), (44_100, 6), (250_000, 8)])
def test_octave(rate: int, k: int) -> None:
    assert octave(rate) == k
    assert (500 << k if k else 0) <= rate < 1000 << k


def test_sources_beside_table_one(numbers: Numbers) -> None:
    birds, whales = numbers.sources
    assert (birds.id, birds.rows, birds.counted, birds.paper_calls, birds.hours) == ("ena_birds", 10, 8, 16_052, 1.5)
    assert (birds.recordings, birds.without_sound, birds.species) == (3, 3, 3)
    assert (whales.rows, whales.counted, whales.paper_calls) == (5, 1, 4)
    assert "esc" in numbers.missing
    assert not {"ena_birds", "synth", "mouse_usv_amvoc"} & set(numbers.missing)


def test_contexts_add_up_to_the_lake(numbers: Numbers) -> None:
    assert sum(c.recordings for c in numbers.contexts) == numbers.totals.recordings
    assert sum(c.calls for c in numbers.contexts) == numbers.totals.calls
    assert {c.name: c.recordings for c in numbers.contexts if c.recordings} == {
        "people": 1,
        "several at once, unnamed": 1,
        "one after another": 1,
        "no calls": 1,
    }


LABELS = {
    "northern cardinal": "birds",
    "frog": "frogs & toads",
    "orca": "whales & dolphins",
    "toothed whale": "whales & dolphins",
    "Cetacea": "whales & dolphins",
    "seal or sea lion": "seals & sea lions",
    "harbor seal": "seals & sea lions",
    "bat": "bats",
    "gibbon": "primates",
    "house mouse": "rodents",
    "cattle": "other mammals",
    "mammal": "other mammals",
    "mosquito": "insects",
    "fish": "other animals",
    "animals": "other animals",
    "man": "people",
}


def test_the_group_of_a_taxon(tmp_path: Path) -> None:
    rows = [call(k, k + 1, label) for k, label in enumerate(LABELS)]
    lake = add(
        tmp_path, {"a.wav": [*rows, call(99, 100, "chirp", kind="animal")]}, taxa=["mammals"], source="rainforest"
    )
    found = {s.name: s.calls for s in count(lake).groups}
    expected = [*LABELS.values(), "unnamed animals"]
    assert found == {name: expected.count(name) for name in set(expected)}
    assert set(found) <= {group.name for group in GROUPS}


def test_a_lake_of_recordings_without_calls(tmp_path: Path) -> None:
    numbers = count(add(tmp_path, {"a.wav": []}))
    assert (numbers.totals.calls, numbers.groups, numbers.rates, numbers.unknown_rate) == (0, [], [], 1)


def test_an_empty_lake_is_told(tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="holds no source yet"):
        count(Lake(tmp_path / "lake"))
