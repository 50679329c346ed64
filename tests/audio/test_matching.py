"""Matching of fingerprints: laws of the similarity, and that the order of the recordings does not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.audio.fingerprint import BY_NAME
from chorus.audio.matching import ENOUGH_S, LEAST_WORDS, matches, similarity_of

AUDIBLE = BY_NAME["audible"]


def words(seed: int, count: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 1 << 32, count, dtype=np.uint32)


def noisy(track: np.ndarray, seed: int, bits: int = 3) -> np.ndarray:
    """With about `bits` of the 32 bits of two thirds of the words turned."""
    rng = np.random.default_rng(seed)
    turned = np.zeros(len(track), np.uint32)
    for _ in range(bits):
        turned ^= np.uint32(1) << rng.integers(0, 32, len(track), dtype=np.uint32)
    return np.where(rng.random(len(track)) < 0.67, track ^ turned, track)


def pairs(tracks: list[list[np.ndarray]]) -> dict[tuple[int, int], float]:
    found = matches(AUDIBLE, len(tracks), lambda number: tracks[number])
    return {(match.first, match.second): match.similarity for match in found}


@given(st.integers(0, 99), st.integers(0, 99))
def test_similarity_is_symmetric_and_1_with_itself(a: int, b: int) -> None:
    one, other = words(a), words(b)
    assert similarity_of(one, one) == (1.0, len(one))
    assert similarity_of(one, ~one) == (-1.0, len(one))
    assert similarity_of(one, other) == similarity_of(other, one)
    assert a == b or abs(similarity_of(one, other)[0]) < 0.1


@given(st.permutations(range(8)))
def test_the_order_of_recordings_does_not_matter(order: list[int]) -> None:
    tracks = [[words(k)] for k in range(5)] + [[noisy(words(k), k)] for k in range(3)]
    expected = {frozenset((k, k + 5)) for k in range(3)}
    assert {frozenset((order[a], order[b])) for a, b in pairs([tracks[k] for k in order])} == expected


def test_nothing_to_compare() -> None:
    assert not pairs([])
    assert not pairs([[], []])
    assert not pairs([[words(1)], []])
    assert not pairs([[words(1)], [words(2)]])


def test_too_little_in_common_is_no_match() -> None:
    short = words(1, LEAST_WORDS - 1)
    assert not pairs([[short], [short]])
    long = round(3 * ENOUGH_S / AUDIBLE.step_s)
    for shared, alike in ((long // 8, False), (round(1.1 * ENOUGH_S / AUDIBLE.step_s), True)):
        one, other = words(1, long), words(2, long)
        other[:shared] = one[-shared:]
        found = list(matches(AUDIBLE, 2, lambda number, both=(one, other): [both[number]]))
        assert bool(found) == alike
        if alike:
            assert found[0].offset_s == pytest.approx((long - shared) * AUDIBLE.step_s)
            assert found[0].shared_s == pytest.approx(shared * AUDIBLE.step_s)


def test_a_word_that_is_everywhere_hides_no_copy() -> None:
    """A steady hum gives one word again and again, in every recording."""
    hum = np.full(400, 12_345, np.uint32)
    tracks = [[np.concatenate([hum, words(k)])] for k in range(30)] + [[np.concatenate([hum, noisy(words(3), 1)])]]
    found = pairs(tracks)
    assert found[3, 30] > 0.9


def test_single_channels_are_compared_with_whole_recordings_only() -> None:
    """Numbers 0 to 3 are recordings, 4 and 5 channels of 1 and 0, 6 and 7 channels of 1 and 2 with the same clock."""
    tracks = [[words(1)], [words(2)], [words(3)], [words(4)], [words(4)[20:]], [words(1)], [words(5)], [words(5)]]
    (match,) = matches(AUDIBLE, 4, lambda number: tracks[number], [1, 0, 1, 2])
    assert (match.first, match.second, match.similarity) == (1, 3, 1.0)
    assert match.offset_s == pytest.approx(-20 * AUDIBLE.step_s)


def test_what_matches_as_a_whole_is_told_once() -> None:
    tracks = [[words(1)], [noisy(words(1), 1)], [noisy(words(1), 2)], [noisy(words(1), 3)]]
    found = list(matches(AUDIBLE, 2, lambda number: tracks[number], [0, 1]))
    assert [(match.first, match.second) for match in found] == [(0, 1)]
