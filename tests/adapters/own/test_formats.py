"""Raven, Audacity, Sonic Visualiser, Koumura, AOEF and .not.mat through one interface."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from chorus.adapters import own
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.own.marks import OWN
from chorus.errors import ReadError
from tests.adapters.helpers import notmat, wav
from tests.adapters.own.helpers import RAVEN, ROW, marks, read_own
from tests.adapters.releases_recordings import layer


@pytest.mark.parametrize(
    ("columns", "row", "label"),
    [
        ("Annotation", "A", "A"),
        ("species", "B", "B"),
        ("Notes\tTag", "loud\tC", "C"),
        ("Annotation\tSpecies", "\tD", "D"),
        ("Call Type", "E", "E"),
        ("Notes", "F", None),
    ],
)
def test_raven_label_columns(columns: str, row: str, label: str | None) -> None:
    found = marks("raven", f"{RAVEN}\t{columns}\n{ROW}\t{row}\n")
    assert found.columns.get("label", [None]) == [label]


def test_raven_columns_that_a_mapping_names() -> None:
    text = f"{RAVEN}\tWho\tWhat\tFile\n{ROW}\tBrain\tcaw\ta.wav\n"
    found = marks("raven", text, Mapping({"individual": "Who", "label": "What", "recording": "File"}))
    assert (found.columns["individual"], found.columns["label"], found.sound) == (["Brain"], ["caw"], ["a.wav"])
    for name in ("label", "recording"):
        with pytest.raises(ReadError, match="no column 'Kind', which the mapping names; found Selection, View"):
            marks("raven", text, Mapping({name: "Kind"}))


def test_raven_times_in_a_table_of_several_sounds() -> None:
    rows = f"{ROW}\ta.wav\t1.0\n" + ROW.replace("1.0\t2.0", "61.5\t62.0") + "\tb.wav\t1.5\n"
    found = marks("raven", f"{RAVEN}\tBegin File\tFile Offset (s)\n{rows}")
    assert (found.start, found.end, found.sound) == ([1.0, 1.5], [2.0, 2.0], ["a.wav", "b.wav"])
    without = marks("raven", f"{RAVEN}\tBegin File\n{ROW}\ta.wav\n{ROW}\tb.wav\n")
    assert [p.reason for p in without.problems] == ["no_file_offset"]


def test_raven_offsets_of_a_table_that_names_no_sound() -> None:
    far = ROW.replace("1.0\t2.0", "61.0\t62.0")
    found = marks("raven", f"{RAVEN}\tFile Offset (s)\n{far}\t1.0\n{ROW}\t1.0\n")
    assert (found.start, found.end) == ([1.0, 1.0], [2.0, 2.0])
    assert [(p.reason, p.line) for p in found.problems] == [("file_offset", 2)]
    assert not marks("raven", f"{RAVEN}\tFile Offset (s)\n{ROW}\t1.0\n").problems


def test_raven_headers_only_are_reviewed_and_empty(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.Table.1.selections.txt": RAVEN,
        "wav/a.wav": wav(),
        "b.txt": f"{RAVEN}\n{ROW}\n",
    }
    content = read_own(tmp_path, "raven", files | {"wav/c.wav": wav(), "README.txt": "hello"})
    assert content.annotated() == {"wav/a.wav": "full", "wav/c.wav": "none", "b.wav": "full"}
    assert [(row["recording"], row["start_s"]) for row in content.rows] == [("b.wav", 1.0)]
    assert [(p.reason, p.origin_file) for p in content.problems] == [("other_file", "README.txt")]


def test_a_dropped_row_leaves_its_recording_partial(tmp_path: Path) -> None:
    content = read_own(tmp_path, "raven", {"a.txt": f"{RAVEN}\n{ROW}\n2\tS\t1\tx\t2\t\t\n"})
    assert content.annotated() == {"a.wav": "partial"}
    assert content.reasons() == ["not_a_number"]


def test_audacity_both_dialects_in_one_file() -> None:
    found = marks("audacity", "1\t2\tA\n\\\t500\t4000\n3\t4\tB\n")
    assert found.columns == {"low_hz": [500, None], "high_hz": [4000, None], "label": ["A", "B"]}


def test_audacity_without_labels_is_reviewed_and_empty(tmp_path: Path) -> None:
    content = read_own(tmp_path, "audacity", {"a.txt": b"", "a.wav": wav()})
    assert content.annotated() == {"a.wav": "full"}


def test_svl_counts_samples_of_the_rate_it_names(tmp_path: Path) -> None:
    points = layer(['frame="48000" duration="24000" value="3" extent="4" label="x"'])
    content = read_own(tmp_path, "svl", {"a.svl": points})
    assert [(r["start_s"], r["end_s"], r["low_hz"], r["high_hz"], r["label"]) for r in content.rows] == [
        (1, 1.5, 3, 7, "x")
    ]
    silent = points.replace('sampleRate="48000"', "")
    assert silent != points
    assert read_own(tmp_path / "other", "svl", {"a.svl": silent}).reasons() == ["no_sample_rate"]


NOTE = "<Note><Position>{}</Position><Length>{}</Length><Label>{}</Label></Note>"


def koumura(*sequences: tuple[str, int | str, int, list[str]]) -> str:
    parts = [
        f"<Sequence><WaveFileName>{name}</WaveFileName><Position>{at}</Position><Length>{length}</Length>"
        f"<NumNote>{len(notes)}</NumNote>{''.join(notes)}</Sequence>"
        for name, at, length, notes in sequences
    ]
    return f"<?xml version='1.0'?><Sequences><NumSequence>{len(parts)}</NumSequence>{''.join(parts)}</Sequences>"


def test_koumura_notes_are_relative_to_their_sequence(tmp_path: Path) -> None:
    xml = koumura(
        ("0.wav", 4000, 8000, [NOTE.format(4000, 800, 3)]),
        ("0.wav", 12000, 1000, [NOTE.format("x", 8, 1), NOTE.format(0, 8, 2)]),
        ("1.wav", "?", 800, [NOTE.format(0, 8, 2)]),
    )
    content = read_own(tmp_path, "koumura", {"Bird0/Annotation.xml": xml, "Bird0/Wave/0.wav": wav(2.0)})
    assert [(r["start_s"], r["end_s"], r["label"], r["origin_line"]) for r in content.rows] == [
        (1.0, 1.1, "3", 1), (1.5, 1.501, "2", 3),
    ]  # fmt: skip
    assert [(p.line, p.message.partition(" has ")[0]) for p in content.problems] == [
        (2, "position or length of a note is not a number"), (4, "sequence 3 of 1.wav"),
    ]  # fmt: skip
    facts = content.recs["Bird0/Wave/0.wav"].facts
    assert facts["annotated_intervals"] == [{"start_s": 0.5, "end_s": 1.625}]
    assert content.annotated() == {"Bird0/Wave/0.wav": "partial"}


@pytest.mark.parametrize(("data", "said"), [("<Sequences", "no XML"), ("<a/>", "expected 'Sequences'")])
def test_koumura_that_is_none(data: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        marks("koumura", data)


WHEN = {"date": "2024-03-31", "time": "02:30:00+02:00"}


def project(**tags: str) -> dict[str, object]:
    """An AOEF project of one recording with one box that has these tags."""
    event = {"uuid": "e", "recording": "r", "geometry": {"type": "BoundingBox", "coordinates": [1, 500, 2, 4000]}}
    return {
        "tags": [{"id": i, "key": key, "value": value} for i, (key, value) in enumerate(tags.items())],
        "recordings": [{"uuid": "r", "path": "/far/a.wav", "duration": 5.0, "latitude": 8.5} | WHEN],
        "sound_events": [event],
        "sound_event_annotations": [{"uuid": "a", "sound_event": "e", "tags": list(range(len(tags)))}],
        "clips": [{"uuid": "c", "recording": "r", "start_time": 0.0, "end_time": 5.0}],
        "tasks": [{"clip": "c", "status_badges": [{"state": "completed"}]}],
    }


def test_aoef_labels_tags_and_coverage(tmp_path: Path) -> None:
    data = json.dumps({"data": project(quality="good", species="Mus musculus", event="song")})
    content = read_own(tmp_path, "aoef", {"p.json": data, "x/a.wav": wav(5.0)}, 'call_type = "event"')
    row = content.rows[0]
    assert [row[name] for name in ("start_s", "end_s", "low_hz", "high_hz", "label", "call_type")] == [
        1, 2, 500, 4000, "Mus musculus", "song",
    ]  # fmt: skip
    assert content.annotated() == {"x/a.wav": "full"}
    assert content.recs["x/a.wav"].facts["latitude"] == 8.5
    assert content.recs["x/a.wav"].facts["utc_offset_min"] == 120
    other = json.dumps({"data": project(thing="bang") | {"tasks": []}})
    assert marks("aoef", other).columns["label"] == ["bang"]
    assert [sound.annotated for sound in marks("aoef", other).about().values()] == ["partial"]
    with pytest.raises(ReadError, match="no tag 'x', which the mapping names; found thing"):
        marks("aoef", other, Mapping({"label": "x"}))


def test_notmat(tmp_path: Path) -> None:
    song = notmat("ab", [100, 200], [150, 250])
    content = read_own(tmp_path, "notmat", {"s.wav.not.mat": song, "s.wav": wav(), "t.not.mat": b"MATLAB 5.0 x"[:4]})
    assert [(r["recording"], r["start_s"], r["label"]) for r in content.rows] == [
        ("s.wav", 0.1, "a"),
        ("s.wav", 0.2, "b"),
    ]
    assert content.reasons() == ["other_file"]


def test_a_sound_with_a_name_shared_by_others_is_told(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"l/001.txt": f"{RAVEN}\n{ROW}\n", "a/001.wav": wav(), "b/001.wav": wav()}
    content = read_own(tmp_path, "raven", files)
    assert content.reasons() == ["ambiguous_sound"]
    assert [row["recording"] for row in content.rows] == ["l/001.wav"], "as missing: neither of the two is taken"


SAMPLES = {
    "raven": f"{RAVEN}\n".encode(),
    "audacity": b"1\t2\tx\n",
    "csv": b"start_s,end_s\n1,2\n",
    "textgrid": b'File type = "ooTextFile"\nObject class = "TextGrid"\n',
    "aoef": json.dumps({"data": project()}).encode(),
    "svl": layer(['frame="1"']).encode(),
    "koumura": koumura().encode(),
    "notmat": notmat("a", [1], [2]),
}


@pytest.mark.parametrize("name", own.FORMATS)
def test_each_format_is_told_from_the_others(name: str) -> None:
    path = "x.not.mat" if name == "notmat" else "x.txt"
    first = next(n for n, format in own.FORMATS.items() if format.sniff(SAMPLES[name], path))
    assert first == name


@pytest.mark.parametrize("name", own.FORMATS)
def test_adapters_go_to_worker_processes(name: str) -> None:
    adapter = own.adapter(name, "mine")
    copy = pickle.loads(pickle.dumps(adapter))
    assert (copy.card, copy.read.__self__) == (adapter.card, adapter.read.__self__)
    assert adapter.card.licence == "LicenseRef-own"


def test_own_is_the_blank_name() -> None:
    assert list(marks("audacity", "1\t2\tx\n").about()) == [OWN]


def test_what_a_model_found_is_noted(tmp_path: Path) -> None:
    content = read_own(tmp_path, "audacity", {"a.wav": wav(), "a.chorus.labels.txt": "1\t2\tcall\n"})
    assert [p.reason for p in content.problems] == ["found_by_a_model"]
    assert content.rows[0]["recording"] == "a.wav"
