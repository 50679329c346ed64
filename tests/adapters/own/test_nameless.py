"""Rows that do not say whose calls they are."""

from __future__ import annotations

from pathlib import Path

from tests.adapters.helpers import wav
from tests.adapters.own.helpers import RAVEN, ROW, marks, read_own

TABLE = "filename,start_s,end_s\nb.wav,1,2\n,3,4\n"


def test_a_row_without_a_name_among_others_is_told(tmp_path: Path) -> None:
    content = read_own(tmp_path, "csv", {"a.csv": TABLE, "a.wav": wav(5.0)})
    assert [(row["recording"], row["start_s"]) for row in content.rows] == [("b.wav", 1)]
    assert [(p.reason, p.line, p.action) for p in content.problems] == [("no_sound_named", 3, "dropped")]
    assert content.annotated() == {"a.wav": "none", "b.wav": "partial"}


def test_rows_without_names_belong_to_the_sound_of_their_table(tmp_path: Path) -> None:
    content = read_own(tmp_path / "1", "csv", {"a.csv": TABLE.replace("b.wav", "")})
    assert [row["recording"] for row in content.rows] == ["a.wav"] * 2
    (tmp_path / "2").mkdir()
    content = read_own(tmp_path / "2", "csv", {"a.csv": TABLE}, "[recordings]\n'a.csv' = 'c.wav'\n'b.wav' = 'b.wav'")
    assert [row["recording"] for row in content.rows] == ["b.wav", "c.wav"]


def test_the_name_may_stand_in_another_column() -> None:
    found = marks("raven", f"{RAVEN}\tBegin Path\tBegin File\n{ROW}\t\ta.wav\n{ROW}\tx/b.wav\tb.wav\n")
    assert list(found.sound) == ["a.wav", "x/b.wav"]
    found = marks("csv", "begin_path,begin_file,start_s,end_s\n,a.wav,1,2\n")
    assert list(found.sound) == ["a.wav"]
