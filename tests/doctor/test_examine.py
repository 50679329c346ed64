"""What the doctor says of files, told by their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.doctor import Doctor, FileReport, Outcome
from chorus.errors import UsageError
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import RAVEN, ROW

AUDACITY = "1\t2\tA\n\\\t500\t4000\n"


def examine(path: Path, format: str | None = None, mapping: Path | None = None) -> dict[str, FileReport]:
    doctor = Doctor.at(path, format, mapping)
    return {report.path: report for file in doctor.files() if (report := doctor.examine(file))}


def whats(report: FileReport) -> list[tuple[int | None, str]]:
    return [(finding.line, finding.what) for finding in report.findings if finding.what != "no_sound"]


#: table of the gauntlet -> calls and what is found.
GAUNTLET = {
    "empty": (0, []),
    "swap": (1, [(3, "end_before_begin")]),
    "decimal_comma": (2, [(None, "decimal_comma")]),
    "latin1": (2, [(3, "not_utf8")]),
    "wave_and_spec": (2, [(None, "repeated_view")]),
    "point": (2, [(3, "no_duration")]),
    "blank_label": (2, [(3, "no_label")]),
}


def test_the_gauntlet(shared: Path) -> None:
    reports = examine(shared / "gauntlet" / "raven")
    assert len(reports) == 14
    for path, report in reports.items():
        calls, found = GAUNTLET.get(path.removesuffix(".txt"), (2, []))
        assert (path, report.format, len(report.calls), whats(report)) == (path, "raven", calls, found)
        assert any(finding.what == "no_sound" for finding in report.findings)


def test_formats_are_told_by_content(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "one.data": f"{RAVEN}\n{ROW}\n",
        "two.txt": AUDACITY,
        "three.md": "start_s\tend_s\tlabel\n1\t2\tA\n",
        "four.csv": "begin,finish\n1,2\n",
        "README.txt": "Recorded in May, at the pond.\n",
        "empty.txt": "",
    }
    reports = examine(write_files(tmp_path, files))
    assert {path: report.format for path, report in reports.items()} == {
        "four.csv": None, "one.data": "raven", "three.md": "csv", "two.txt": "audacity",
    }  # fmt: skip
    assert reports["four.csv"].unnamed


def test_a_mapping_names_the_columns(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('start = "begin"\nend = "finish"\nunit = "ms"\n')
    root = write_files(tmp_path / "data", {"four.csv": "begin,finish\n1000,2000\n", "two.txt": AUDACITY})
    reports = examine(root, mapping=mapping)
    assert [(r.format, r.calls[0].end_s) for r in reports.values()] == [("csv", 2.0), ("audacity", 2.0)]


def test_calls_are_held_against_their_sound(tmp_path: Path) -> None:
    rows = [ROW, ROW.replace("2.0", "9.5"), ROW.replace("4000", "4500")]
    root = write_files(tmp_path, {"a.txt": "\n".join([RAVEN, *rows]), "a.wav": wav(9.0)})
    report = examine(root)["a.txt"]
    assert whats(report) == [(3, "after_recording"), (4, "above_nyquist")]
    assert [(call.end_s, call.high_hz) for call in report.calls] == [(2.0, 4000), (9.0, 4000), (2.0, 4000)]


def test_a_header_that_states_less_than_is_there_is_told(tmp_path: Path) -> None:
    sound = wav(2.0)[:40] + (8_000).to_bytes(4, "little") + bytes(range(1, 251)) * 128
    report = examine(write_files(tmp_path, {"a.txt": AUDACITY, "a.wav": sound}))["a.txt"]
    assert "its sound a.wav: the header states 0.5 s, 1.5 s more" in str(report.findings[0])


def test_files_that_do_not_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.txt": "Selection\tView\tBegin Time (s)\n1\tS\t1\n",
        "b.TextGrid": b"ooBinaryFile\x08TextGrid",
        "a.wav": b"RIFF",
        "c.txt": AUDACITY,
        "c.wav": b"RIFF",
    }
    reports = examine(write_files(tmp_path, files))
    assert "expected a Raven table with a column 'End Time (s)'" in str(reports["a.txt"].findings[0])
    assert "[left out]" in str(reports["b.TextGrid"].findings[0])
    assert [finding.outcome for finding in reports["c.txt"].findings] == [Outcome.noted]
    assert "its sound c.wav cannot be read" in str(reports["c.txt"].findings[0])


def test_one_file_alone_and_one_format_alone(tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.txt": AUDACITY, "b.txt": AUDACITY, "a.wav": wav(3.0), "deep/c.txt": AUDACITY})
    assert [(path, report.findings) for path, report in examine(root / "a.txt").items()] == [("a.txt", [])]
    assert list(examine(root, "audacity")) == ["a.txt", "b.txt", "deep/c.txt"]
    assert [report.readable for report in examine(root, "raven").values()] == [False] * 3
    with pytest.raises(UsageError, match="no such file or folder"):
        examine(root / "nothing.txt")


def test_real_tables_are_clean(shared: Path) -> None:
    for folder, calls in (
        ("spinetail_scikit_maad", 18),
        ("neotropical_bats_whombat", 301),
        ("bengalese_finch_koumura", 1767),
    ):
        reports = examine(shared / "real" / folder).values()
        assert sum(len(report.calls) for report in reports) == calls
        assert all(finding.outcome is Outcome.noted for report in reports for finding in report.findings)


def test_words_are_those_of_people(tmp_path: Path) -> None:
    bad = {"c.csv": "start_s,end_s,label\n7,abc,z\n", "x.not.mat": b"PNG"}
    reports = examine(write_files(tmp_path, bad))
    assert "line 2: end not a number (in '7,abc,z') [left out]" in map(str, reports["c.csv"].findings)
    [finding] = reports["x.not.mat"].findings
    assert finding.words == "has the name of a file of the kind 'evsonganaly .not.mat file', but is none"


def test_points_and_calls_without_label_are_noted_once_where_all_are(tmp_path: Path) -> None:
    points = "".join(f"{k}\t{k}\t\n" for k in range(5))
    [report] = examine(write_files(tmp_path, {"a.txt": points})).values()
    assert whats(report) == [(None, "no_duration")], "no label is missing where none has one"
