"""hiceas: JSON lines of BEANS."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus import adapters
from chorus.adapters.formats.beans import read_beans
from chorus.errors import UsageError
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import hiceas

WAV = "wav/1705_{}.wav"


def test_boings(tmp_path: Path) -> None:
    content = read_release("hiceas", hiceas(tmp_path))
    rows = content.of(WAV.format("20170901_165054_141"))
    assert [(row["start_s"], row["end_s"], row["call_type"], row["split"], row["origin_line"]) for row in rows] == [
        (12.3, 15.1, "boing", "train", 1),
        (40.0, 42.5, "boing", "train", 1),
    ]
    taxon = Resolver("hiceas").resolve(rows[0]["taxon_key"]).taxon
    assert taxon and taxon.scientific_name == "Balaenoptera acutorostrata"
    assert counted("hiceas", content) == 5


def test_repeated_lines_are_read_once(tmp_path: Path) -> None:
    content = read_release("hiceas", hiceas(tmp_path))
    low = [row for row in content.rows if row["split"] == "train-low"]
    assert [row["recording"] for row in low] == [WAV.format("20171101_000000_000")]
    assert [p.message.partition(" ")[0] for p in content.problems if p.reason == "repeated_recordings"] == ["1"]


def test_coverage(tmp_path: Path) -> None:
    content = read_release("hiceas", hiceas(tmp_path))
    annotated = content.annotated()
    assert annotated[WAV.format("20170902_165054_141")] == "full", "reviewed and empty"
    assert annotated[WAV.format("20170903_165054_141")] == "partial", "it lost an annotation"
    assert content.recs[WAV.format("20170902_165054_141")].facts["duration_s"] == 60.0


def test_bad_lines_are_told(tmp_path: Path) -> None:
    content = read_release("hiceas", hiceas(tmp_path))
    told = [(p.reason, p.origin_file, p.line) for p in content.problems if p.action == "dropped"]
    assert told == [("bad_annotation", "valid.jsonl", 1), ("bad_line", "test.jsonl", 2)]


def test_another_beans_set_is_refused(tmp_path: Path) -> None:
    line = '{"path": "data/enabirds/wav/Recording_1_Segment_01.000.wav", "length": 60.0, "annotations": []}\n'
    adapter = adapters.get("hiceas")
    release = adapter.open(write_files(tmp_path, {"train.jsonl": line}))
    with pytest.raises(UsageError, match="1705_20170901"):
        list(adapter.units(release))


def test_a_second_line_of_a_recording_adds_its_annotations() -> None:
    line = '{"path": "a.wav", "length": 60.0, "annotations": [{"st": %d, "ed": %d, "label": "x"}]}'
    found = read_beans("\n".join([line % (1, 2), line % (11, 12), line % (1, 2)]).encode(), "train.jsonl")
    assert found.start_s == [1.0, 11.0] and found.lines == [1, 2]
    assert [p.reason for p in found.problems] == ["repeated_recording"] * 2
