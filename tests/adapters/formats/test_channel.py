"""Channels as tables write them."""

from __future__ import annotations

from chorus.adapters.formats.channel import read_channels


def test_numbers_and_sides() -> None:
    texts = ("1", " 1", "1.0", "R", "", None)
    assert read_channels(texts, range(6), "t.txt") == ([1, 1, 1, 2, None, None], [])


def test_what_is_none_is_told_once() -> None:
    found, [problem] = read_channels(("1", "0", "x"), (2, 3, 4), "t.txt")
    assert found == [1, None, None]
    assert (problem.line, problem.raw) == (3, "0")
    assert problem.message == "no channel in 2 rows, this one first: read as absent"


def test_columns_that_count_from_0() -> None:
    found, problems = read_channels(("1", "0", "L", "-1"), (2, 3, 4, 5), "t.txt", from_0=True)
    assert found == [2, 1, 1, None]
    assert [p.reason for p in problems] == ["channels_from_0", "no_channel"]
    assert read_channels(("1", "2"), (2, 3), "t.txt", from_0=True) == ([1, 2], [])
