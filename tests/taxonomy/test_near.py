"""Which known names an unknown one may stand for."""

from __future__ import annotations

import pytest

from chorus.taxonomy import taxa
from chorus.taxonomy.near import near


@pytest.fixture(scope="module")
def known() -> list[str]:
    return sorted({name for entry in taxa().values() for name in entry.names()})


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("robin", "american robin"),
        ("zebrafinch", "zebra finch"),
        ("estern towhee", "eastern towhee"),
        ("callithrix jachus", "callithrix jacchus"),
        ("dendroica petechia", "setophaga petechia"),
        ("norcarr", "norcar"),
        ("frogs", "frog"),
        ("warblers", "palm warbler"),
    ],
    ids=[
        "a word of it",
        "no blank",
        "a letter short",
        "misspelt",
        "its old genus",
        "a code",
        "a plural",
        "plural word",
    ],
)
def test_the_likeliest_goes_first(known: list[str], name: str, first: str) -> None:
    assert near(name, known)[0] == first


def test_a_word_does_not_suggest_codes(known: list[str]) -> None:
    assert all(len(name) > 8 or " " in name for name in near("robbin hood", known) + near("zebrafinch", known))


def test_nothing_is_near(known: list[str]) -> None:
    assert near("kohlmeise", known) == []
