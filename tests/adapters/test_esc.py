"""esc: weak clips of animals, people and noise."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import esc


def test_kinds_and_names(tmp_path: Path) -> None:
    content = read_release("esc", esc(tmp_path))
    found = {row["label"]: (row["kind"] and row["kind"].value, row["taxon_key"]) for row in content.rows}
    assert found == {
        "dog": ("animal", "dog"),
        "chirping_birds": ("animal", "chirping_birds"),
        "crickets": ("animal", "crickets"),
        "footsteps": ("human", "Homo sapiens"),
        "vacuum_cleaner": ("noise", None),
        "thunderstorm": ("noise", None),
        "kazoo": (None, "kazoo"),
    }


def test_clips_are_weak_and_whole(tmp_path: Path) -> None:
    content = read_release("esc", esc(tmp_path))
    assert {(row["start_s"], row["end_s"], row["strength"]) for row in content.rows} == {(0.0, 5.0, "weak")}
    assert set(content.annotated().values()) == {"weak"}
    assert len(content.recs) == len(content.rows) == 8, "the blank row at the end is no clip"


def test_fold_source_and_licence(tmp_path: Path) -> None:
    recs = read_release("esc", esc(tmp_path)).recs
    facts = recs["audio/1-100032-A-0.wav"].facts
    assert (facts["split"], facts["session"], facts["licence"]) == ("fold 1", "100032", "CC-BY-3.0")
    assert recs["audio/1-100210-A-36.wav"].facts["session"] == recs["audio/1-100210-B-36.wav"].facts["session"]
    assert recs["audio/5-9032-A-25.wav"].facts.get("licence") is None


def test_the_animals_group_is_counted(tmp_path: Path) -> None:
    assert counted("esc", read_release("esc", esc(tmp_path))) == 1


def test_missing_column(tmp_path: Path) -> None:
    write_files(tmp_path, {"meta/esc50.csv": "filename,fold,category,esc10,src_file\na.wav,1,dog,True,1\n"})
    content = read_release("esc", tmp_path)
    assert [(p.reason, p.line) for p in content.problems] == [("unreadable_file", 1)]
    assert "'target'" in content.problems[0].message and not content.rows


def test_whole_table(shared: Path) -> None:
    content = read_release("esc", shared / "samples" / "esc")
    assert len(content.rows) == len(content.recs) == 2000
    assert counted("esc", content) == 400
    assert Counter(row["kind"].value for row in content.rows) == {"animal": 480, "human": 400, "noise": 1120}
    assert Counter(row["split"] for row in content.rows) == {f"fold {n}": 400 for n in range(1, 6)}
    assert not content.problems


def test_real_clips(shared: Path) -> None:
    root = shared / "real" / "esc50_subset"
    content = read_release("esc", root)
    assert len(content.rows) == 43
    assert all((root / path).is_file() for path in content.recs)
