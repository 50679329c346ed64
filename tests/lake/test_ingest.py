"""Ingest: complete, idempotent, nothing lost, and the old state or the new one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import soundfile

from chorus import adapters
from chorus.adapters import own
from chorus.adapters.base import Adapter, Calls, Rec
from chorus.errors import ChorusError, ReadError, UsageError
from chorus.lake import Lake, catalogue, run
from chorus.lake import reading as engine
from chorus.lake.ingest import StrictError, fingerprint, ingest
from chorus.lake.layout import Layout
from chorus.schemas import Annotated, Call, arrow_schema
from chorus.taxonomy import tables
from tests.lake.helpers import add_row, filled, write_release


def test_counts_names_and_empty_recordings(tmp_path: Path) -> None:
    lake, report = filled(tmp_path, segments=3, rows=4)
    assert (report.recordings, report.calls, report.counted, report.recordings_missing) == (3, 8, 8, 3)
    assert report.resolution == {"species": 8}
    assert len(lake.query("species='eastern towhee'")) == 4
    rows = lake.query("SELECT recording_id, annotated, audio FROM recordings ORDER BY 1").rows()
    assert {row["annotated"] for row in rows} == {"full"}
    assert {row["audio"] for row in rows} == {"missing"}


def test_a_recording_that_one_of_two_files_lost_a_row_of_is_partial(tmp_path: Path) -> None:
    root = tmp_path / "own"
    root.mkdir()
    soundfile.write(root / "rec.wav", np.zeros(8000 * 20), 8000)
    head = "recording,start_s,end_s,label\n"
    (root / "a.csv").write_text(f"{head}rec.wav,1,2,x\nrec.wav,oops,6,x\n")
    (root / "b.csv").write_text(f"{head}rec.wav,10,11,y\n")
    layout = Layout(tmp_path / "lake")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("start = 'start_s'\nend = 'end_s'\nlabel = 'label'\nrecording = 'recording'\n")
    assert ingest(layout, own.adapter("csv", "mine", mapping), root).dropped == 1
    assert [r["annotated"] for r in Lake(layout.root).query("SELECT annotated FROM recordings").rows()] == ["partial"]


def test_a_file_whose_name_is_not_utf8_is_told(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    try:
        (root / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system keeps only names in UTF-8")
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", root)
    issues = Lake(layout.root).query("SELECT origin_file, reason FROM issues").rows()
    assert {"origin_file": "caf\\xe9.wav", "reason": "unreadable_name"} in issues


def test_recordings_of_a_file_that_breaks_off_are_not_full(tmp_path: Path) -> None:
    root = adapters.get("synth").make(tmp_path / "synth", 0.05, 0)
    table = next(root.rglob("annotations.csv"))
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:3], ",".join(lines[3].split(",")[:3]), *lines[4:]]))
    layout = Layout(tmp_path / "lake")
    report = ingest(layout, "synth", root)
    found = Lake(layout.root).query("SELECT DISTINCT annotated FROM recordings").rows()
    assert report.dropped and [row["annotated"] for row in found] == ["partial"]


def test_two_arrangements_of_one_table_are_refused(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    table = next(root.rglob("*.selections.txt"))
    copy = tmp_path / "release" / "copy" / "Recording_1" / table.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(table.read_bytes())
    with pytest.raises(UsageError, match=r"there twice|2 copies"):
        ingest(Layout(tmp_path / "lake"), "ena_birds", root)


def test_taxa_are_written_anew_when_a_letter_of_the_tables_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path / "lake")
    layout.root.mkdir()
    catalogue.write_taxa(layout)
    path = layout.root / "taxa.parquet"
    before = path.stat().st_mtime_ns
    catalogue.write_taxa(layout)
    assert path.stat().st_mtime_ns == before
    shutil.copytree(tables.DATA, tmp_path / "data")
    other = tmp_path / "data" / "taxa.csv"
    other.write_text(other.read_text(encoding="utf-8").replace("Spotted Towhee", "Spottex Towhee"), encoding="utf-8")
    monkeypatch.setattr(tables, "DATA", tmp_path / "data")
    catalogue.write_taxa(layout)
    assert path.stat().st_mtime_ns != before


def test_every_call_is_traceable_to_its_line(tmp_path: Path) -> None:
    lake, report = filled(tmp_path)
    for row in lake.query("").rows():
        line = (Path(report.root) / row["origin_file"]).read_text().splitlines()[row["origin_line"] - 1]
        assert line.split("\t")[-1] == row["label"]
        assert float(line.split("\t")[3]) == row["start_s"]


def test_second_run_does_nothing_and_a_changed_file_is_read_again(tmp_path: Path) -> None:
    lake, first = filled(tmp_path)
    again = ingest(lake.layout, "ena_birds", first.root)
    assert again.unchanged
    assert again.calls == first.calls
    add_row(Path(first.root), 2, "9\tSpectrogram 1\t1\t8\t9\t500\t4000\tNOCA")
    third = ingest(lake.layout, "ena_birds", first.root)
    assert (third.unchanged, third.calls) == (False, first.calls + 1)


def test_call_ids_are_unique_and_stable(tmp_path: Path) -> None:
    lake, report = filled(tmp_path)
    before = [row["call_id"] for row in lake.query("").rows()]
    assert len(set(before)) == len(before) == report.calls
    other = Layout(tmp_path / "other")
    moved = tmp_path / "elsewhere"
    Path(report.root).rename(moved)
    ingest(other, "ena_birds", moved)
    assert [row["call_id"] for row in Lake(other.root).query("").rows()] == before


BAD_ROWS = {
    "end_before_start": "9\tSpectrogram 1\t1\t5.0\t4.0\t500\t4000\tNOCA",
    "time_not_finite": "9\tSpectrogram 1\t1\tnan\t4.0\t500\t4000\tNOCA",
    "negative_time": "9\tSpectrogram 1\t1\t-2\t-1\t500\t4000\tNOCA",
    "high_below_low": "9\tSpectrogram 1\t1\t1\t4.0\t5000\t4000\tNOCA",
    "not_a_number": "9\tSpectrogram 1\t1\tsoon\t4.0\t500\t4000\tNOCA",
    "wrong_field_count": "9\tSpectrogram 1\t1\t1\t4.0\t500\t4000\tNOCA\textra",
}


def test_rows_that_are_dropped_count_in_no_share(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    add_row(root, 2, BAD_ROWS["end_before_start"])
    report = ingest(Layout(tmp_path / "lake"), "ena_birds", root)
    assert (report.dropped, report.resolution) == (1, {"species": 8})


@pytest.mark.parametrize("reason", BAD_ROWS)
def test_a_row_that_cannot_become_a_call_is_an_issue(tmp_path: Path, reason: str) -> None:
    root = write_release(tmp_path / "release")
    add_row(root, 2, BAD_ROWS[reason])
    layout = Layout(tmp_path / "lake")
    report = ingest(layout, "ena_birds", root)
    assert (report.calls, report.dropped, report.issues) == (8, 1, {reason: 1})
    [issue] = Lake(layout.root).query("SELECT * FROM issues").rows()
    assert (issue["reason"], issue["origin_line"], issue["action"]) == (reason, 6, "dropped")
    assert issue["raw"].strip() == BAD_ROWS[reason]
    assert issue["origin_file"].endswith("Segment_02.Table.1.selections.txt")
    [recording] = Lake(layout.root).query("SELECT * FROM recordings WHERE path LIKE '%_02.wav'").rows()
    assert recording["annotated"] == "partial"


def test_a_call_that_begins_before_its_recording_is_cut_and_told(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    row = "9\tSpectrogram 1\t1\t-0.25\t4.0\t500\t4000\tNOCA"
    add_row(root, 2, row)
    layout = Layout(tmp_path / "lake")
    report = ingest(layout, "ena_birds", root)
    assert (report.calls, report.dropped, report.issues) == (9, 0, {"negative_time": 1})
    [issue] = Lake(layout.root).query("SELECT * FROM issues").rows()
    assert (issue["origin_line"], issue["action"], issue["raw"].strip()) == (6, "repaired", row)
    assert issue["message"] == "begins before the recording does: cut to its begin (start -0.25, end 4.0)"
    [call] = Lake(layout.root).query("origin_line = 6 AND end_s = 4").rows()
    assert call["start_s"] == 0
    [recording] = Lake(layout.root).query("SELECT * FROM recordings WHERE path LIKE '%_02.wav'").rows()
    assert recording["annotated"] == "full"


def test_strict_fails_and_changes_nothing(tmp_path: Path) -> None:
    lake, report = filled(tmp_path)
    add_row(Path(report.root), 2, BAD_ROWS["end_before_start"])
    with pytest.raises(StrictError, match="end_before_start"):
        ingest(lake.layout, "ena_birds", report.root, strict=True)
    assert len(lake.query("")) == report.calls
    assert lake.layout.leftovers("ena_birds") == []


def test_a_file_without_the_columns_is_an_issue_and_the_others_are_read(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    bad = root / "annotation_Files" / "Recording_1" / "Recording_1_Segment_03.Table.1.selections.txt"
    bad.write_text("Selection\tBegin Time (s)\n1\t3.0\n")
    report = ingest(Layout(tmp_path / "lake"), "ena_birds", root)
    assert (report.calls, report.issues) == (4, {"unreadable_file": 1})


def test_odd_calls_are_kept_and_flagged(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    add_row(root, 2, "9\tSpectrogram 1\t1\t1.0\t1.0\t500\t9000\tNOCA")
    add_row(root, 2, "10\tSpectrogram 1\t2\t4.0\t7.0\t500\t4000\tXXXX")
    sound = root / "wav_Files" / "Recording_1" / "Recording_1_Segment_02.wav"
    sound.parent.mkdir(parents=True)
    soundfile.write(sound, np.zeros(5 * 16_000), 16_000)
    layout = Layout(tmp_path / "lake")
    report = ingest(layout, "ena_birds", root)
    flags = {row["label"]: row["flags"] for row in Lake(layout.root).query("origin_line > 5").rows()}
    assert flags == {
        "NOCA": ["zero_length", "above_nyquist"],
        "XXXX": ["past_end", "no_such_channel", "unresolved_label"],
    }
    assert report.unresolved == {"XXXX": 1}
    [recording] = Lake(layout.root).query("SELECT * FROM recordings WHERE audio='present'").rows()
    assert (recording["duration_s"], recording["sample_rate"], recording["channels"]) == (5.0, 16_000, 1)


def test_broken_sound_is_an_issue_and_its_calls_stay(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    sound = root / "wav_Files" / "Recording_1" / "Recording_1_Segment_02.wav"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"RIFF\x00\x00")
    report = ingest(Layout(tmp_path / "lake"), "ena_birds", root)
    assert (report.calls, report.recordings_unreadable, report.issues) == (8, 1, {"unreadable_audio": 1})


def test_parallel_reading_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_release(tmp_path / "release", segments=9)
    one, two = Layout(tmp_path / "one"), Layout(tmp_path / "two")
    ingest(one, "ena_birds", root, jobs=1)
    monkeypatch.setattr(engine, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(engine, "UNITS_PER_TASK", 2)
    ingest(two, "ena_birds", root, jobs=2)
    for table in ("calls", "recordings", "issues"):
        files = [layout.root / table / "source=ena_birds" / f"{table}.parquet" for layout in (one, two)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_small_batches_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, report = filled(tmp_path, segments=5)
    monkeypatch.setattr(engine, "ENOUGH", 3)
    monkeypatch.setattr(run, "ENOUGH", 3)
    monkeypatch.setattr(engine, "UNITS_PER_TASK", 1)
    other = Layout(tmp_path / "other")
    ingest(other, "ena_birds", report.root)
    assert lake.query("").rows() == Lake(other.root).query("").rows()


def test_an_adapter_that_fails_on_one_unit_costs_that_unit_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = adapters.get("ena_birds")

    def read(release, unit):  # type: ignore[no-untyped-def]
        if "Segment_02" in unit:
            raise KeyError("Species")
        yield from real.read(release, unit)

    monkeypatch.setattr(adapters, "get", lambda source: Adapter(real.card, real.anchors, real.units, read))
    report = ingest(Layout(tmp_path / "lake"), "ena_birds", write_release(tmp_path / "release"))
    assert (report.calls, report.issues) == (4, {"reader_failed": 1})


def test_calls_of_undeclared_recordings_and_repeated_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = adapters.get("ena_birds")

    def read(release, unit):  # type: ignore[no-untyped-def]
        yield Rec("a.wav", Annotated.full)
        columns = {"start_s": [0.0, 1.0, 2.0], "end_s": [1.0, 2.0, 3.0], "label": "EATO"}
        yield Calls(["a.wav", "b.wav", "b.wav"], unit, [2, 2, 3], columns)

    monkeypatch.setattr(
        adapters, "get", lambda source: Adapter(real.card, real.anchors, lambda r: r.glob("*02.Table*"), read)
    )
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", write_release(tmp_path / "release"))
    ids = [row["call_id"].split(":")[-1] for row in Lake(layout.root).query("").rows()]
    assert ids == ["2", "2.1", "3"]
    rows = Lake(layout.root).query("SELECT path, annotated FROM recordings ORDER BY path").rows()
    assert [(r["path"], r["annotated"]) for r in rows] == [("a.wav", "full"), ("b.wav", "partial")]


def test_calls_take_split_and_individual_from_their_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = adapters.get("ena_birds")

    def read(release, unit):  # type: ignore[no-untyped-def]
        yield Rec("a.wav", Annotated.full, {"split": "test", "individual": "Mo"})
        columns = {"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "label": "EATO", "split": [None, "train"]}
        yield Calls("a.wav", unit, [2, 3], columns)

    adapter = Adapter(real.card, real.anchors, lambda r: r.glob("*02.Table*"), read)
    monkeypatch.setattr(adapters, "get", lambda source: adapter)
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", write_release(tmp_path / "release"))
    rows = Lake(layout.root).query("").rows()
    assert [(row["split"], row["individual"]) for row in rows] == [("test", "Mo"), ("train", "Mo")]


def test_plain_readers_see_the_same_lake(tmp_path: Path) -> None:
    lake, report = filled(tmp_path)
    for pattern in ("calls/*/*.parquet", "calls/**/*.parquet"):
        found = duckdb.sql(f"SELECT count(*), min(source) FROM read_parquet('{lake.root}/{pattern}')").fetchall()
        assert found == [(report.calls, "ena_birds")]
    frame = pd.read_parquet(lake.root / "calls")
    assert len(frame) == report.calls
    assert set(frame.columns) == set(arrow_schema(Call).names)
    assert len(pd.read_parquet(lake.root / "sources.parquet")) == 1
    assert len(pd.read_parquet(lake.root / "taxa.parquet")) > 2_900


def test_old_generations_go_but_one(tmp_path: Path) -> None:
    lake, report = filled(tmp_path)
    for k in range(3):
        add_row(Path(report.root), 2, f"{9 + k}\tSpectrogram 1\t1\t8\t9\t500\t4000\tNOCA")
        ingest(lake.layout, "ena_birds", report.root)
    assert len(list(lake.layout.versions("ena_birds").glob("g*"))) == 2


def test_two_copies_of_a_release_are_told_apart(tmp_path: Path) -> None:
    write_release(tmp_path / "all" / "one")
    write_release(tmp_path / "all" / "two")
    with pytest.raises(UsageError, match="2 copies of the release \\('one', 'two'\\)"):
        ingest(Layout(tmp_path / "lake"), "ena_birds", tmp_path / "all")


@pytest.mark.parametrize("root", ["nowhere", "file.txt", "empty", "wrong"])
def test_wrong_roots_are_told_in_one_line(tmp_path: Path, root: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "readme.md").write_text("x")
    with pytest.raises(UsageError) as error:
        ingest(Layout(tmp_path / "lake"), "ena_birds", tmp_path / root)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "lake").exists()


def test_a_full_disk_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, report = filled(tmp_path)
    add_row(Path(report.root), 2, "9\tSpectrogram 1\t1\t8\t9\t500\t4000\tNOCA")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("chorus.lake.layout.sync", full)
    with pytest.raises(ChorusError, match="disk is full"):
        ingest(lake.layout, "ena_birds", report.root)
    monkeypatch.undo()
    assert len(lake.query("")) == report.calls
    assert lake.layout.leftovers("ena_birds") == []


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_release(tmp_path / "release")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("Recording_1"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UsageError, match=r"Recording_1: no permission to list this folder"):
        ingest(Layout(tmp_path / "lake"), "ena_birds", root)


def test_real_ena_birds(shared: Path, tmp_path: Path) -> None:
    report = ingest(Layout(tmp_path / "lake"), "ena_birds", shared / "real" / "ena_birds_chronister")
    assert (report.recordings, report.calls, report.counted, report.dropped) == (36, 6125, 6125, 0)
    assert report.resolution == {"species": 6125}
    empty = "SELECT path FROM recordings r ANTI JOIN calls c USING (recording_id) WHERE annotated = 'full'"
    rows = Lake(tmp_path / "lake").query(empty).rows()
    assert [row["path"] for row in rows] == ["wav_Files/Recording_1/Recording_1_Segment_01.wav"]


def test_a_mapping_that_fits_no_file_replaces_nothing(tmp_path: Path) -> None:
    root = tmp_path / "own"
    root.mkdir()
    soundfile.write(root / "rec.wav", np.zeros(8000), 8000)
    (root / "a.csv").write_text("recording,start_s,end_s,label\nrec.wav,0.1,0.2,x\n")
    layout = Layout(tmp_path / "lake")
    mapping = tmp_path / "mapping.toml"
    for begin in ("start_s", "Begin"):
        mapping.write_text(f"start = '{begin}'\nend = 'end_s'\nlabel = 'label'\nrecording = 'recording'\n")
        mine = own.adapter("csv", "mine", mapping)
        if begin == "start_s":
            assert ingest(layout, mine, root).calls == 1
        else:
            with pytest.raises(ReadError, match="none of 1 annotation files"):
                ingest(layout, mine, root)
    assert len(Lake(layout.root).query("")) == 1


def test_a_damaged_or_absent_table_is_made_again(tmp_path: Path) -> None:
    root = write_release(tmp_path / "release")
    layout = Layout(tmp_path / "lake")
    ingest(layout, "ena_birds", root)
    assert ingest(layout, "ena_birds", root).unchanged
    for harm in (lambda path: path.write_bytes(path.read_bytes()[:200]), Path.unlink):
        folder = layout.current("ena_birds")
        assert folder
        harm(folder / "calls.parquet")
        assert not ingest(layout, "ena_birds", root).unchanged
        assert len(Lake(layout.root).query("")) == 8


def test_files_that_can_be_read_again_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_release(tmp_path / "release")
    layout = Layout(tmp_path / "lake")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, how: False)
        ingest(layout, "ena_birds", root)
    assert not ingest(layout, "ena_birds", root).unchanged


@pytest.mark.parametrize(
    "name", ["adapters/ena_birds.py", "adapters/base.py", "adapters/own/sounds.py", "lake/rows.py", "schemas/call.py"]
)
def test_a_release_is_read_again_when_the_code_that_reads_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    adapter = adapters.get("ena_birds")
    release = adapter.open(write_release(tmp_path / "release"))
    before, read = fingerprint(adapter, release), Path.read_bytes
    assert fingerprint(adapter, release) == before

    def changed(path: Path) -> bytes:
        return read(path) + (b"#" if path.as_posix().endswith(f"chorus/{name}") else b"")

    monkeypatch.setattr(Path, "read_bytes", changed)
    assert fingerprint(adapter, release) != before
