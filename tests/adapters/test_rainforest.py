"""rainforest: boxes of true and false detections, a test part without labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases import BOXES, rainforest


def test_boxes_species_and_song_types(tmp_path: Path) -> None:
    content = read_release("rainforest", rainforest(tmp_path))
    row = content.of("train/003bec244.flac")[0]
    assert (row["start_s"], row["end_s"], row["low_hz"], row["high_hz"]) == (44.544, 45.1307, 2531.25, 5531.25)
    assert (row["label"], row["taxon_key"], row["call_type"]) == ("14", "Eleutherodactylus richmondi", "songtype 1")
    both = content.of("train/0099c367b.flac")
    assert [(r["call_type"], r["presence"]) for r in both] == [
        ("songtype 4", "present"),
        ("songtype 1", "present"),
        ("songtype 1", "absent"),
    ]


def test_false_positives_are_absent_and_not_counted(tmp_path: Path) -> None:
    content = read_release("rainforest", rainforest(tmp_path))
    assert Counter(row["presence"] for row in content.rows) == {"present": 4, "absent": 1}
    assert counted("rainforest", content) == 4


def test_no_file_serves_as_a_negative(tmp_path: Path) -> None:
    annotated = read_release("rainforest", rainforest(tmp_path)).annotated()
    assert annotated.pop("test/000316da7.flac") == "none"
    assert set(annotated.values()) == {"partial"}


def test_odd_rows(tmp_path: Path) -> None:
    content = read_release("rainforest", rainforest(tmp_path))
    odd = content.of("train/003bec244.flac")[1]
    assert (odd["label"], odd["taxon_key"], odd["low_hz"]) == ("99", "99", None)
    assert content.reasons() == ["not_a_number", "wrong_field_count"]


def test_missing_column_costs_its_table_only(tmp_path: Path) -> None:
    write_files(rainforest(tmp_path), {"train_fp.csv": BOXES.replace("f_min", "fmin")})
    content = read_release("rainforest", tmp_path)
    assert len(content.rows) == 4
    assert [str(p.message) for p in content.problems if p.reason == "unreadable_file"] == [
        "expected a table with a column 'f_min', found recording_id, species_id, songtype_id, t_min, fmin, t_max, f_max"
    ]


def test_every_species_is_in_the_taxonomy() -> None:
    from chorus.adapters.rainforest import SPECIES

    resolver = Resolver("rainforest", birds=True)
    assert len(SPECIES) == 24
    for name in SPECIES:
        taxon = resolver.resolve(name).taxon
        assert taxon is not None and taxon.scientific_name == name


def test_real_tables(shared: Path) -> None:
    content = read_release("rainforest", shared / "samples" / "rainforest")
    assert Counter(row["presence"] for row in content.rows) == {"present": 1216, "absent": 7781}
    assert counted("rainforest", content) == 1216
    assert (len(content.recs), len(content.problems)) == (4727, 0)
    assert {int(row["label"]) for row in content.rows} == set(range(24))


@pytest.mark.parametrize("name", ["TRAIN_TP.CSV", "train_tp.csv"])
def test_case_of_the_name(tmp_path: Path, name: str) -> None:
    content = read_release("rainforest", write_files(tmp_path, {name: BOXES + "a,3,1,1,2,3,4\n"}))
    assert [row["presence"] for row in content.rows] == ["present"]
