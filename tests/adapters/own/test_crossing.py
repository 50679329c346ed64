"""Selections that run on into the next sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.helpers import Content, wav
from tests.adapters.own.helpers import RAVEN, read_own

HEADER = f"{RAVEN}\tBegin File\tEnd File\tFile Offset (s)\tAnnotation"


def read(root: Path, rows: list[str], second: bytes | None, mapping: str | None = None) -> Content:
    """A table of rows (begin, end, file, end file, offset) beside a first sound of 10 s and a second one."""
    cells = [row.split() for row in rows]
    lines = [f"{n}\tS\t1\t{a}\t{b}\t500\t900\t" + "\t".join(more) + "\tx" for n, (a, b, *more) in enumerate(cells, 1)]
    files: dict[str, str | bytes] = {"all.txt": "\n".join([HEADER, *lines]), "x1.wav": wav(10.0)}
    return read_own(root, "raven", files | ({"x2.wav": second} if second else {}), mapping)


ACROSS, INSIDE = "9.5 12.5 x1.wav x2.wav 9.5", "14 15 x2.wav x2.wav 4"


def spans(content: Content) -> list[tuple[str, float, float]]:
    return [(row["recording"], row["start_s"], row["end_s"]) for row in content.rows]


def test_such_a_selection_becomes_two_calls(tmp_path: Path) -> None:
    content = read(tmp_path, [ACROSS, INSIDE], wav(10.0))
    assert spans(content) == [("x1.wav", 9.5, 10.0), ("x2.wav", 0.0, 2.5), ("x2.wav", 4.0, 5.0)]
    assert [(row["label"], row["low_hz"], row["origin_line"]) for row in content.rows[:2]] == [("x", 500, 2)] * 2
    assert content.annotated() == {"x1.wav": "full", "x2.wav": "full"}
    assert content.problems == []


def test_the_next_sound_need_not_be_named_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, [ACROSS], wav(10.0)).annotated() == {"x1.wav": "full", "x2.wav": "full"}


def test_times_that_a_mapping_shifts(tmp_path: Path) -> None:
    content = read(tmp_path, ["9 12 x1.wav x2.wav 9"], wav(10.0), "offset_s = 0.5")
    assert spans(content) == [("x1.wav", 9.5, 10.0), ("x2.wav", 0.0, 2.5)]


@pytest.mark.parametrize(
    ("row", "second", "why"),
    [
        (ACROSS, None, "the length of one of the two is not known"),
        (ACROSS, wav(1.0), "times do not fit their lengths (10.00 s and 1.00 s)"),
        ("2 3 x1.wav x2.wav 2", wav(10.0), "times do not fit their lengths (10.00 s and 10.00 s)"),
    ],
)
def test_a_rest_that_has_no_place_is_told(tmp_path: Path, row: str, second: bytes | None, why: str) -> None:
    content = read(tmp_path, [row, INSIDE], second)
    assert [p.message for p in content.problems] == [f"runs on into x2.wav, its rest is lost: {why}"]
    assert content.annotated() == {"x1.wav": "full", "x2.wav": "partial"}
    assert content.recs["x2.wav"].annotated == "partial"
    assert len(content.rows) == 2


def test_a_selection_that_ends_with_its_sound_loses_nothing(tmp_path: Path) -> None:
    content = read(tmp_path, ["9.5 10 x1.wav x2.wav 9.5"], wav(10.0))
    assert (spans(content), content.problems) == ([("x1.wav", 9.5, 10.0)], [])


def three(root: Path, rows: list[str], second: float = 10.0) -> Content:
    """Three sounds of which the first and the last are 10 s long."""
    cells = [row.split() for row in rows]
    lines = [f"{n}\tS\t1\t{a}\t{b}\t500\t900\t" + "\t".join(more) + "\tx" for n, (a, b, *more) in enumerate(cells, 1)]
    files: dict[str, str | bytes] = {"all.txt": "\n".join([HEADER, *lines])}
    return read_own(root, "raven", files | {"x1.wav": wav(10.0), "x2.wav": wav(second), "x3.wav": wav(10.0)})


def test_a_selection_over_three_sounds_becomes_three_calls(tmp_path: Path) -> None:
    content = three(tmp_path, ["9.5 22.5 x1.wav x3.wav 9.5"])
    assert spans(content) == [("x1.wav", 9.5, 10.0), ("x2.wav", 0.0, 10.0), ("x3.wav", 0.0, 2.5)]
    assert content.annotated() == dict.fromkeys(("x1.wav", "x2.wav", "x3.wav"), "full")
    assert content.problems == []


def test_a_sound_between_that_was_not_open_has_no_part(tmp_path: Path) -> None:
    content = three(tmp_path, ["9.5 12.5 x1.wav x3.wav 9.5"])
    assert spans(content) == [("x1.wav", 9.5, 10.0), ("x3.wav", 0.0, 2.5)]
    assert content.annotated()["x2.wav"] == "none"


def test_a_way_that_is_not_sure_is_told_and_nothing_is_called_empty(tmp_path: Path) -> None:
    row = "9.5 14.5 x1.wav x3.wav 9.5"
    content = three(tmp_path / "a", [row], second=2.0)
    assert spans(content) == [("x1.wav", 9.5, 10.0)]
    assert "may or may not run through" in content.problems[0].message
    assert content.annotated() == {"x1.wav": "full", "x2.wav": "partial", "x3.wav": "partial"}
    sure = three(tmp_path / "b", [row, "10.5 11 x2.wav x2.wav 0.5"], second=2.0)
    assert spans(sure)[:3] == [("x1.wav", 9.5, 10.0), ("x2.wav", 0.0, 2.0), ("x3.wav", 0.0, 2.5)]
