"""mouse_usv_amvoc and neotropical_bats_whombat: small recordings that were annotated whole."""

from __future__ import annotations

from pathlib import Path

from chorus import audio
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import mouse_usv_amvoc, neotropical_bats_whombat


def test_mouse_intervals(tmp_path: Path) -> None:
    content = read_release("mouse_usv_amvoc", mouse_usv_amvoc(tmp_path))
    assert [(r["recording"], r["start_s"], r["end_s"]) for r in content.rows] == [
        ("1/rec_1.wav", 0.057999999999993, 0.065999999999974),
        ("1/rec_1.wav", 0.156, 0.19),
        ("3/rec_3.wav", 1.142, 1.174),
    ]
    assert content.annotated() == {"1/rec_1.wav": "full", "3/rec_3.wav": "partial"}
    assert content.reasons() == ["not_a_number"]


def test_real_mice(shared: Path) -> None:
    root = shared / "real" / "mouse_usv_amvoc"
    content = read_release("mouse_usv_amvoc", root)
    assert [len(content.of(path)) for path in content.recs] == [16, 44, 36, 21, 24]
    assert counted("mouse_usv_amvoc", content) == 141
    assert set(content.annotated().values()) == {"full"} and not content.problems
    for path in content.recs:
        length = audio.probe(root / path).duration_s
        assert all(0 <= row["start_s"] < row["end_s"] <= length for row in content.of(path))


def test_bat_boxes(tmp_path: Path) -> None:
    content = read_release("neotropical_bats_whombat", neotropical_bats_whombat(tmp_path))
    row = content.of("audio/bat-2013.02.15-A_1.wav")[0]
    assert (row["label"], row["quality"], row["sex"], row["origin_line"]) == (
        "Carollia sowelli",
        "truncated",
        "female",
        1,
    )
    assert (row["low_hz"], row["high_hz"]) == (20000.0, 40000.5)
    assert [r["label"] for r in content.of("audio/bat-B.wav")] == ["Chiroptera", None]


def test_bat_coverage(tmp_path: Path) -> None:
    content = read_release("neotropical_bats_whombat", neotropical_bats_whombat(tmp_path))
    assert content.annotated() == {
        "audio/bat-2013.02.15-A_1.wav": "partial",
        "audio/bat-B.wav": "partial",
        "audio/bat-C.wav": "none",
    }, "an annotation that refers to nothing may belong to any of them, so none is full"
    assert content.recs["audio/bat-B.wav"].facts["annotated_intervals"] == [{"start_s": 2.0, "end_s": 2.5}]
    assert content.recs["audio/bat-2013.02.15-A_1.wav"].facts["site"] == "Bahía Drake"


def test_half_a_project(tmp_path: Path) -> None:
    root = neotropical_bats_whombat(tmp_path)
    name = "example_annotation_project.json"
    write_files(root, {name: (root / name).read_bytes()[:700]})
    content = read_release("neotropical_bats_whombat", root)
    assert [p.reason for p in content.problems] == ["unreadable_file"]
    assert not content.recs


def test_real_bats(shared: Path) -> None:
    root = shared / "real" / "neotropical_bats_whombat"
    content = read_release("neotropical_bats_whombat", root)
    assert (len(content.recs), len(content.rows)) == (7, 301)
    assert set(content.annotated().values()) == {"full"}
    assert content.reasons() == ["annotator_remark"] * 2
    assert sum(row["quality"] == "truncated" for row in content.rows) == 3
    for path in content.recs:
        found = audio.probe(root / path)
        for row in content.of(path):
            assert 0 <= row["start_s"] < row["end_s"] <= found.duration_s
            assert 0 < row["low_hz"] < row["high_hz"] <= found.sample_rate / 2
