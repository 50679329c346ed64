"""Raven selection tables, the fourteen odd ones of the gauntlet among them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters.formats.raven import BEGIN, END, HIGH, LOW, RavenTable, read_raven
from chorus.errors import ReadError
from chorus.schemas.issue import Action

#: table -> (label, low, high) of its calls, reasons of its problems.
PLAIN = [("EATO", 500.5, 4000.5), ("NOCA", 500.5, 4000.5)]
GAUNTLET: dict[str, tuple[list[tuple[str | None, float | None, float | None]], list[str]]] = {
    "ok": (PLAIN, []),
    "empty": ([], []),
    "wave_and_spec": (PLAIN, ["repeated_view"]),
    "nofreq": ([("EATO", None, None), ("NOCA", None, None)], []),
    "blank_label": ([PLAIN[0], (None, 500.5, 4000.5)], []),
    "NA_label": ([PLAIN[0], ("NA", 500.5, 4000.5)], []),
    "latin1": ([PLAIN[0], ("Épervier", 500.5, 4000.5)], ["not_utf8"]),
    "bom": (PLAIN, []),
    "crlf": (PLAIN, []),
    "swap": (PLAIN, []),
    "point": (PLAIN, []),
    "decimal_comma": (PLAIN, ["decimal_comma"]),
    "number_label": ([("1", 500.5, 4000.5), ("2", 500.5, 4000.5)], []),
    "trailing_blank": (PLAIN, []),
}
#: (start, end) of the second call where it is not 3 to 4 s: the engine flags or refuses these.
SECOND = {"swap": (4.0, 3.0), "point": (3.0, 3.0)}


@pytest.mark.parametrize("name", GAUNTLET)
def test_gauntlet(shared: Path, name: str) -> None:
    table = read_raven((shared / "gauntlet" / "raven" / f"{name}.txt").read_bytes(), name)
    calls, reasons = GAUNTLET[name]
    labels = next((table.column(c) for c in ("Species", "Annotation", "Label", "Code") if c in table.text), [])
    found = list(zip(labels, table.low_hz, table.high_hz, strict=True))
    assert sorted(found, key=str) == sorted(calls, key=str)
    assert [p.reason for p in table.problems] == reasons
    if calls:
        assert list(zip(table.start_s, table.end_s, strict=True)) == [(1.0, 2.0), SECOND.get(name, (3.0, 4.0))]


def test_all_tables_of_the_gauntlet_are_tested(shared: Path) -> None:
    assert {p.stem for p in (shared / "gauntlet" / "raven").iterdir()} == set(GAUNTLET)


def rows(*lines: str) -> RavenTable:
    header = "\t".join(["Selection", "View", "Channel", BEGIN, END, LOW, HIGH, "Species"])
    return read_raven("\n".join([header, *lines]).encode(), "t.txt")


def test_rows_that_are_shorter_than_others_are_told_once() -> None:
    whole, short = "1\tS\t1\t1\t2\t0\t9\tA", "2\tS\t1\t1\t2\t0\t9"
    [problem] = rows(whole, short, whole, short).problems
    assert (problem.line, problem.raw) == (3, short)
    assert problem.message == "2 of 4 rows have fewer than 8 fields, this one first: read as blank"
    assert rows(short, short).problems == [], "a column that a program left blank in every row"


def test_bad_rows_are_told_and_left_out() -> None:
    table = rows("1\tS\t1\t1\t2\t0\t9\tA", "2\tS\t1\tx\t2\t0\t9\tB", "3\tS\t1\t1\t2\t0\t9\tC\textra", "4\tS\t0\t3\t4")
    assert table.column("Species") == ["A", None]
    assert table.lines == [2, 5]
    assert table.channel == [1, None]
    assert {(p.reason, p.line, p.action) for p in table.problems} == {
        ("not_a_number", 3, Action.dropped),
        ("wrong_field_count", 4, Action.dropped),
        ("short_row", 5, Action.noted),
        ("no_channel", 5, Action.noted),
    }


def test_numbers_that_start_again_in_a_joined_table_are_other_selections() -> None:
    header = "\t".join(["Selection", "View", "Channel", BEGIN, END, "Begin File", "Species"])
    views = [
        f"{n}\t{view} 1\t1\t{n}\t{n}.5\t{file}\tA"
        for file in ("a.wav", "b.wav")
        for n in (1, 2)
        for view in ("Waveform", "Spectrogram")
    ]
    table = read_raven("\n".join([header, *views]).encode(), "t.txt")
    assert table.column("Begin File") == ["a.wav", "a.wav", "b.wav", "b.wav"]
    assert set(table.column("View")) == {"Spectrogram 1"}
    assert [p.reason for p in table.problems] == ["repeated_view"]


def test_frequencies_that_are_not_finite_are_absent() -> None:
    table = rows("1\tS\t1\t1\t2\tnan\t9\tA", "2\tS\t1\t3\t4\t5\tinf\tB")
    assert (table.low_hz, table.high_hz) == ([None, 5.0], [9.0, None])
    assert [p.reason for p in table.problems] == ["frequency_not_a_number"] * 2


def test_missing_column_names_file_line_and_column() -> None:
    with pytest.raises(ReadError, match=r"t\.txt:1: .*'End Time \(s\)'.*Begin Time \(s\)"):
        read_raven(f"{BEGIN}\tSpecies\n1\tA\n".encode(), "t.txt")


times = st.floats(0, 1e5, allow_nan=False)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\ufeff", exclude_categories=("Cs",)), min_size=1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(times, times, times, texts), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_what_was_written_is_read(calls: list[tuple[float, float, float, str]], end: str) -> None:
    lines = [f"{i}\tSpectrogram 1\t1\t{a!r}\t{b!r}\t\t{h!r}\t{t}" for i, (a, b, h, t) in enumerate(calls, 1)]
    header = "\t".join(["Selection", "View", "Channel", BEGIN, END, LOW, HIGH, "Species"])
    table = read_raven(end.join([header, *lines]).encode(), "t.txt")
    assert list(zip(table.start_s, table.end_s, table.high_hz, table.text["Species"], strict=True)) == calls
    assert table.low_hz == [None] * len(calls)
    assert not table.problems


def test_a_frequency_that_is_no_number_is_noted_and_the_call_kept() -> None:
    header = "Selection\tView\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies"
    table = read_raven(f"{header}\n1\tS\t1\t2\tlow\t\tEATO\n".encode(), "t.txt")
    assert (table.low_hz, table.high_hz) == ([None], [None])
    assert [(p.reason, p.line, p.raw) for p in table.problems] == [("frequency_not_a_number", 2, "low")]


def test_channels_that_other_programs_write() -> None:
    table = rows("1\tS\t1.0\t1\t2\t0\t9\tA", "2\tS\t 2\t3\t4\t0\t9\tB")
    assert (table.channel, table.problems) == ([1, 2], [])


def test_numbers_with_underscores_are_none() -> None:
    table = rows("1\tS\t1\t1_0\t12\t0\t9\tA", "2\tS\t1\t3\t4\t0\t9_0\tB")
    assert (table.start_s, table.high_hz) == ([3.0], [None])
    assert [p.reason for p in table.problems] == ["frequency_not_a_number", "not_a_number"]


def test_what_only_stands_in_is_absent_unless_somebody_changed_it() -> None:
    words = ("", "high 8000.000", "channel 1, low 0.000, high 8000.000", "low 0.0, high 11025.000, note")
    header = "\t".join(["Selection", "View", "Channel", BEGIN, END, LOW, HIGH, "Unstated"])
    lines = [f"{n}\tS\t1\t{n}\t{n}.5\t0.000\t8000.000\t{unstated}" for n, unstated in enumerate(words, 1)]
    table = read_raven("\n".join([header, *lines]).encode(), "t.txt")
    assert table.channel == [1, 1, None, 1]
    assert table.low_hz == [0.0, 0.0, None, None]
    assert table.high_hz == [8000.0, None, None, 8000.0]
