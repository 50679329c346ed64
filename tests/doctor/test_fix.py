"""Clean copies: the same calls, nothing to mend any more, and originals that nobody touched."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.adapters import own
from chorus.doctor import Doctor, FileReport, Finding, Outcome, write_copies
from chorus.doctor.report import text
from chorus.errors import UsageError
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import RAVEN, ROW
from tests.adapters.own.test_textgrid import TIERS, short

SOUND = wav(10.0, 16000)


def examined(root: Path) -> tuple[Doctor, list[FileReport]]:
    doctor = Doctor.at(root)
    return doctor, [report for file in doctor.files() if (report := doctor.examine(file))]


def calls(reports: list[FileReport]) -> list[tuple[object, ...]]:
    return [(c.start_s, c.end_s, c.low_hz, c.high_hz, c.label) for report in reports for c in report.calls]


def to_mend(reports: list[FileReport]) -> list[Finding]:
    """What cannot be used or was repaired; that a call is a point, or has no label, may be as it should."""
    return [finding for report in reports for finding in report.findings if finding.outcome is not Outcome.noted]


def heal(root: Path, name: str, content: str | bytes) -> tuple[list[FileReport], list[FileReport]]:
    """The reports on a file beside its sound, and on its clean copy beside the same sound."""
    doctor, before = examined(write_files(root / "sick", {name: content, "a.wav": SOUND}))
    write_copies(doctor, before, root / "clean")
    (root / "clean").mkdir(exist_ok=True)
    (root / "clean" / "a.wav").write_bytes(SOUND)
    kept = (root / "sick" / name).read_bytes()
    assert kept == (content if isinstance(content, bytes) else content.encode()), "the original is as it was"
    copies = [path.name for path in (root / "clean").iterdir() if path.name != "a.wav"]
    lost = all(report.count(Outcome.left_out) and not report.calls for report in before)
    assert bool(copies) != lost, "a table without rows would say that the recording is empty"
    return before, examined(root / "clean")[1] if copies else []


TIME = st.one_of(
    st.floats(-2, 12).map(repr), st.floats(0, 9).map(lambda t: repr(round(t, 3)).replace(".", ",")), st.just("x")
)
PITCH = st.one_of(st.floats(-500, 9000).map(repr), st.sampled_from(["", "low", "4000", "0,5", "nan", "inf"]))
LABEL = st.text(st.characters(codec="latin-1", exclude_categories=("Cc", "Zs")), min_size=1, max_size=4)
ROWS = st.lists(st.tuples(TIME, TIME, PITCH, PITCH, LABEL), max_size=8)


def raven(rows: list[tuple[str, ...]], encoding: str) -> bytes:
    lines = [f"{i}\tSpectrogram 1\t1\t" + "\t".join(row) for i, row in enumerate(rows, 1)]
    wide = [f"{line}\ttoo wide" for line in lines[:1]]
    return "\r\n".join([f"{RAVEN}\tSpecies", *lines, *wide]).encode(encoding)


def audacity(rows: list[tuple[str, ...]], encoding: str) -> bytes:
    lines = ["\t".join((a, b, label)) + f"\n\\\t{low or -1}\t{high or -1}" for a, b, low, high, label in rows]
    return "\n".join(["0\t1\tfirst", *lines]).encode(encoding)


def table(rows: list[tuple[str, ...]], encoding: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerows([("start_s", "end_s", "low_hz", "high_hz", "label"), *rows])
    return out.getvalue().encode(encoding)


@settings(max_examples=40)
@given(
    ROWS,
    st.sampled_from([("a.txt", raven), ("a.txt", audacity), ("a.csv", table)]),
    st.sampled_from(["utf-8", "latin-1"]),
)
def test_a_copy_holds_the_same_calls_and_nothing_to_mend(rows, form, encoding) -> None:  # type: ignore[no-untyped-def]
    name, write = form
    with TemporaryDirectory() as folder:
        before, after = heal(Path(folder), name, write(rows, encoding))
    assert calls(after) == calls(before)
    assert to_mend(after) == []


def test_other_columns_stay(tmp_path: Path) -> None:
    table = f"{RAVEN}\tNotes\n{ROW}\tfaint\n{ROW.replace('2.0', '11,5')}\tloud\n"
    heal(tmp_path, "a.txt", table)
    assert (tmp_path / "clean" / "a.txt").read_text() == (
        f"{RAVEN}\tNotes\n{ROW}\tfaint\n{ROW.replace('2.0', '10.0')}\tloud\n"
    )


def test_columns_of_one_name_stay_where_they_are(tmp_path: Path) -> None:
    table = f"{RAVEN}\tNotes\tNotes\tSpecies\n{ROW}\tn1\tn2\tParus major\n"
    before, after = heal(tmp_path, "a.txt", table)
    assert (tmp_path / "clean" / "a.txt").read_text() == table
    assert calls(before) == calls(after) == [(1.0, 2.0, 500.0, 4000.0, "Parus major")]


def test_thousands_are_read_and_written_as_numbers(tmp_path: Path) -> None:
    table = 'start_s,end_s,low_hz,high_hz,label\n1,1.5,"1,200","3,400.5",x\n2,2.5,900,"4,000",y\n'
    before, after = heal(tmp_path, "a.csv", table)
    assert calls(before) == calls(after) == [(1, 1.5, 1200, 3400.5, "x"), (2, 2.5, 900, 4000, "y")]
    [low, high] = to_mend(before)
    assert str(low) == "lower frequency: commas part thousands, 1,200 is read as 1200 [repaired]"
    assert str(high) == "upper frequency: commas part thousands, 3,400.5 is read as 3400.5 [repaired]"


def test_copies_that_lack_calls_are_told(tmp_path: Path) -> None:
    rows = {"a.txt": f"{RAVEN}\n{ROW}\n{ROW.replace('2.0', 'x')}\n", "b.txt": f"{RAVEN}\n{ROW}\n"}
    doctor, reports = examined(write_files(tmp_path / "sick", {**rows, "a.wav": SOUND, "b.wav": SOUND}))
    written = write_copies(doctor, reports, tmp_path / "clean")
    assert '1 of them lack calls of the originals: ingest them with\n  annotated = "partial"' in text(
        reports, 0, written
    )
    fine = [report for report in reports if report.path == "b.txt"]
    assert "lack calls" not in text(fine, 0, written)


def test_times_of_several_open_files_run_on(tmp_path: Path) -> None:
    row = "1\tS\t1\t69.0\t75.0\t\t\ta.wav\t9.0"
    before, after = heal(tmp_path, "t.txt", f"{RAVEN}\tBegin File\tFile Offset (s)\n{row}\n")
    assert calls(after) == calls(before) == [(9.0, 10.0, None, None, None)]
    assert "\t69.0\t70.0\t" in (tmp_path / "clean" / "t.txt").read_text()


def test_offsets_of_a_table_that_names_no_sound(tmp_path: Path) -> None:
    before, after = heal(tmp_path, "a.txt", f"{RAVEN}\tFile Offset (s)\n1\tS\t1\t69.0\t75.0\t\t\t9.0\n")
    assert calls(after) == calls(before) == [(9.0, 10.0, None, None, None)]
    assert "\t69.0\t70.0\t" in (tmp_path / "clean" / "a.txt").read_text()


def test_a_selection_that_runs_into_the_next_sound_stays_one_row(tmp_path: Path) -> None:
    row = "1\tS\t1\t9.5\t12.5\t-5\t900\ta.wav\tb.wav\t9.5"
    table = f"{RAVEN}\tBegin File\tEnd File\tFile Offset (s)\n{row}\n"
    doctor, before = examined(write_files(tmp_path / "sick", {"t.txt": table, "a.wav": SOUND, "b.wav": SOUND}))
    assert [call[:2] for call in calls(before)] == [(9.5, 10.0), (0.0, 2.5)]
    write_copies(doctor, before, tmp_path / "clean")
    assert (tmp_path / "clean" / "t.txt").read_text() == table.replace("-5", "0.0")


def test_a_table_keeps_its_unit(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('header = false\nstart = 1\nduration = 2\nunit = "samples"\noffset_s = -0.5\nrecording = 3\n')
    root = write_files(
        tmp_path / "sick", {"t.csv": "16000,16000,a.wav\n160000,32000,a.wav\n0,1,a.wav\n", "a.wav": SOUND}
    )
    doctor = Doctor.at(root, "csv", mapping)
    report = doctor.examine("t.csv")
    assert report
    assert [(call.start_s, call.end_s) for call in report.calls] == [(0.5, 1.5), (9.5, 10.0)]
    write_copies(doctor, [report], tmp_path / "clean")
    assert (tmp_path / "clean" / "t.csv").read_text() == "16000,16000,a.wav\n160000,8000,a.wav\n"


@pytest.mark.parametrize("name", ["a.txt", "a.labels.txt"])
def test_a_table_keeps_the_time_of_its_slow_sound(tmp_path: Path, name: str) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text("time_expansion = 10\noffset_s = -0.5\n")
    audacity = "8.5\t12.5\tbat\n\\\t500.0\t7000.0\n"
    content = audacity if "labels" in name else f"{RAVEN}\tLabel\n1\tS\t1\t8.5\t12.5\t500\t7000\tbat\n"
    root = write_files(tmp_path / "sick", {name: content, "a.wav": SOUND})
    doctor = Doctor.at(root, "audacity" if "labels" in name else "raven", mapping)
    report = doctor.examine(name)
    assert report
    [call] = report.calls
    assert (call.start_s, call.end_s, call.low_hz, call.high_hz) == (0.8, 1.0, 5_000, 70_000)
    write_copies(doctor, [report], tmp_path / "clean")
    assert (tmp_path / "clean" / name).read_text() == content.replace("12.5", "10.5")


def test_other_formats_become_raven_tables(tmp_path: Path) -> None:
    before, after = heal(tmp_path, "a.TextGrid", short(TIERS))
    assert [report.path for report in after] == ["a.selections.txt"]
    expected = [(*call[:4], call[4] and " ".join(str(call[4]).split())) for call in calls(before)]
    assert calls(after) == expected
    assert to_mend(after) == []


def test_two_files_of_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    doctor, reports = examined(
        write_files(tmp_path / "s", {"a.TextGrid": short(TIERS), "a.labels.TextGrid": short([])})
    )
    written = write_copies(doctor, reports, tmp_path / "clean")
    assert sorted(path.name for path in written.values()) == ["a.labels.TextGrid.selections.txt", "a.selections.txt"]


def test_nothing_is_ever_replaced(tmp_path: Path) -> None:
    doctor, reports = examined(write_files(tmp_path / "sick", {"a.txt": "1\t2\tA\nx\n", "b.txt": "1\t2\tB\n"}))
    for folder in (tmp_path / "sick", tmp_path / "sick" / "clean"):
        with pytest.raises(UsageError, match="clean copies go elsewhere"):
            write_copies(doctor, reports, folder)
    clean = write_files(tmp_path / "clean", {"b.txt": "mine"})
    with pytest.raises(UsageError, match=r"b\.txt: is there already"):
        write_copies(doctor, reports, clean)
    assert sorted(path.name for path in clean.iterdir()) == ["b.txt"]
    (clean / "b.txt").unlink()
    assert write_copies(doctor, reports, clean) == write_copies(doctor, reports, clean), "again does no harm"


def test_one_file_may_have_its_copy_in_a_folder_below(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.txt": "1\t2\tA\nx\n"})
    doctor = Doctor.at(root / "a.txt")
    report = doctor.examine("a.txt")
    assert report
    with pytest.raises(UsageError):
        write_copies(doctor, [report], root)
    assert write_copies(doctor, [report], root / "clean") == {"a.txt": root / "clean" / "a.txt"}


def test_a_project_without_calls_has_no_copy(shared: Path, tmp_path: Path) -> None:
    doctor, reports = examined(shared / "real" / "neotropical_bats_whombat")
    assert sorted(write_copies(doctor, reports, tmp_path / "clean")) == ["example_annotation_project.json"]


@pytest.mark.parametrize("folder", ["gauntlet/raven", "real/ena_birds_chronister"])
def test_clean_copies_of_real_tables_ingest_without_issues(shared: Path, tmp_path: Path, folder: str) -> None:
    doctor, reports = examined(shared / folder)
    write_copies(doctor, reports, tmp_path / "clean")
    report = ingest(Layout(tmp_path / "lake"), own.adapter("raven", "clean"), tmp_path / "clean")
    assert (report.issues, report.calls) == ({}, sum(len(r.calls) for r in reports))
