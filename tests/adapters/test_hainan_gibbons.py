"""hainan_gibbons: calls, and stretches without one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import hainan_gibbons

ONE = "Train/HGSM3D_0+1_20160429_051600.wav"
TWO = "Train/HGSM3AC_0+1_20160309_055600.wav"
TEST = "Test/HGSM3B_0+1_20160304_060000.wav"


def test_calls(tmp_path: Path) -> None:
    content = read_release("hainan_gibbons", hainan_gibbons(tmp_path))
    rows = [row for row in content.of(ONE) if row.get("presence") != "absent"]
    assert [(row["start_s"], row["end_s"], row["label"], row["call_type"]) for row in rows] == [
        (7271, 7273, "1", "one-pulse call"),
        (7412, 7415, "2", "multiple-pulse call, 3 pulses"),
        (7500, 7510, "3", "duet"),
        (19994, 20001, "4", None),
        (20010, 20010, None, None),
        (20020, 20015, "2", "multiple-pulse call, 4 pulses"),
    ]
    taxon = Resolver("hainan_gibbons").resolve(rows[0]["taxon_key"]).taxon
    assert taxon and taxon.scientific_name == "Nomascus hainanus"
    assert content.reasons() == ["not_a_number", "not_a_number", "unknown_type"]
    assert counted("hainan_gibbons", content) == 6, "neither stretches without gibbons nor the test part"


def test_stretches_without_gibbons(tmp_path: Path) -> None:
    content = read_release("hainan_gibbons", hainan_gibbons(tmp_path))
    absent = [row for row in content.rows if row.get("presence") == "absent"]
    assert [(row["recording"], row["start_s"], row["quality"]) for row in absent] == [
        (TWO, 10, "rain"),
        (ONE, 4, "rain and other species"),
        (ONE, 7272, "other species"),
    ]


def test_coverage(tmp_path: Path) -> None:
    root = hainan_gibbons(tmp_path)
    annotated = read_release("hainan_gibbons", root).annotated()
    assert annotated == {ONE: "partial", TWO: "partial", TEST: "partial"}, "rows were lost, or there is no g_ file"
    write_files(root, {"Train_Labels/g_HGSM3AC_0+1_20160309_055600.data": "Start,End,Duration,Type,Notes\n"})
    assert read_release("hainan_gibbons", root).annotated()[TWO] == "full"


def test_test_labels_with_durations(tmp_path: Path) -> None:
    root = hainan_gibbons(tmp_path)
    content = read_release("hainan_gibbons", root)
    assert [(row["start_s"], row["end_s"], row["split"]) for row in content.of(TEST)] == [(100, 104, "test")]
    table = "Start,End,Duration,Type,Notes\n7,9,2,1,\n"
    write_files(root, {"Test_Labels/g_HGSM3B_0+1_20160304_060000.data": table})
    rows = read_release("hainan_gibbons", root).of(TEST)
    assert [row["start_s"] for row in rows] == [7], "one form of a recording's labels is read"


def test_folder_of_labels_alone(tmp_path: Path) -> None:
    table = "Start,End,Duration,Type,Notes\n7,9,2,1,\n"
    root = write_files(tmp_path / "Test_Labels", {"g_HGSM3B_0+1_20160304_060000.data": table})
    for start in (root, tmp_path):
        (row,) = read_release("hainan_gibbons", start).rows
        assert row["split"] == "test"
    assert row["recording"] == TEST


def test_facts(tmp_path: Path) -> None:
    facts = read_release("hainan_gibbons", hainan_gibbons(tmp_path)).recs[TWO].facts
    assert (facts["site"], facts["recorded_at"]) == ("AC", dt.datetime(2016, 3, 9, 5, 56))


def test_real_labels(shared: Path) -> None:
    content = read_release("hainan_gibbons", shared / "samples" / "hainan_gibbons")
    assert counted("hainan_gibbons", content) == 79
    assert len(content.rows) - 79 == 34
    assert content.annotated() == {ONE: "full"}
    assert content.reasons() == ["unknown_type"]
