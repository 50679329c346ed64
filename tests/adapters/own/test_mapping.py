"""The mapping file: what its keys do, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.adapters import own
from chorus.adapters.formats.mapping import KEYS, Mapping, read_mapping
from chorus.errors import ReadError
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Annotated
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import marks, read_own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start = ", "no TOML"),
        ("end = 'b'", "no 'start'; expected start = "),
        ("header = false", "no 'start'"),
        ("start = 'a'", "no 'end'"),
        ("begin = 'a'", "unknown key 'begin'; expected start = "),
        ("start = 1\nend = 'b'", "'start' must be a text in quotes"),
        ("start = 'a'\nend = 'b'\nheader = false", "'start' must be the number of a column"),
        ("start = 0\nend = 1\nheader = false", "'start' must be the number of a column"),
        ("start = 'a'\nend = 'b'\nheader = 1", "header is 1, expected true or false"),
        ("start = 'a'\nend = 'b'\nunit = 'min'", "unit is 'min', expected 's', 'ms' or 'samples'"),
        ("start = 'a'\nend = 'b'\nsample_rate = 0", "sample_rate is 0"),
        ("start = 'a'\nend = 'b'\ndelimiter = '::'", "one character"),
        ("start = 'a'\nend = 'b'\nannotated = 'mostly'", "'full' or 'partial'"),
        ("start = 'a'\nend = 'b'\noffset_s = '1'", "a number of seconds"),
        ("start = 'a'\nend = 'b'\ntaxa = 'x'", "lines of label"),
        ("start = 'a'\nend = 'b'\n[kinds]\nx = 'cow'", "animal, human, noise"),
        ("start = 'a'\nend = 'b'\n[source]\nenvironment = 'sea'", "environment one of terrestrial"),
        ("start = 'a'\nend = 'b'\n[source]\nid = 'sea'", "title, citation, licence"),
        ("start = 'a'\nend = 'b'\n[source]\ntaxa = [1]", "taxa a list of texts"),
    ],
)
def test_a_wrong_mapping_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ReadError, match=r"^m\.toml: ") as caught:
        read_mapping(text.encode(), "m.toml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_of_another_format_is_told() -> None:
    with pytest.raises(ReadError, match="'start' for this format; expected label, taxa"):
        read_mapping(b"start = 'a'", "m.toml", ("label", "taxa"))


def test_the_documented_mapping_reads() -> None:
    import chorus.adapters.formats.mapping as module

    text = (module.__doc__ or "").partition("\n\n")[2]
    mapping = read_mapping(text.replace('end = "End"', "# end").encode(), "m.toml")
    assert set(mapping.columns) | {"end"} | {key for key in KEYS if f"\n{key} = " in text or f"[{key}]" in text} == set(
        KEYS
    )
    assert (mapping.per_s, mapping.delimiter, mapping.annotated) == (1.0, ";", Annotated.full)


def spans(data: str, **mapping: object) -> list[tuple[float | None, float | None]]:
    columns = mapping.pop("columns", {"start": "1", "end": "2"})
    found = marks("csv", data, Mapping(columns, header=False, **mapping))  # type: ignore[arg-type]
    unit = found.per_s or float("nan")
    return [(a and a / unit, b and b / unit) for a, b in zip(found.start, found.end, strict=True)]


def test_units_durations_and_separators() -> None:
    assert spans("1,2\n3,4\n") == [(1, 2), (3, 4)]
    assert spans("1000;2000\n", unit="ms") == [(1, 2)]
    assert spans("1,5;2,5\n") == [(1.5, 2.5)]
    assert spans("8000\t16000\n", unit="samples", sample_rate=8000) == [(1, 2)]
    assert spans("1,0.25\n", columns={"start": "1", "duration": "2"}) == [(1, 1.25)]
    assert spans("", columns={"start": "1", "end": "2"}) == []


def test_rows_that_do_not_fit_are_told() -> None:
    found = marks("csv", "1,2\nx,4\n5\n6,7,8\n9,10,\n", Mapping({"start": "1", "end": "2"}, header=False))
    assert found.lines == [1, 5]
    assert [(p.reason, p.line) for p in found.problems] == [
        ("wrong_field_count", 3), ("wrong_field_count", 4), ("not_a_number", 2),
    ]  # fmt: skip


def test_columns_that_say_what_they_are_need_no_mapping() -> None:
    found = marks("csv", "label,Start (s),begin,end_s,Low Freq (Hz)\nA,1,9,2,500\n")
    assert (found.start, found.end, found.columns) == ([1], [2], {"low_hz": [500], "label": ["A"]})
    with pytest.raises(ReadError, match=r"which columns hold start and end.*found when, label"):
        marks("csv", "when,label\n1,2\n")


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("file,Start,End,species", ["start = 'Start'", "end = 'End'"]),
        ("onset;offset", ["start = 'onset'", "end = 'offset'"]),
        ("Begin,Length", ["start = 'Begin'", "duration = 'Length'"]),
    ],
)
def test_times_without_a_unit_are_asked_for_with_the_lines_to_write(header: str, lines: list[str]) -> None:
    with pytest.raises(ReadError, match="in which unit") as told:
        marks("csv", f"{header}\n1,2\n")
    assert told.value.message.endswith(f"one to a line: {', '.join(lines)}, unit = 's' (or 'ms', 'samples')")
    mapping = read_mapping("\n".join([*lines, "unit = 'ms'"]).encode(), "m.toml")
    blank = ";" if ";" in header else ","
    found = marks("csv", f"{header}\n" + blank.join(["1", "2", "3", "4"][: header.count(blank) + 1]), mapping)
    assert found.per_s == 1000
    assert found.columns == ({"label": ["4"]} if "species" in header else {})


def test_what_a_mapping_leaves_open_is_read_by_its_name() -> None:
    table = "t,end_s,duration_s,source_file,label,low_hz\n1,9,2,x.wav,A,500\n"
    found = marks("csv", table, Mapping({"start": "t", "duration": "duration_s"}))
    assert (found.start, found.end, found.sound) == ([1], [3], ["x.wav"])
    assert found.columns == {"label": ["A"], "low_hz": [500]}
    named = marks("csv", table, Mapping({"start": "t", "end": "end_s", "label": "source_file"}))
    assert (named.end, named.columns["label"]) == ([9], ["x.wav"])


def test_a_mapping_may_say_no_more_than_what_labels_mean(tmp_path: Path) -> None:
    table = "filename,start_s,end_s,label,channel\na.wav,1,1.5,x,2\nb.wav,2,2.5,x,1\n"
    files = {"all.csv": table, "a.wav": wav(3.0), "b.wav": wav(3.0)}
    content = read_own(tmp_path, "csv", files, '[taxa]\nx = "Parus major"')
    assert [(r["taxon_key"], r["channel"]) for r in content.of("a.wav")] == [("Parus major", 2)]
    assert content.annotated() == {"a.wav": "full", "b.wav": "full"}


def test_the_sound_of_a_table_may_be_named_though_its_rows_name_another(tmp_path: Path) -> None:
    files = {"t.csv": "file,start_s,end_s\n/home/x/long.wav,1,2\n/home/x/b.wav,1,2\n", "a.wav": wav(3.0)}
    content = read_own(tmp_path, "csv", files, '[recordings]\n"t.csv" = "a.wav"\n"b.wav" = "c.wav"')
    assert sorted(content.annotated()) == ["a.wav", "c.wav"]


def test_columns_that_sound_like_a_field_and_are_not_read_are_told() -> None:
    def unread(header: str) -> list[str]:
        found = marks("csv", f"{header}\n" + ",".join("1" * (header.count(",") + 1)) + "\n")
        return [p.message for p in found.problems]

    assert unread("start_s,end_s,label,low,max_freq,wav,Selection,confidence") == [
        "columns that are not read: low, max_freq, wav; a mapping file can say what they are"
    ]
    assert unread("start_s,end_s,call name,score")[0].startswith("columns that are not read: call name;")
    assert unread("start_s,end_s,label,file_name,low_hz,high_hz,call_type,id,species_id") == []
    assert not marks("csv", "a,b,freq\n1,2,3\n", Mapping({"start": "a", "end": "b"})).problems


@pytest.mark.parametrize(
    ("table", "low", "said"),
    [
        ('1,2,"1,200"\n1,2,300\n', [1200, 300], ["low_hz: commas part thousands, 1,200 is read as 1200"]),
        ('1,2,"1,200"\n1,2,"1,5"\n', [1.2, 1.5], ["decimal commas read as points"]),
        ("1;2;1,200\n", [1.2], ["decimal commas read as points"]),
        (
            "1,5;2;1.000\n",
            [1.0],
            ["decimal commas read as points", "low_hz: 1.000 is read as 1; do points part thousands here?"],
        ),
        ("1;2;1.000\n", [1.0], []),
    ],
)
def test_commas_and_points_in_numbers(table: str, low: list[float], said: list[str]) -> None:
    blank = ";" if ";" in table else ","
    found = marks("csv", blank.join(["start_s", "end_s", "low_hz"]) + "\n" + table)
    assert found.columns["low_hz"] == low
    assert [p.message for p in found.problems] == said


@pytest.mark.parametrize("start", ["sep=;\n", "sep=;\r\n", "\ufeffsep=;\n"])
def test_the_line_that_tells_excel_the_separator_is_no_header(start: str) -> None:
    found = marks("csv", f"{start}start_s;end_s;label\n1,5;2,5;a,b\n")
    assert (found.lines, found.start, found.end, found.columns) == ([3], [1.5], [2.5], {"label": ["a,b"]})
    other = marks("csv", "sep=|\nstart_s|end_s\n1|2\n")
    assert (other.lines, other.start) == ([3], [1])


def test_clock_times_are_refused_with_a_hint() -> None:
    found = marks("csv", "start_s,end_s\n00:00:03,4\n1,0:05.5\nsoon,2\n")
    assert [p.message for p in found.problems] == [
        "start_s not a number: 00:00:03 is a clock time, expected seconds",
        "end_s not a number: 0:05.5 is a clock time, expected seconds",
        "start_s not a number",
    ]


def test_rows_that_repeat_others_are_kept_and_told(tmp_path: Path) -> None:
    table = "start_s,end_s,label\n1,2,A\n3,4,A\n1,2,B\n1,2,A\n3,4,A\n1,2,A\n"
    content = read_own(tmp_path, "csv", {"t.csv": table, "t.wav": wav(5.0)})
    assert len(content.of("t.wav")) == 6
    [problem] = content.problems
    assert (problem.reason, problem.line, problem.action) == ("repeated_row", 5, "noted")
    assert problem.message == "3 rows repeat others, this one line 2: kept, so the call counts twice"
    assert content.annotated() == {"t.wav": "full"}


def test_channels_may_be_numbers_or_sides() -> None:
    written = ("1", "2.0", " L ", "right", "", "1.5", "both", "-1", "nan", "inf")
    table = "start_s,end_s,channel\n" + "".join(f"1,2,{text}\n" for text in written)
    found = marks("csv", table)
    assert found.columns["channel"] == [1, 2, 1, 2, *[None] * 6]
    assert [(p.reason, p.line, p.raw) for p in found.problems] == [("no_channel", 7, "1.5")]


def test_channels_may_count_from_0() -> None:
    found = marks("csv", "start_s,end_s,CHANNEL\n1,2,0\n1,2,1\n1,2,\n")
    assert found.columns["channel"] == [1, 2, None]
    assert [p.message for p in found.problems] == ["channels count from 0: 0 is read as the first, 1 as the second"]


def test_what_a_mapping_says_that_nothing_bears_out_is_told_once(tmp_path: Path) -> None:
    files = {"a.csv": "start_s,end_s,label\n1,2,song\n", "b.csv": "start_s,end_s,label\n1,2,call\n", "a.wav": wav(3.0)}
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[taxa]\nsong = "Parus major"\ncall = "Parus major"\nsogn = ""\n[kinds]\nrain = "noise"\n'
        '[recordings]\n"b.csv" = "a.wav"\n"z.csv" = "nope.wav"\n'
    )
    layout = Layout(tmp_path / "lake")
    ingest(layout, own.adapter("csv", "mine", mapping), write_files(tmp_path / "data", files))
    issues = Lake(layout.root).query("SELECT reason, message FROM issues ORDER BY message").rows()
    assert {row["reason"] for row in issues} == {"unused_mapping"}
    assert [row["message"] for row in issues] == [
        "[kinds] 'rain': no label is called so",
        "[recordings] 'z.csv': there is no sound 'nope.wav'",
        "[taxa] 'sogn': no label is called so",
    ]
