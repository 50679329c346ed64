"""dcase: a column for each class, POS, NEG and UNK, and Q that means something else in each recording."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from chorus import adapters
from chorus.adapters.formats.classes import CALL_TYPES
from chorus.errors import UsageError
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import dcase

TRAIN, VALID = "Development_Set/Training_Set", "Development_Set/Validation_Set"
BIRDS = f"{TRAIN}/BV/2015-09-04_08-04-59_unit03.wav"


def test_marks(tmp_path: Path) -> None:
    content = read_release("dcase", dcase(tmp_path))
    shown = [(row["label"], row["presence"], row["quality"], row["origin_line"]) for row in content.of(BIRDS)]
    assert shown == [
        ("AMRE", "uncertain", "UNK", 2),
        ("OVEN", "uncertain", "UNK", 2),
        ("AMRE", "present", "POS", 3),
        ("OVEN", "present", "POS", 3),
        (None, "uncertain", "NEG", 4),
        ("OVEN", "present", "POS", 5),
    ]
    told = [(p.reason, p.line) for p in content.problems if p.origin_file.endswith("unit03.csv")]
    assert sorted(told) == [("no_class", 4), ("unknown_mark", 5)]
    assert counted("dcase", content) == 9


def test_classes(tmp_path: Path) -> None:
    content = read_release("dcase", dcase(tmp_path))
    shown = [(row["label"], row["taxon_key"], row["call_type"]) for row in content.rows if row["recording"] != BIRDS]
    assert shown == [
        ("GRN", "GRN", "groan and moo"),
        ("Unknown", None, None),
        ("c_9", "c_9", "song"),
        ("c_10", "c_10", "call"),
        ("Q", "Culicidae", None),
        ("Q", "Culicidae", None),
        ("Q", "Turdus philomelos", "call"),
    ]


def test_without_class_tables(tmp_path: Path) -> None:
    head = "Audiofilename,Starttime,Endtime"
    files: dict[str, str | bytes] = {
        f"{TRAIN}/HV/a1.csv": f"{head},GIG,RUM\na1.wav,1,2,POS,POS\n",
        f"{VALID}/HV/b.csv": f"{head},Q\nb.wav,1,2,POS\n",
        f"{VALID}/PB/BUK1_20181011_001004.csv": f"{head},Q\nx.wav,1,2,POS\n",
        f"{VALID}/ME/ME2.csv": f"{head},Q\nME2.wav,1,2,POS\n",
        f"{VALID}/RD/r.csv": f"{head},Q\nr.wav,1,2,POS\n",
        f"{TRAIN}/WMW/c.csv": f"{head},c_18,c_22\nc.wav,1,2,POS,POS\n",
    }
    content = read_release("dcase", write_files(tmp_path, files))
    resolver = Resolver("dcase", birds=True)
    found = [(resolver.resolve(row["taxon_key"]).taxon, row["call_type"]) for row in content.rows]
    assert [(taxon.scientific_name if taxon else None, call_type) for taxon, call_type in found] == [
        ("Crocuta crocuta", "giggle"),
        ("Crocuta crocuta", "whoop"),
        ("Ciconia ciconia", "clapping"),
        ("Dryobates minor", "drumming"),
        ("Crocuta crocuta", None),
        ("Suricata suricatta", "alarm call"),
        ("Turdus merula", "call"),
        (None, None),
    ]


def test_codes_of_wetland_birds_mean_what_the_class_table_says(shared: Path) -> None:
    with (shared / "samples" / "dcase" / "DCASE2022_task5_Training_set_classes.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "WMW"]
    assert len(rows) == 26
    for row in rows:
        said = row["class_name"].rpartition("-")[2]
        assert CALL_TYPES[row["class_code"]] == ("call" if said == "cal" else said), row


def test_the_tables_own_name_is_the_recordings(tmp_path: Path) -> None:
    content = read_release("dcase", dcase(tmp_path))
    assert content.of(f"{VALID}/HB/file_97_113.wav") and not content.of(f"{VALID}/HB/file_423_487.wav")
    assert [p.origin_file for p in content.problems if p.reason == "wrong_file_name"] == [f"{VALID}/HB/file_97_113.csv"]


def test_splits_and_coverage(tmp_path: Path) -> None:
    content = read_release("dcase", dcase(tmp_path))
    assert {row["split"] for row in content.rows} == {"train", "validation"}
    annotated = content.annotated()
    assert annotated[f"{TRAIN}/HT/a1.wav"] == "partial", "it lost a row"
    assert annotated[BIRDS] == "full"


def test_five_shots_are_partial(tmp_path: Path) -> None:
    name = "Evaluation_set_5shots/DC/DC01"
    write_files(tmp_path, {f"{name}.csv": "Audiofilename,Starttime,Endtime,Q\nDC01.wav,1,2,POS\n"})
    assert read_release("dcase", tmp_path).annotated() == {f"{name}.wav": "partial"}


def test_a_bad_class_table_is_told_once(tmp_path: Path) -> None:
    root = write_files(dcase(tmp_path), {"DCASE2022_task5_Training_set_classes.csv": "a,b\n"})
    content = read_release("dcase", root)
    bad = [p.origin_file for p in content.problems if p.reason == "unreadable_file"]
    assert bad == ["DCASE2022_task5_Training_set_classes.csv"] and len(content.rows) == 13


def test_two_years_are_refused(tmp_path: Path) -> None:
    dcase(tmp_path / "2021")
    dcase(tmp_path / "2022")
    with pytest.raises(UsageError, match="2 copies"):
        adapters.get("dcase").open(tmp_path)


def test_real_rows(shared: Path) -> None:
    content = read_release("dcase", shared / "samples" / "dcase")
    assert (len(content.rows), counted("dcase", content), content.problems) == (25, 1, [])
    resolver = Resolver("dcase", birds=True)
    assert all(resolver.resolve(row["taxon_key"]).taxon for row in content.rows)
