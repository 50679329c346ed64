"""anuraset: strong minutes, weak minutes, windows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from chorus.errors import UsageError
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import WINDOWS, anuraset

MINUTE = "raw_data/INCT4/INCT4_20201225_203000.wav"


def test_strong_rows(tmp_path: Path) -> None:
    content = read_release("anuraset", anuraset(tmp_path))
    rows = [row for row in content.of(MINUTE) if row.get("strength") != "weak"]
    assert [(row["label"], row["taxon_key"], row["quality"]) for row in rows] == [
        ("BOARAN_M", "BOARAN", "M"),
        ("BOARAN_H", "BOARAN", "H"),
        ("PHYALB_L", "PHYALB", "L"),
    ]
    assert {row["split"] for row in rows} == {"train"}, "taken from the windows of the same minute"
    assert counted("anuraset", content) == 3


def test_malformed_lines_are_told(tmp_path: Path) -> None:
    content = read_release("anuraset", anuraset(tmp_path))
    told = [(p.reason, p.line) for p in content.problems if p.origin_file.endswith("203000.txt")]
    assert told == [("wrong_field_count", 3), ("wrong_field_count", 4)]
    assert content.annotated()[MINUTE] == "partial"


def test_empty_minutes(tmp_path: Path) -> None:
    content = read_release("anuraset", anuraset(tmp_path))
    annotated = content.annotated()
    assert annotated["raw_data/INCT17/INCT17_20191113_040001.wav"] == "full"
    assert annotated["raw_data/INCT17/INCT17_20191113_050001.wav"] == "weak", "the weak labels hear a frog in it"
    assert "weak_and_strong_differ" in content.reasons()


def test_weak_minutes(tmp_path: Path) -> None:
    content = read_release("anuraset", anuraset(tmp_path))
    rows = [row for row in content.rows if row["origin_file"] == "weak_labels.csv"]
    assert [(row["recording"], row["label"], row["quality"], row["end_s"]) for row in rows] == [
        ("raw_data/INCT17/INCT17_20191113_050001.wav", "SPECIES_SPHSUR", "1", 60.0),
        ("raw_data/INCT41/INCT41_20200101_200000.wav", "SPECIES_SPHSUR", "2", 60.0),
        ("raw_data/INCT41/INCT41_20200101_200000.wav", "SPECIES_BOARAN", "1", 60.0),
    ]
    assert content.annotated()["raw_data/INCT41/INCT41_20200101_200000.wav"] == "weak"
    told = next(p for p in content.problems if p.reason == "weak_rows_of_strong_labels")
    assert told.message.startswith("1 fields repeat species")


def test_species_that_only_the_weak_labels_hear_in_a_minute_stay(tmp_path: Path) -> None:
    weak = "MONITORING_SITE,AUDIO_FILE_ID,SPECIES_SPHSUR,SPECIES_BOARAN\nINCT04,INCT4_20201225_203000,1,3\n"
    strong = "5.0\t7.0\tBOARAN_M\n"
    files = {"strong_labels/INCT4/INCT4_20201225_203000.txt": strong, "weak_labels.csv": weak}
    content = read_release("anuraset", write_files(tmp_path, files))
    assert [(r["label"], r.get("strength")) for r in content.rows] == [("BOARAN_M", None), ("SPECIES_SPHSUR", "weak")]


def test_species_of_a_malformed_line_keep_their_weak_row(tmp_path: Path) -> None:
    weak = "MONITORING_SITE,AUDIO_FILE_ID,SPECIES_SPHSUR,SPECIES_BOARAN\nINCT04,INCT4_20201225_203000,1,3\n"
    strong = "5.0\t6.0\tSPHSUR_L\textra\nSPHSUR_L\n5.0\t7.0\tBOARAN_M\n"
    files = {"strong_labels/INCT4/INCT4_20201225_203000.txt": strong, "weak_labels.csv": weak}
    content = read_release("anuraset", write_files(tmp_path, files))
    assert [(r["label"], r.get("strength")) for r in content.rows] == [("BOARAN_M", None), ("SPECIES_SPHSUR", "weak")]


def test_windows(tmp_path: Path) -> None:
    content = read_release("anuraset", anuraset(tmp_path))
    folder = "anuraset/audio"
    marked = f"{folder}/INCT4/INCT4_20201225_203000_0_3.wav"
    assert [(r["label"], r["start_s"], r["end_s"], r["strength"]) for r in content.of(marked)] == [
        ("SPHSUR", 0.0, 3.0, "weak"),
        ("BOABIS", 0.0, 3.0, "weak"),
    ]
    silent = f"{folder}/INCT4/INCT4_20201225_203000_1_4.wav"
    assert content.annotated()[silent] == "full" and not content.of(silent)
    odd = f"{folder}/INCT20955/INCT20955_20191123_041500_000_57_60.wav"
    assert [row["label"] for row in content.of(odd)] == ["SCIPER"]
    facts = content.recs[odd].facts
    assert (facts["site"], facts["split"], facts["session"]) == ("INCT20955", "test", "INCT20955_20191123_041500_000")
    assert facts["recorded_at"] == dt.datetime(2019, 11, 23, 4, 15, 57)


def test_sample_name_only_where_it_is_the_file(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "metadata.csv": WINDOWS + "S_0.wav,INCT4_20201225_203000,0,3,INCT4,x,1,train,1,0,0\n",
        "audio/INCT4/S_0.wav": b"RIFF",
    }
    assert list(read_release("anuraset", write_files(tmp_path, files)).recs) == ["audio/INCT4/S_0.wav"]


def test_minute_and_windows_share_a_session(tmp_path: Path) -> None:
    recs = read_release("anuraset", anuraset(tmp_path)).recs
    sessions = {rec.facts["session"] for path, rec in recs.items() if "INCT4_20201225_203000" in path}
    assert sessions == {"INCT4_20201225_203000"}


def test_a_bad_table_leaves_the_strong_labels_alone(tmp_path: Path) -> None:
    root = write_files(anuraset(tmp_path), {"anuraset/metadata.csv": "a,b\n", "weak_labels.csv": "AUDIO_FILE_ID\nx\n"})
    content = read_release("anuraset", root)
    assert counted("anuraset", content) == 3
    bad = sorted(p.origin_file for p in content.problems if p.reason == "unreadable_file")
    assert bad == ["anuraset/metadata.csv", "weak_labels.csv"]


def test_real_windows(shared: Path) -> None:
    content = read_release("anuraset", shared / "samples" / "anuraset")
    file = shared / "samples" / "anuraset" / "metadata_subset.csv"
    lines = file.read_text().splitlines()[1:]
    assert len(content.recs) == len(lines) == 343
    assert len(content.rows) == sum(line.split(",")[8:].count("1") for line in lines)
    assert not content.problems
    assert counted("anuraset", content) == 0, "windows are never counted"


def test_strong_labels_unpacked_twice_are_refused(tmp_path: Path) -> None:
    name = "strong_labels/INCT4/INCT4_20201225_203000.txt"
    root = write_files(tmp_path, {name: "1\t2\tBOARAN_M\n", f"strong_labels/{name}": "1\t2\tBOARAN_M\n"})
    with pytest.raises(UsageError, match="twice"):
        read_release("anuraset", root)


def test_a_window_with_a_field_that_says_nothing_is_not_known_to_be_empty(tmp_path: Path) -> None:
    minute = "S.wav,INCT4_20201225_203000"
    rows = f"{minute},0,3,INCT4,x,0,train,0,0,0\n{minute},1,4,INCT4,x,0,train,,0,NA\n"
    content = read_release("anuraset", write_files(tmp_path, {"metadata.csv": WINDOWS + rows}))
    assert [known for _, known in sorted(content.annotated().items())] == ["full", "weak"]
    told = [(problem.reason, problem.line, problem.raw) for problem in content.problems]
    assert told == [("no_activity", 3, ""), ("no_activity", 3, "NA")]
