"""bengalese_finch: both flavours, songs nobody labelled, files cut short."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from chorus import audio
from tests.adapters.helpers import cbin, counted, read_release, write_files
from tests.adapters.releases import REC, bengalese_finch

DAY, OTHER = "gy6or6/032312/gy6or6_baseline_230312_", "bl26lb16/041912/bl26lb16_190412_0834.20350"


def test_a_song_in_both_flavours_is_read_once(tmp_path: Path) -> None:
    content = read_release("bengalese_finch", bengalese_finch(tmp_path))
    rows = content.of(f"{DAY}0808.138.cbin")
    assert [row["label"] for row in rows] == ["i", "a", "-"]
    assert [row["start_s"] for row in rows] == [0.10025, 0.3, 0.5]
    assert [row["call_type"] for row in rows] == ["gy6or6:i", "gy6or6:a", "gy6or6:-"]
    assert f"{DAY}0808.138.wav" not in content.recs


def test_wav_flavour_keeps_labels_as_text(tmp_path: Path) -> None:
    content = read_release("bengalese_finch", bengalese_finch(tmp_path))
    rows = content.of(f"{OTHER}.wav")
    assert [(row["label"], row["origin_line"]) for row in rows] == [("0", 2), ("-", 3), ("e", 4)]
    assert {(row["individual"], row["sex"], row["life_stage"]) for row in rows} == {("bl26lb16", "male", "adult")}
    assert "wrong_field_count" in content.reasons(), "the row that the file was cut in"


def test_songs_without_labels_are_known_but_not_annotated(tmp_path: Path) -> None:
    content = read_release("bengalese_finch", bengalese_finch(tmp_path))
    assert content.annotated() == {
        f"{DAY}0808.138.cbin": "partial",
        f"{DAY}0809.141.cbin": "partial",
        f"{DAY}0810.148.cbin": "none",
        f"{OTHER}.wav": "partial",
    }
    assert not content.of(f"{DAY}0810.148.cbin")
    assert content.recs[f"{DAY}0808.138.cbin"].facts["annotated_intervals"] == [{"start_s": 0.10025, "end_s": 0.6}]


def test_a_damaged_file_costs_its_song_only(tmp_path: Path) -> None:
    content = read_release("bengalese_finch", bengalese_finch(tmp_path))
    assert [p.origin_file for p in content.problems if p.reason == "unreadable_file"] == [
        "bl26lb16/041912/bl26lb16_190412_0900.7.cbin.not.mat"
    ]


def test_time_from_the_rec_else_from_the_name(tmp_path: Path) -> None:
    recs = read_release("bengalese_finch", bengalese_finch(tmp_path)).recs
    facts = recs[f"{DAY}0808.138.cbin"].facts
    assert (facts["session"], facts["recorded_at"]) == ("gy6or6/032312", dt.datetime(2012, 3, 23, 8, 8, 15))
    facts = recs[f"{OTHER}.wav"].facts
    assert (facts["session"], facts["recorded_at"]) == ("bl26lb16/041912", dt.datetime(2012, 4, 19, 8, 34))


def test_a_rec_with_a_broken_date(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{DAY}0810.148.cbin": cbin(), f"{DAY}0810.148.rec": REC.replace("Mar", "Foo")}
    files[f"{DAY}0811.1.cbin.not.mat"] = b""
    recs = read_release("bengalese_finch", write_files(tmp_path, files)).recs
    assert recs[f"{DAY}0810.148.cbin"].facts["recorded_at"] == dt.datetime(2012, 3, 23, 8, 10)


def test_one_call_per_song_is_counted(tmp_path: Path) -> None:
    content = read_release("bengalese_finch", bengalese_finch(tmp_path))
    assert len(content.rows) == 7
    assert counted("bengalese_finch", content) == 3


@pytest.mark.parametrize("below", ["", "gy6or6", "gy6or6/032312"])
def test_the_folder_of_a_bird_or_a_day_will_do(tmp_path: Path, below: str) -> None:
    bengalese_finch(tmp_path)
    content = read_release("bengalese_finch", tmp_path / below)
    assert sum(row["individual"] == "gy6or6" for row in content.rows) == 4


def test_real_songs(shared: Path) -> None:
    root = shared / "real" / "bengalese_finch_bfsongrepo"
    content = read_release("bengalese_finch", root)
    assert (len(content.recs), len(content.rows), len(content.problems)) == (20, 1205, 0)
    assert counted("bengalese_finch", content) == 20
    for path in content.recs:
        length = audio.probe(root / path).duration_s
        assert all(0 <= row["start_s"] < row["end_s"] <= length for row in content.of(path))


def test_real_sample(shared: Path) -> None:
    content = read_release("bengalese_finch", shared / "samples" / "bengalese_finch")
    assert [len(content.of(path)) for path in content.recs] == [78, 41]
    first = content.rows[0]
    assert (first["start_s"], first["end_s"]) == pytest.approx((1.27778125, 1.35121875), abs=1e-9)
