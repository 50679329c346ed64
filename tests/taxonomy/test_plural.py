"""What a word may be the plural of."""

from __future__ import annotations

import pytest

from chorus.taxonomy.plural import singulars


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("frogs", "frog"),
        ("killer whales", "killer whale"),
        ("thrushes", "thrush"),
        ("canaries", "canary"),
        ("wolves", "wolf"),
        ("doves", "dove"),
        ("snow geese", "snow goose"),
        ("geese", "goose"),
        ("titmice", "titmouse"),
    ],
)
def test_regular_and_irregular_ones(name: str, singular: str) -> None:
    assert singular in singulars(name)


@pytest.mark.parametrize("name", ["", "s", "frog", "bass"])
def test_what_is_no_plural(name: str) -> None:
    assert singulars(name) == []
