"""Readers of workbooks, Sonic Visualiser layers, MobySound tables and the bats' file list."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters.formats.fileinfo import read_fileinfo
from chorus.adapters.formats.mobysound import is_mobysound, read_mobysound
from chorus.adapters.formats.svl import read_svl
from chorus.adapters.formats.xlsx import read_xlsx, serial_date
from chorus.errors import ReadError
from tests.adapters.releases_recordings import layer, workbook

CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co")), max_size=6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=5), st.booleans())
def test_xlsx_gives_back_what_was_written(rows: list[list[str]], shared: bool) -> None:
    table = read_xlsx(workbook([["a", "b", "c"], *rows], shared), "x.xlsx", ("a",))
    kept = [(line, row) for line, row in enumerate(rows, start=2) if any(row)]
    assert table.lines == [line for line, _ in kept], "blank rows are left out, the others keep their number"
    assert list(zip(*(table.text[name] for name in "abc"), strict=True)) == [tuple(row) for _, row in kept]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK no zip", "no Excel workbook"),
        (workbook([["x"]])[:200], "no Excel workbook"),
        (workbook([[""]]), "the sheet is empty"),
        (workbook([["x", "y"], ["1", "2"]]), "expected a column 'a', found x, y"),
    ],
)
def test_xlsx_that_is_none(data: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said) as caught:
        read_xlsx(data, "x.xlsx", ("a",))
    assert "\n" not in str(caught.value)


def test_xlsx_cell_without_column_is_told() -> None:
    table = read_xlsx(workbook([["a"], ["1", "stray"]]), "x.xlsx", ("a",))
    assert [problem.reason for problem in table.problems] == ["cell_without_column"]


def test_serial_date() -> None:
    assert serial_date("41876") == dt.datetime(2014, 8, 25)
    assert serial_date("8/25/14") is None
    assert serial_date("1e99") is None


def test_svl_lines_and_bounds() -> None:
    found = read_svl(layer(['frame="1" duration="2" value="3" extent="4" label="x"', 'frame="5"']).encode(), "a.svl")
    assert (found.rate_hz, found.lines, found.frames) == (48000, [7, 8], [2, 0])
    assert (found.low_hz, found.high_hz, found.label) == ([3, None], [7, None], ["x", None])


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "no element found"), (b"<a/>", "other XML"), (layer(['frame="1"']).encode()[:-20], "unclosed token")],
)
def test_svl_that_is_none(data: bytes, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_svl(data, "a.svl")


def test_mobysound() -> None:
    header = b"% start time\t end time\t   duration\t low freq\t high freq\t\n"
    found = read_mobysound(header + b"1\t2\t1\t3\t4\t\n\n1\t2\t1\t3\t\n", "a.txt")
    assert (found.lines, found.start_s, found.high_hz) == ([2], [1.0], [4.0])
    assert [problem.line for problem in found.problems] == [4]
    assert is_mobysound(header) and not is_mobysound(b"0.1\t0.2\tcall\n")
    with pytest.raises(ReadError, match="expected the columns"):
        read_mobysound(b"% start time\tlabel\n", "a.txt")


def test_fileinfo_keeps_long_lines_and_tells_short_ones() -> None:
    data = b"FileID,x,File name,File folder\n7,1,a.WAV,files101,1,2,3\n8,1\nnote\n9,1,b.WAV\n"
    found = read_fileinfo(data, "FileInfo.csv")
    assert found.files == {"7": ("files101", "a.WAV"), "9": ("", "b.WAV")}
    assert [(problem.line, problem.reason) for problem in found.problems] == [(3, "wrong_field_count")]
    with pytest.raises(ReadError, match="File name"):
        read_fileinfo(b"FileID,x\n", "FileInfo.csv")
