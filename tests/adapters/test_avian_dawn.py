"""avian_dawn: tags on windows, marks of method, two releases."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from chorus import adapters
from chorus.adapters.formats.tags import meaning
from chorus.errors import UsageError
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import TAGS, avian_dawn

FULL = "annotated_recordings/Site_001_Rep_A.wav"
PARTIAL = "additional_recordings_part_1/Site_002_Rep_B.wav"
NONE = "additional_recordings_part_2/Site_003_Rep_C.wav"
CHECKED = "annotated_recordings/Site_004_Rep_A.wav"


def test_tags(tmp_path: Path) -> None:
    content = read_release("avian_dawn", avian_dawn(tmp_path))
    shown = [(row["start_s"], row["label"], row["taxon_key"], row["call_type"]) for row in content.of(FULL)]
    assert shown == [
        (6, "spotow_song_1", "spotow", "song_1"),
        (8, "olsfly_song_1", "olsfly", "song_1"),
        (8, "rain_1", "rain_1", None),
        (10, "UNK_chip", None, None),
        (12, "chipmu_chirp_1", "Tamias", "chirp_1"),
    ]
    assert [row["kind"] for row in content.of(FULL)] == [None, None, "noise", None, None]
    assert [row["presence"] for row in content.of(FULL)].count("uncertain") == 1
    assert {row["strength"] for row in content.rows} == {"weak"}
    assert counted("avian_dawn", content) == len(content.rows) - 1


def test_marks_of_method_are_told(tmp_path: Path) -> None:
    content = read_release("avian_dawn", avian_dawn(tmp_path))
    told = [p.message.partition(":")[0] for p in content.problems if p.reason == "method_rows"]
    assert told == ["1 of 8 rows are 'complete'", "1 of 8 rows are 'empty'"]


def test_what_was_reviewed(tmp_path: Path) -> None:
    content = read_release("avian_dawn", avian_dawn(tmp_path))
    assert content.annotated() == {FULL: "partial", PARTIAL: "partial", NONE: "none", CHECKED: "full"}
    assert "annotated_intervals" not in content.recs[FULL].facts, "it lost a row"
    assert content.recs[PARTIAL].facts["annotated_intervals"] == [{"start_s": 10, "end_s": 14}]


def test_recordings(tmp_path: Path) -> None:
    facts = read_release("avian_dawn", avian_dawn(tmp_path)).recs[NONE].facts
    assert (facts["site"], facts["recorded_at"]) == ("Site_003", dt.datetime(2021, 5, 3, 5, 30))


def test_later_labels_come_from_the_release(tmp_path: Path) -> None:
    (crow,) = [r for r in read_release("avian_dawn", avian_dawn(tmp_path)).rows if r["label"] == "corvids_call_1"]
    assert crow["taxon_key"] == "Corvus"


def test_tables_alone(tmp_path: Path) -> None:
    table = TAGS + "Site_001_Rep_A.wav,TRUE,0,2,empty,empty\nSite_001_Rep_A.wav,TRUE,4,6,spotow,spotow_song_1\n"
    content = read_release("avian_dawn", write_files(tmp_path, {"annotations.csv": table, "x/Site_001_Rep_A.wav": b""}))
    (path,) = content.recs
    assert path == "x/Site_001_Rep_A.wav" and content.annotated() == {path: "partial"}
    stretches = [{"start_s": 0, "end_s": 2}, {"start_s": 4, "end_s": 6}]
    assert content.recs[path].facts["annotated_intervals"] == stretches


def test_empty_windows_need_clip_complete(tmp_path: Path) -> None:
    one, two = "Site_001_Rep_A.wav", "Site_002_Rep_A.wav"
    files: dict[str, str | bytes] = {
        "annotations.csv": TAGS
        + f"{one},FALSE,0,2,empty,empty\n{one},TRUE,2,4,empty,empty\n{one},FALSE,8,10,complete,complete\n",
        "partial_annotations.csv": f"file,start,end,label\n{two},0,2,empty\n{two},4,6,herthr_song_1\n",
    }
    recs = read_release("avian_dawn", write_files(tmp_path, files)).recs
    stretches = [rec.facts["annotated_intervals"] for rec in recs.values()]
    assert stretches[0] == [{"start_s": 2, "end_s": 4}, {"start_s": 8, "end_s": 10}]
    assert stretches[1] == [{"start_s": 0, "end_s": 2}], "a table without the column says it by the mark alone"


def test_newer_release(tmp_path: Path) -> None:
    row = "Site_001_Rep_A.wav\t6\t8\tspotow_song_2\tTRUE\n"
    files: dict[str, str | bytes] = {
        "acoustic_annotations.tsv": "file\tstart\tend\tlabel\tclip_complete\n" + row,
        "acoustic_files.tsv": "file\tsite\treplicate\trecording_date\tannotated\n"
        "Site_001_Rep_A.wav\t001\tA\t2021-05-01 05:30:00\tcomplete\nSite_009_Rep_C.wav\t009\tC\tx\tno\n",
        "annotation_metadata.tsv": "label\tscientific_name\nspotow_song_2\tPipilo maculatus\n",
    }
    content = read_release("avian_dawn", write_files(tmp_path, files))
    assert [(row["label"], row["taxon_key"]) for row in content.rows] == [("spotow_song_2", "spotow")]
    assert sorted(content.annotated().values()) == ["full", "none"]
    write_files(tmp_path, {"annotations.csv": TAGS})
    adapter = adapters.get("avian_dawn")
    with pytest.raises(UsageError, match="the CSV and the TSV release"):
        list(adapter.units(adapter.open(tmp_path)))


def test_another_annotations_file_is_refused(tmp_path: Path) -> None:
    adapter = adapters.get("avian_dawn")
    release = adapter.open(write_files(tmp_path, {"annotations.csv": "Filename,Start Time (s)\n"}))
    with pytest.raises(UsageError, match="clip_complete"):
        list(adapter.units(release))


def test_every_known_label_means_its_taxon(shared: Path, tmp_path: Path) -> None:
    release = adapters.get("avian_dawn").open(avian_dawn(tmp_path))
    resolver = Resolver("avian_dawn", birds=True)
    with (shared / "taxonomy" / "dataset_labels.csv").open(encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["dataset"] == "avian_dawn"]
    for row in known:
        key, call_type, _ = meaning(release, row["label"])
        found = resolver.resolve(key)
        assert (found.taxon.scientific_name if found.taxon else "") == row["scientific_name"], row["label"]
        assert found.how != "unknown" and (not found.taxon or (call_type or "") == row["call_type"]), row["label"]
    assert len(known) > 100


def test_real_extract(shared: Path) -> None:
    content = read_release("avian_dawn", shared / "samples" / "avian_dawn")
    assert [row["label"] for row in content.rows] == ["spotow_song_1", "olsfly_song_1"]
    assert content.recs[FULL].facts["annotated_intervals"] == [{"start_s": 4, "end_s": 10}]


def test_a_tag_without_a_label_is_no_sound(tmp_path: Path) -> None:
    rows = "Site_001_Rep_A.wav,TRUE,4,6,empty,\nSite_001_Rep_A.wav,TRUE,6,8,spotow,spotow_song_1\n"
    table = "file,clip_complete,start,end,eBird_2021,label\n" + rows
    content = read_release("avian_dawn", write_files(tmp_path, {"annotations.csv": table}))
    assert [row["label"] for row in content.rows] == ["spotow_song_1"]
    assert [(problem.reason, problem.line) for problem in content.problems] == [("blank_field", 2)]
