"""Excel workbooks (.xlsx, Office Open XML): one sheet as a table of text, with the standard library only.

Cells come as they are stored: a number as its digits, a date as its day number (see `serial_date`), an empty one as ''.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from xml.etree import ElementTree

from chorus.adapters.base import Problem
from chorus.adapters.formats.table import Table
from chorus.errors import ReadError
from chorus.schemas.issue import Action

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
VALUE, INLINE = f"{MAIN}v", f"{MAIN}is"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: A sheet that unpacks to more than this is refused, bytes.
LARGEST = 512 << 20
Row = dict[int, str]


def read_xlsx(data: bytes, origin: str, required: Sequence[str]) -> Table:
    """The first sheet of a workbook, its first row being the header; `lines` are the sheet's row numbers, blank rows
    are left out. Raises ReadError when it is no workbook, or its header lacks one of the `required` columns."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            rows = list(_rows(book, _first_sheet(book), _shared(book)))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, ValueError, IndexError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReadError(f"no Excel workbook (.xlsx) that can be read: {reason}", origin) from None
    filled = [(line, row) for line, row in rows if any(text.strip() for text in row.values())]
    if not filled:
        raise ReadError(f"the sheet is empty, expected the columns {', '.join(required)}", origin, 1)
    line, names = filled[0]
    header = {names[i].strip(): i for i in sorted(names, reverse=True) if names[i].strip()}
    for name in required:
        if name not in header:
            raise ReadError(f"expected a column '{name}', found {', '.join(names.values())[:120]}", origin, line)
    body = filled[1:]
    problems = [_beyond(origin, n, row) for n, row in body if any(i not in names and t.strip() for i, t in row.items())]
    text = {name: tuple(row.get(i, "") for _, row in body) for name, i in header.items()}
    return Table(origin, [n for n, _ in body], text, problems)


def _beyond(origin: str, line: int, row: Row) -> Problem:
    message = "has cells in a column without a name, which are not read"
    return Problem(origin, "cell_without_column", message, line, ",".join(row.values())[:500], Action.noted)


def serial_date(text: str) -> dt.datetime | None:
    """A cell's day number (days since 30 December 1899) as a date; None when it is no number."""
    try:
        return dt.datetime(1899, 12, 30) + dt.timedelta(days=float(text))
    except (ValueError, OverflowError):
        return None


def _open(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if book.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} unpacks to more than {LARGEST >> 20} MiB")
    return ElementTree.fromstring(book.read(name))


def _first_sheet(book: zipfile.ZipFile) -> str:
    """Path of the first sheet inside the workbook."""
    sheet = next(_open(book, "xl/workbook.xml").iter(f"{MAIN}sheet"))
    for relation in _open(book, "xl/_rels/workbook.xml.rels"):
        if relation.get("Id") == sheet.get(RELATION):
            target = relation.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise ValueError("its first sheet is not in it")


def _shared(book: zipfile.ZipFile) -> list[str]:
    """Texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(item) for item in _open(book, "xl/sharedStrings.xml").iter(f"{MAIN}si")]


def _text(element: ElementTree.Element) -> str:
    """All text of an element, phonetic readings aside."""
    runs = [element, *element.findall(f"{MAIN}r")]
    return "".join(t.text or "" for run in runs for t in run.findall(f"{MAIN}t"))


def _rows(book: zipfile.ZipFile, sheet: str, shared: list[str]) -> Iterator[tuple[int, Row]]:
    """(row number, column -> text) of every row that stands in a sheet."""
    number = 0
    for row in _open(book, sheet).iter(f"{MAIN}row"):
        number = int(row.get("r") or number + 1)
        cells: Row = {}
        column = -1
        for cell in row.findall(f"{MAIN}c"):
            letters = cell.get("r", "").rstrip("0123456789")
            column = _column(letters) if letters.isupper() else column + 1
            cells[column] = _value(cell, shared)
        yield number, cells


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """'A' -> 0, 'AB' -> 27."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: ElementTree.Element, shared: list[str]) -> str:
    value = cell.find(VALUE)
    if value is None:
        inline = cell.find(INLINE)
        return "" if inline is None else _text(inline)
    text = value.text or ""
    return shared[int(text)] if cell.get("t") == "s" and text else text
