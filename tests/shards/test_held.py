"""Sounds that are asked for again are made once, as long as there is room."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chorus.shards.held import Held


class Maker:
    """Makes the sound of a place, and counts how often."""

    def __init__(self) -> None:
        self.made: Counter[int] = Counter()

    def __call__(self, place: int) -> Any:
        self.made[place] += 1
        return np.full(10, place, np.int16)


def asked(held: Held, places: list[int]) -> Maker:
    maker = Maker()
    for place in places:
        assert held.get(place, lambda place=place: maker(place))[0] == place  # type: ignore[misc]
    return maker


@given(st.lists(st.integers(0, 5)))
def test_each_is_made_once_and_none_is_held_after_the_last_time(places: list[int]) -> None:
    held = Held()
    held.expect(places)
    maker = asked(held, places)
    assert maker.made == Counter(set(places))
    assert held.bytes == 0


@given(st.lists(st.integers(0, 5)), st.integers(0, 50))
def test_there_is_never_more_than_the_limit(places: list[int], most: int) -> None:
    held = Held(most)
    held.expect(places)
    for place in places:
        held.get(place, lambda place=place: np.full(10, place, np.int16))  # type: ignore[misc]
        assert held.bytes <= most


def test_what_was_not_expected_is_made_each_time() -> None:
    held = Held()
    assert asked(held, [1, 1]).made == {1: 2}
    assert held.bytes == 0


def test_what_is_held_cannot_be_changed() -> None:
    held = Held()
    held.expect([1, 1])
    assert not held.get(1, lambda: np.zeros(3)).flags.writeable
