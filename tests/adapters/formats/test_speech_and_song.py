"""TIMIT transcriptions, .not.mat files, and times in file names."""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.notmat import read_notmat
from chorus.adapters.formats.timit import read_timit
from chorus.errors import ReadError
from tests.adapters.helpers import notmat


def test_timit_samples_become_seconds() -> None:
    found = read_timit(b"0 9640 h#\n9640 11240 sh\n\n0 63488 She had your dark suit.\n", "SA1.PHN")
    assert found.start_s == [0.0, 0.6025, 0.0]
    assert found.end_s == [0.6025, 0.7025, 3.968]
    assert found.label == ["h#", "sh", "She had your dark suit."]
    assert found.lines == [1, 2, 4]


def test_timit_bad_lines() -> None:
    found = read_timit(b"0 9640\n-5 10 a\n1.5 2 b\n1 2 c\n", "SA1.WRD")
    assert found.label == ["c"]
    reasons = [("wrong_field_count", 1), ("not_a_number", 2), ("not_a_number", 3)]
    assert [(p.reason, p.line) for p in found.problems] == reasons


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), max_size=6))
def test_timit_times_are_exact_to_the_sample(pairs: list[tuple[int, int]]) -> None:
    found = read_timit("".join(f"{a} {b} x\n" for a, b in pairs).encode(), "SA1.PHN")
    assert [(round(a * 16000), round(b * 16000)) for a, b in zip(found.start_s, found.end_s, strict=True)] == pairs


def test_notmat_milliseconds_become_seconds() -> None:
    found = read_notmat(notmat("i-0", [1277.78125, 1452.5, 2000.0], [1351.25, 1535.5, 2100.0]), "x.not.mat")
    assert found.start_s == [1.27778125, 1.4525, 2.0]
    assert found.end_s == [1.35125, 1.5355, 2.1]
    assert found.label == ["i", "-", "0"]
    assert list(found.records) == [1, 2, 3]


def test_notmat_of_one_and_of_no_syllable() -> None:
    assert read_notmat(notmat("e", [10.0], [20.0]), "x").start_s == [0.01]
    assert read_notmat(notmat("", [], []), "x").label == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1e6, allow_nan=False), max_size=5))
def test_notmat_keeps_every_onset(onsets: list[float]) -> None:
    found = read_notmat(notmat("a" * len(onsets), onsets, onsets), "x")
    assert found.start_s == found.end_s == [value / 1000 for value in onsets]


def test_notmat_counts_must_agree() -> None:
    with pytest.raises(ReadError, match=r"x\.not\.mat: .*2 onsets, 2 offsets and 3 labels"):
        read_notmat(notmat("abc", [1.0, 2.0], [1.5, 2.5]), "x.not.mat")


def test_notmat_without_a_variable() -> None:
    from scipy.io import savemat

    buffer = io.BytesIO()
    savemat(buffer, {"onsets": np.zeros((1, 1)), "labels": "a"})
    with pytest.raises(ReadError, match="there is no 'offsets'"):
        read_notmat(buffer.getvalue(), "x.not.mat")


def test_notmat_with_text_for_times() -> None:
    from scipy.io import savemat

    buffer = io.BytesIO()
    savemat(buffer, {"onsets": "a", "offsets": "b", "labels": "a"})
    with pytest.raises(ReadError, match="expected numbers in 'onsets'"):
        read_notmat(buffer.getvalue(), "x.not.mat")


@pytest.mark.parametrize("keep", [0, 60, 128, 200, 300])
def test_notmat_cut_short(keep: int) -> None:
    with pytest.raises(ReadError) as caught:
        read_notmat(notmat("ab", [1.0, 2.0], [1.5, 2.5])[:keep], "x.not.mat")
    assert "\n" not in str(caught.value)


def test_local_time() -> None:
    assert local_time("20191031_235959", "%Y%m%d_%H%M%S") == dt.datetime(2019, 10, 31, 23, 59, 59)
    assert local_time("2019", "%Y%m", "%Y") == dt.datetime(2019, 1, 1)
    assert local_time("20191331_000000", "%Y%m%d_%H%M%S") is None
