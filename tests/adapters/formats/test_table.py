"""Comma-separated tables with a header, and interval lists without one."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters.formats.coverage import coverage
from chorus.adapters.formats.intervals import read_intervals
from chorus.adapters.formats.table import read_table
from chorus.errors import ReadError
from chorus.schemas.issue import Action
from chorus.schemas.vocabulary import Annotated


def test_columns_and_lines() -> None:
    table = read_table(b'\xef\xbb\xbfa, b ,c\r\n1,x,\r\n,,\r\n2,"y,z",0.5\r\n', "t.csv", ("a", "b"))
    assert table.text["b"] == ("x", "y,z")
    assert table.column("c") == [None, "0.5"]
    assert table.column("nowhere") == [None, None]
    assert table.numbers("c") == [None, 0.5]
    assert table.lines == [2, 4]
    assert len(table) == 2 and not table.problems


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_empty_file(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"t\.csv:1: the file is empty, expected the columns a, b"):
        read_table(data, "t.csv", ("a", "b"))


def test_missing_column_names_file_line_and_column() -> None:
    with pytest.raises(ReadError, match=r"^t\.csv:2: expected a table with a column 't_max', found t_min, x$"):
        read_table(b"\nt_min,x\n1,2\n", "t.csv", ("t_min", "t_max"))


def test_header_alone_has_no_rows() -> None:
    table = read_table(b"a,b\n", "t.csv", ("a",), numeric=("b",))
    assert len(table) == 0 and table.numbers("a") == []


def test_rows_that_do_not_fit_are_told_and_left_out() -> None:
    table = read_table(b"a,t\nx,1\ny,oops\nz\nw,2,3\nv,3,,\nu,nan\n", "t.csv", ("a", "t"), numeric=("t",))
    assert table.text["a"] == ("x", "v", "u")
    assert [(p.reason, p.line, p.raw) for p in table.problems] == [
        ("wrong_field_count", 4, "z"),
        ("wrong_field_count", 5, "w,2,3"),
        ("not_a_number", 3, "y,oops"),
    ]
    assert coverage(table.problems) is Annotated.partial


def test_a_stray_quote_costs_its_line_only() -> None:
    table = read_table(b'a,b\n1,x\n2,"y\n3,z\n', "t.csv", ("a", "b"))
    assert table.text["a"] == ("1", "3")
    assert [(p.reason, p.line) for p in table.problems] == [("bad_quotes", 3)]


def test_quoted_line_ends_do_not_shift_the_lines() -> None:
    table = read_table(b'a,b\n1,"two\nlines"\n2,x\n', "t.csv", ("a", "b"))
    assert table.text["b"] == ("two\nlines", "x")
    assert table.lines == [2, 4]


def test_a_field_that_is_no_number_is_absent_and_told() -> None:
    table = read_table(b"a;hz\nx;4000,5\ny;high\n", "t.csv", ("hz",), delimiter=";")
    assert table.numbers("hz") == [4000.5, None]
    assert [(p.reason, p.line, p.action) for p in table.problems] == [("not_a_number", 3, Action.noted)]
    assert coverage(table.problems) is Annotated.full


fields = st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff\0", exclude_categories=("Cs",)), max_size=8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(fields, fields).filter(lambda row: any(f.strip() for f in row)), max_size=6))
def test_what_was_written_is_read(rows: list[tuple[str, str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([("a", "b"), *rows])
    table = read_table(buffer.getvalue().encode(), "t.csv", ("a", "b"))
    assert list(zip(table.text["a"], table.text["b"], strict=True)) == rows
    starts = [1 + sum(text.count("\n") + 1 for text in map(_line, [("a", "b"), *rows[:i]])) for i in range(len(rows))]
    assert table.lines == starts


def _line(row: tuple[str, str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(row)
    return buffer.getvalue()


def test_intervals_without_header() -> None:
    found = read_intervals(b"0.058,0.066\n\n0.156,0.19,\n", "gt.csv")
    assert (found.lines, found.start_s, found.end_s) == ([1, 3], [0.058, 0.156], [0.066, 0.19])
    assert not found.problems


def test_intervals_with_header_quotes_and_decimal_commas() -> None:
    found = read_intervals(b'start,end\n"0,058","0,066"\n', "gt.csv")
    assert (found.lines, found.start_s, found.end_s) == ([2], [0.058], [0.066])
    assert [p.reason for p in found.problems] == ["decimal_comma"]


def test_bad_intervals_are_told_and_left_out() -> None:
    found = read_intervals(b"x,0.1\n0.2\n1.236,oops\n2,3\n", "gt.csv")
    assert found.start_s == [2.0]
    assert [(p.reason, p.line) for p in found.problems] == [("not_a_number", n) for n in (1, 2, 3)]


def test_no_intervals() -> None:
    found = read_intervals(b"", "gt.csv")
    assert found.lines == [] and found.problems == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), max_size=6), st.booleans())
def test_intervals_written_are_read(pairs: list[tuple[float, float]], header: bool) -> None:
    text = ("onset_s,offset_s\n" if header else "") + "".join(f"{a!r},{b!r}\n" for a, b in pairs)
    found = read_intervals(text.encode(), "gt.csv")
    assert list(zip(found.start_s, found.end_s, strict=True)) == pairs
    assert not found.problems


def test_a_field_may_be_long() -> None:
    table = read_table(f"a,b\n1,{'x' * 200_000}\n".encode(), "t.csv", ("a", "b"))
    assert len(table.text["b"][0]) == 200_000


def test_numbers_with_underscores_are_none() -> None:
    table = read_table(b"t,hz\n1,1_0\n1_0,5\n", "t.csv", ("t",), numeric=("t",))
    assert (table.text["t"], table.numbers("hz")) == (("1",), [None])
    assert [(p.reason, p.line) for p in table.problems] == [("not_a_number", 3), ("not_a_number", 2)]
