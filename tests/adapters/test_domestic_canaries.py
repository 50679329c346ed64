"""domestic_canaries: Audacity labels, the csv form, the name with a dollar sign."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from chorus.errors import UsageError
from tests.adapters.helpers import counted, read_release, wav, write_files
from tests.adapters.releases import domestic_canaries


def test_kinds_overlaps_and_count(tmp_path: Path) -> None:
    content = read_release("domestic_canaries", domestic_canaries(tmp_path))
    rows = content.of("audio/106_marron1_May_25_2016_22908212.wav")
    assert [row["label"] for row in rows] == ["SIL", "call", "SIL", "J2", "J2", "TRASH"]
    assert [row["kind"].value for row in rows] == ["silence", "animal", "silence", "animal", "animal", "noise"]
    assert [row["taxon_key"] for row in rows] == [None, *["Serinus canaria"] * 1, None, *["Serinus canaria"] * 2, None]
    assert [row["call_type"] for row in rows] == [None, "call", None, "J2", "J2", None]
    assert rows[3]["end_s"] > rows[4]["start_s"], "overlaps are kept"
    assert counted("domestic_canaries", content) == len(content.rows) - sum(r["label"] == "SIL" for r in content.rows)


def test_a_song_in_both_forms_is_read_once(tmp_path: Path) -> None:
    content = read_release("domestic_canaries", domestic_canaries(tmp_path))
    assert len(content.of("audio/106_marron1_May_25_2016_22908212.wav")) == 6
    only_csv = content.of("audio/104_marron1_May_24_2016_73006746.wav")
    assert [(row["label"], row["start_s"], row["origin_line"]) for row in only_csv] == [
        ("SIL", 0.0, 2),
        ("call", 0.35, 3),
    ]


def test_the_dollar_name_finds_its_sound_by_song_id(tmp_path: Path) -> None:
    content = read_release("domestic_canaries", domestic_canaries(tmp_path))
    path = "audio/489_marron1_May_28_2016_64584367.wav"
    assert [row["label"] for row in content.of(path)] == ["A"]
    assert content.annotated()[path] == "partial", "a dropped row leaves the song not fully known"
    assert content.reasons() == ["not_a_number"]


def test_bird_session_and_time_from_the_name(tmp_path: Path) -> None:
    content = read_release("domestic_canaries", domestic_canaries(tmp_path))
    facts = content.recs["audio/106_marron1_May_25_2016_22908212.wav"].facts
    assert facts["session"] == "May_25_2016_22908212"
    assert facts["recorded_at"] == dt.datetime(2016, 5, 25, 6, 21, 48, 212000)
    dollar = content.recs["audio/489_marron1_May_28_2016_64584367.wav"].facts
    assert dollar["session"] == "May_28_2016_64584367"


def test_archives_unpacked_side_by_side(tmp_path: Path) -> None:
    song = "100_marron1_May_24_2016_62101389"
    files: dict[str, str | bytes] = {
        f"M1-2016-spring_audacity_annotations/audacity-annotations/{song}.audacity.txt": "0.0\t0.35\tSIL\n",
        f"M1-2016-sping_audio/audio/{song}.wav": wav(),
    }
    content = read_release("domestic_canaries", write_files(tmp_path, files))
    assert list(content.recs) == [f"M1-2016-sping_audio/audio/{song}.wav"]


def test_the_csv_archive_beside_the_sounds(tmp_path: Path) -> None:
    song = "100_marron1_May_24_2016_62101389"
    files: dict[str, str | bytes] = {
        f"M1-2016-spring_csv_annotations/{song}.csv": f",wave,start,end,syll\n0,{song}.wav,0.0,0.35,A\n",
        f"M1-2016-spring_audio/audio/{song}.wav": wav(),
    }
    content = read_release("domestic_canaries", write_files(tmp_path, files))
    assert [(row["recording"], row["label"]) for row in content.rows] == [
        (f"M1-2016-spring_audio/audio/{song}.wav", "A")
    ]


def test_two_copies_are_refused(tmp_path: Path) -> None:
    for copy in ("a", "b"):
        domestic_canaries(tmp_path / copy)
    with pytest.raises(UsageError, match="twice"):
        read_release("domestic_canaries", tmp_path)


def test_real_sample(shared: Path) -> None:
    content = read_release("domestic_canaries", shared / "samples" / "domestic_canaries")
    assert not content.problems
    assert set(content.annotated().values()) == {"full"}
    files = sorted((shared / "samples" / "domestic_canaries" / "audacity-annotations").iterdir())
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert (len(content.recs), len(content.rows)) == (len(files), len(lines))
    assert counted("domestic_canaries", content) == sum(not line.endswith("\tSIL") for line in lines)
