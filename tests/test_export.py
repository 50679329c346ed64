"""Tables that other programs open."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chorus.export import write_audacity, write_csv, write_jsonl, write_parquet, write_raven

ROWS: list[dict[str, Any]] = [
    {"start_s": 0.5, "end_s": 1.25, "low_hz": 200.0, "high_hz": 4000.0, "label": "a\tb", "score": 0.75, "channel": 2},
    {"start_s": 3600.1, "end_s": 3601.0, "low_hz": None, "high_hz": None, "species": "orca"},
]


def text_of(write: Any, *more: Any) -> str:
    out = io.StringIO()
    assert write(ROWS, out, *more) == len(ROWS)
    return out.getvalue()


def test_raven_tables_have_the_standard_header_and_no_empty_bounds() -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(write_raven, 8000.0)), delimiter="\t"))
    header = ["Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"]
    assert list(rows[0])[:7] == header
    assert list(rows[0])[7:] == ["Label", "Species", "Score", "Unstated"]
    assert [row["Unstated"] for row in rows] == ["", "low 0.000, high 8000.000"]
    assert [r["Selection"] for r in rows] == ["1", "2"]
    assert rows[0]["Label"] == "a b"
    assert rows[0]["Channel"] == "2"
    assert (rows[1]["Begin Time (s)"], rows[1]["Low Freq (Hz)"], rows[1]["High Freq (Hz)"]) == (
        "3600.100000",
        "0.000",
        "8000.000",
    )


def test_an_unstated_channel_of_several_is_named() -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(write_raven, 8000.0, 2)), delimiter="\t"))
    assert [(row["Channel"], row["Unstated"]) for row in rows] == [
        ("2", ""),
        ("1", "channel 1, low 0.000, high 8000.000"),
    ]
    out = io.StringIO()
    write_raven(ROWS[:1], out)
    assert "Unstated" not in out.getvalue()


def test_raven_tables_are_read_back_by_the_raven_reader(tmp_path: Path) -> None:
    from chorus.adapters.formats.raven import read_raven

    path = tmp_path / "t.selections.txt"
    assert write_raven(ROWS, path, 8000.0) == 2
    table = read_raven(path.read_bytes(), path.name)
    assert table.problems == []
    assert (table.start_s, table.end_s) == ([0.5, 3600.1], [1.25, 3601.0])
    assert (table.low_hz, table.high_hz, table.channel) == ([200.0, None], [4000.0, None], [2, 1])


def test_audacity_labels_carry_bounds_on_a_second_line() -> None:
    assert text_of(write_audacity).splitlines() == [
        "0.500000\t1.250000\ta b",
        "\\\t200.000\t4000.000",
        "3600.100000\t3601.000000\torca",
    ]


def test_csv_jsonl_and_parquet_hold_every_column(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(write_csv))))
    assert rows[1]["species"] == "orca"
    assert rows[0]["label"] == "a\tb"
    assert [json.loads(line) for line in text_of(write_jsonl).splitlines()] == ROWS
    assert write_parquet(ROWS, tmp_path / "t.parquet") == 2
    back = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [r["start_s"] for r in back] == [0.5, 3600.1]
    assert back[1]["low_hz"] is None


def test_no_rows_give_headers_only(tmp_path: Path) -> None:
    out = io.StringIO()
    assert write_raven([], out) == 0
    assert out.getvalue().count("\n") == 1
    assert write_csv([], tmp_path / "t.csv", ["a", "b"]) == 0
    assert (tmp_path / "t.csv").read_text() == "a,b\n"
    assert write_parquet([], tmp_path / "t.parquet", ["a"]) == 0
    assert pq.read_table(tmp_path / "t.parquet").column_names == ["a"]
    out = io.StringIO()
    assert write_audacity([], out) == 0
    assert out.getvalue() == ""


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_bounds_that_are_not_finite_are_absent(bad: float) -> None:
    out = io.StringIO()
    write_raven([{"start_s": 0.0, "end_s": 1.0, "low_hz": bad, "high_hz": 10.0}], out)
    assert out.getvalue().splitlines()[1].split("\t")[5:7] == ["0.000", "10.000"]
