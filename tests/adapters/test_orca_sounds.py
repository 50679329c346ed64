"""orca_sounds: three packagings of the same calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.adapters.orca_sounds import blocks
from chorus.errors import UsageError
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import orca_sounds

CLIPS = "orcas_classification/audio"
LABELS = "0.5\t1.5\tcall\n\\\t500.5\t4000.0\n10.0\t10.4\tcll\n12.0\t13.0\t?\n"
RAW = "OS_7_05_2019_08_24_00_"


def test_clips_alone_are_weak(tmp_path: Path) -> None:
    content = read_release("orca_sounds", orca_sounds(tmp_path, offsets=False))
    assert [(row["recording"], row["start_s"], row["end_s"], row["strength"]) for row in content.rows] == [
        (f"{CLIPS}/{n}.wav", 0.0, 4.0, "weak") for n in range(3)
    ]
    assert counted("orca_sounds", content) == 3


def test_no_call_clips_are_not_known_to_be_empty(tmp_path: Path) -> None:
    content = read_release("orca_sounds", orca_sounds(tmp_path, offsets=False))
    assert content.annotated() == {f"{CLIPS}/{n}.wav": "weak" if n < 3 else "partial" for n in range(5)}
    assert not content.of(f"{CLIPS}/3.wav") and not content.of(f"{CLIPS}/4.wav")


def test_offsets_make_the_clips_strong(tmp_path: Path) -> None:
    content = read_release("orca_sounds", orca_sounds(tmp_path))
    assert [row["start_s"] for row in content.rows] == pytest.approx([0.2, 1.5, 1.75]), (
        "clip i is the i-th call by start"
    )
    assert [row["end_s"] for row in content.rows] == pytest.approx([3.8, 2.5, 2.25])
    assert [row["recording"] for row in content.rows] == [f"{CLIPS}/{n}.wav" for n in range(3)]
    assert {row["label"] for row in content.rows} == {"call"} and "strength" not in content.rows[0]
    assert set(content.annotated().values()) == {"partial"}
    assert counted("orca_sounds", content) == 3, "the calls of the long recording are the same ones"
    assert not content.problems


def test_neighbours_in_time_are_of_one_session() -> None:
    names, labels = [f"{n}.wav" for n in range(200)], ["call"] * 90 + ["no_call"] * 110
    assert blocks(names, labels, [])[29:31] == ["call 0", "call 1"]
    middles = [3.0 * n + (10.0 if n >= 45 else 0.0) for n in range(90)]
    found = blocks(names, labels, middles)
    assert found[:45] == ["call 0"] * 45 and found[45:90] == ["call 1"] * 45, "cut where no clip reaches over"
    assert set(found[90:]) == {"no_call"}, "where these lie is not known"
    assert set(blocks(names, labels, [])[90:]) == {"no_call"}


def test_offsets_of_another_length_are_not_used(tmp_path: Path) -> None:
    root = write_files(orca_sounds(tmp_path), {"orcas_offsets/annotations.csv": "filename,start,end\nr.wav,1,2\n"})
    content = read_release("orca_sounds", root)
    assert {row["strength"] for row in content.rows} == {"weak"}
    assert content.reasons() == ["offsets_do_not_fit"]


def test_offsets_alone(tmp_path: Path) -> None:
    table = "filename,start,end\nrecording.wav,3.5,4.25\nrecording.wav,9.0,bad\n"
    content = read_release("orca_sounds", write_files(tmp_path, {"annotations.csv": table}))
    assert content.annotated() == {"audio/recording.wav": "partial"}
    assert [(row["start_s"], row["end_s"], row["taxon_key"]) for row in content.rows] == [(3.5, 4.25, "Orcinus orca")]
    assert content.reasons() == ["not_a_number"]


@pytest.mark.parametrize("name", [f"{RAW}labels-SV_200210_only_calls.txt", f"{RAW}labels.txt"])
def test_audacity_labels_with_bands(tmp_path: Path, name: str) -> None:
    content = read_release("orca_sounds", write_files(tmp_path, {name: LABELS, f"{RAW}.wav": b"RIFF"}))
    assert list(content.recs) == [f"{RAW}.wav"]
    assert [(row["label"], row["low_hz"], row["presence"]) for row in content.rows] == [
        ("call", 500.5, "present"),
        ("cll", None, "present"),
        ("?", None, "uncertain"),
    ]
    assert counted("orca_sounds", content) == 2


def test_only_calls_goes_before_all_labels(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"{RAW}labels.txt": LABELS,
        f"{RAW}labels-SV_200210_only_calls.txt": "1\t2\tcall\n",
    }
    assert len(read_release("orca_sounds", write_files(tmp_path, files)).rows) == 1


def test_another_annotations_csv_is_refused(tmp_path: Path) -> None:
    content = read_release("orca_sounds", write_files(tmp_path, {"annotations.csv": "path,species\na.wav,Dolphin\n"}))
    assert [(p.reason, p.line) for p in content.problems] == [("unreadable_file", 1)]
    assert "column 'fn', found path, species" in content.problems[0].message


def test_offsets_are_known_in_any_order_of_their_columns(tmp_path: Path) -> None:
    root = orca_sounds(tmp_path)
    rows = "end,start,filename,by\n31.0,30.0,recording.wav,x\n13.6,10.0,recording.wav,x\n41.0,40.5,recording.wav,x\n"
    content = read_release("orca_sounds", write_files(root, {"orcas_offsets/annotations.csv": rows}))
    assert [row["start_s"] for row in content.rows] == pytest.approx([0.2, 1.5, 1.75])
    assert not content.problems


def test_a_clip_without_a_label_is_no_call(tmp_path: Path) -> None:
    table = "fn,label\n0.wav,call\n1.wav,\n2.wav,no_call \n"
    content = read_release("orca_sounds", write_files(tmp_path, {"annotations.csv": table}))
    assert [row["recording"] for row in content.rows] == ["audio/0.wav"]
    assert content.annotated()["audio/1.wav"] == "partial"
    assert [(problem.reason, problem.line) for problem in content.problems] == [("no_label", 3)]


def test_two_tables_of_clips_are_refused(tmp_path: Path) -> None:
    table = "fn,label\n0.wav,call\n"
    with pytest.raises(UsageError, match="twice"):
        read_release("orca_sounds", write_files(tmp_path, {"a/annotations.csv": table, "b/annotations.csv": table}))


def test_a_broken_table_of_offsets_is_told(tmp_path: Path) -> None:
    root = write_files(orca_sounds(tmp_path), {"orcas_offsets/annotations.csv": ""})
    content = read_release("orca_sounds", root)
    assert [row["strength"] for row in content.rows] == ["weak"] * 3
    assert [problem.reason for problem in content.problems] == ["unreadable_file"]
