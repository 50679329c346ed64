"""Audacity label tracks in both dialects."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters.formats.audacity import GIVE_UP, read_audacity
from chorus.errors import ReadError
from chorus.schemas.issue import Action


def test_three_columns() -> None:
    track = read_audacity(b"0.35\t0.7\tcall\r\n\r\n0.7\t0.9\t\r\n1.0\t1.0\tclick\r\n", "t.txt")
    assert track.label == ["call", None, "click"]
    assert (track.start_s, track.end_s) == ([0.35, 0.7, 1.0], [0.7, 0.9, 1.0])
    assert track.lines == [1, 3, 4]
    assert track.low_hz == track.high_hz == [None] * 3
    assert not track.problems


def test_spectral_lines_belong_to_the_label_above() -> None:
    track = read_audacity(b"0.1\t0.3\tSP\n\\\t6441.06\t12296.5\n0.5\t3.0\tCRER\n4\t5\tSP\n\\\t-1.0\t9000\n", "t.txt")
    assert track.label == ["SP", "CRER", "SP"]
    assert track.low_hz == [6441.06, None, None]
    assert track.high_hz == [12296.5, None, 9000.0]
    assert track.lines == [1, 3, 4]


def test_old_point_labels_and_missing_text() -> None:
    track = read_audacity(b"1.5\tclick\n2.0\t3.0\n", "t.txt")
    assert (track.start_s, track.end_s) == ([1.5, 2.0], [1.5, 3.0])
    assert track.label == ["click", None]


def test_decimal_commas_are_mended_and_told() -> None:
    track = read_audacity(b"1,5\t2,25\ta, b\n\\\t100,5\t200\n", "t.txt")
    assert (track.start_s, track.end_s, track.low_hz) == ([1.5], [2.25], [100.5])
    assert [(p.reason, p.action) for p in track.problems] == [("decimal_comma", Action.repaired)]
    assert not read_audacity(b"1.5\t2.25\ta, b\n", "t.txt").problems


def test_bad_lines_are_told_and_left_out() -> None:
    lines = ["1\t2\tA", "x\t2\tB", "\\\t5\t6", "lonely", "3\t4\tC\tmore", "5\t6\tD", "\\\tlow\t9", "\\\t1\t2"]
    track = read_audacity("\n".join(lines).encode(), "t.txt")
    assert track.label == ["A", "D"]
    assert track.low_hz == [None, None]
    assert [(p.reason, p.line) for p in track.problems] == [
        ("not_a_number", 2),
        ("band_without_label", 3),
        ("wrong_field_count", 4),
        ("wrong_field_count", 5),
        ("not_a_number", 7),
        ("band_without_label", 8),
    ]


def test_an_empty_file_is_reviewed_and_empty() -> None:
    for data in (b"", b"\n", b"\r\n \r\n"):
        track = read_audacity(data, "t.txt")
        assert track.lines == [] and track.problems == []


def test_another_kind_of_file_is_refused_early() -> None:
    with pytest.raises(ReadError, match=rf"t\.txt:{GIVE_UP}: expected lines of start, end, label"):
        read_audacity(b"this is prose\n" * 100_000, "t.txt")


def test_spinetail(shared: Path) -> None:
    file = shared / "real" / "spinetail_scikit_maad" / "spinetail.txt"
    track = read_audacity(file.read_bytes(), "spinetail.txt")
    assert len(track.lines) == 18
    assert (track.label.count("CRER"), track.label.count("SP")) == (4, 14)
    assert all(
        low is not None and high is not None and low < high
        for low, high in zip(track.low_hz, track.high_hz, strict=True)
    )
    assert not track.problems


times = st.floats(0, 1e5, allow_nan=False)
bands = st.none() | st.tuples(times, times)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\ufeff", exclude_categories=("Cs",)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(times, times, texts, bands), max_size=6))
def test_what_was_written_is_read(labels: list[tuple[float, float, str, tuple[float, float] | None]]) -> None:
    text = ""
    for start, end, label, band in labels:
        text += f"{start!r}\t{end!r}\t{label}\n" + (f"\\\t{band[0]!r}\t{band[1]!r}\n" if band else "")
    track = read_audacity(text.encode(), "t.txt")
    found = list(
        zip(track.start_s, track.end_s, track.label, zip(track.low_hz, track.high_hz, strict=True), strict=True)
    )
    assert found == [(a, b, t if t.strip() else None, band or (None, None)) for a, b, t, band in labels]
    assert not track.problems
