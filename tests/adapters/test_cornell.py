"""The six Cornell collections: one reader, six cards."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from chorus import adapters
from chorus.errors import UsageError
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import BOXES, CORNELL, cornell

SOURCES = sorted(CORNELL)
#: Source -> local start and offset of its two recordings.
CLOCKS = {
    "columbia_costa_rica": ((2019, 9, 14, 4, 30), -300, (2019, 7, 1, 16, 0), -360),
    "hawaii_birds": ((2016, 11, 21, 15, 0), -600, (2017, 3, 3, 6, 0), -600),
    "northeast_us": ((2017, 2, 24, 20, 0), -300, (2017, 7, 28, 19, 30), -240),
    "sierra_nevada": ((2015, 7, 8, 6, 18, 5), -420, (2015, 7, 12, 9, 11, 5), -420),
    "southwest_amazon": ((2019, 1, 16, 5, 0, 7), -300, (2019, 2, 2, 5, 0, 7), -300),
    "western_us": ((2018, 5, 9, 5, 0, 2), -420, (2018, 8, 1, 7, 0), -420),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_box_is_kept(source: str, tmp_path: Path) -> None:
    one, two, code, other = CORNELL[source]
    content = read_release(source, cornell(tmp_path, source))
    first, second = (f"soundscape_data/{stem}.flac" for stem in (one, two))
    shown = [(row["start_s"], row["end_s"], row["low_hz"], row["label"], row["origin_line"]) for row in content.rows]
    assert shown == [
        (275.5, 276.7, 3013, code, 2),
        (0.1, 0.2, 0, "????", 3),
        (520.5, 644.6, 961, other, 4),
        (12.0, 12.0, 0, code, 5),
        (5.0, 6.5, 1417, code, 6),
        (9.0, 8.5, 1417, other, 8),
    ]
    assert [len(content.of(path)) for path in (first, second)] == [3, 3]
    assert counted(source, content) == (5 if source == "northeast_us" else 6)


@pytest.mark.parametrize("source", SOURCES)
def test_a_call_nobody_identified_is_a_call(source: str, tmp_path: Path) -> None:
    unknown, *_ = [row for row in read_release(source, cornell(tmp_path, source)).rows if row["label"] == "????"]
    assert unknown["kind"] == "animal" and unknown.get("presence", "present") == "present"
    assert Resolver(source, birds=True).resolve("????").how == "none"


@pytest.mark.parametrize("source", SOURCES)
def test_coverage(source: str, tmp_path: Path) -> None:
    one, two, *_ = CORNELL[source]
    content = read_release(source, cornell(tmp_path, source))
    assert content.annotated() == {
        f"soundscape_data/{one}.flac": "full",
        f"soundscape_data/{two}.flac": "partial",
        f"soundscape_data/{one[:3]}_777_20160101_000000.flac": "none",
    }
    assert content.reasons() == ["not_a_number", "recording_without_rows"]


@pytest.mark.parametrize("source", SOURCES)
def test_time_and_place_from_the_name(source: str, tmp_path: Path) -> None:
    content = read_release(source, cornell(tmp_path, source))
    found = [content.recs[f"soundscape_data/{stem}.flac"].facts for stem in CORNELL[source][:2]]
    first, offset, second, other_offset = CLOCKS[source]
    assert [facts["recorded_at"] for facts in found] == [dt.datetime(*first), dt.datetime(*second)]
    assert [facts["utc_offset_min"] for facts in found] == [offset, other_offset]
    has_site = source in ("columbia_costa_rica", "hawaii_birds", "southwest_amazon")
    assert [bool(facts["site"]) for facts in found] == [has_site, has_site]


def test_clocks_of_ithaca_go_forward_in_march(tmp_path: Path) -> None:
    stems = ("SSW_010_20170312_065959Z", "SSW_011_20170312_070000Z")
    write_files(tmp_path, {"annotations.csv": BOXES + "".join(f"{stem}.flac,1,2,3,4,cangoo\n" for stem in stems)})
    found = [rec.facts for rec in read_release("northeast_us", tmp_path).recs.values()]
    assert [(facts["recorded_at"], facts["utc_offset_min"]) for facts in found] == [
        (dt.datetime(2017, 3, 12, 1, 59, 59), -300),
        (dt.datetime(2017, 3, 12, 3), -240),
    ]


def test_sounds_wherever_they_lie(tmp_path: Path) -> None:
    stem = CORNELL["western_us"][0]
    table = BOXES + f"{stem}.flac,1,2,3,4,amerob\n"
    for arrangement in ("", "audio/", "soundscape_data/soundscape_data/"):
        root = tmp_path / (arrangement.strip("/").replace("/", "-") or "flat")
        write_files(root, {"annotations.csv": table, f"{arrangement}{stem}.flac": b"flac"})
        assert list(read_release("western_us", root).recs) == [f"{arrangement}{stem}.flac"]


def test_a_row_that_does_not_tell_its_recording(tmp_path: Path) -> None:
    stem = CORNELL["western_us"][0]
    write_files(tmp_path, {"annotations.csv": BOXES + f"{stem}.flac,1,2,3,4,amerob\n?,x,2,3,4,amerob\n"})
    assert set(read_release("western_us", tmp_path).annotated().values()) == {"partial"}


def test_another_collection_is_refused(tmp_path: Path) -> None:
    adapter = adapters.get("hawaii_birds")
    release = adapter.open(cornell(tmp_path, "western_us"))
    with pytest.raises(UsageError, match=r"UHH_\*.flac"):
        list(adapter.units(release))


def test_collections_side_by_side(tmp_path: Path) -> None:
    for source in ("hawaii_birds", "western_us"):
        cornell(tmp_path / source, source)
    content = read_release("western_us", tmp_path)
    assert len(content.rows) == 6 and all(path.startswith("western_us/") for path in content.recs)


def test_two_copies_are_refused(tmp_path: Path) -> None:
    for copy in ("a", "b"):
        cornell(tmp_path / copy, "western_us")
    adapter = adapters.get("western_us")
    with pytest.raises(UsageError, match="twice"):
        list(adapter.units(adapter.open(tmp_path)))


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        ("columbia_costa_rica", 4),
        ("hawaii_birds", 5),
        ("northeast_us", 4),
        ("sierra_nevada", 6),
        ("southwest_amazon", 5),
        ("western_us", 4),
    ],
)
def test_real_extracts(source: str, calls: int, shared: Path) -> None:
    content = read_release(source, shared / "samples" / source)
    resolver = Resolver(source, birds=True)
    assert (len(content.rows), counted(source, content), content.problems) == (calls, calls, [])
    assert all(resolver.resolve(row["label"]).taxon for row in content.rows if row["label"] != "????")


def test_columns_in_another_order_and_names_in_another_case(tmp_path: Path) -> None:
    one, two, code, _ = CORNELL["hawaii_birds"]
    header = "Species eBird Code,Low Freq (Hz),High Freq (Hz),Start Time (s),End Time (s),Filename\n"
    rows = f"{code},0,3098,1.5,2.5,{one}.FLAC\n{code},0,3098,1.5,2.5,{two}\n"
    content = read_release("hawaii_birds", write_files(tmp_path, {"annotations.csv": header + rows}))
    assert [row["recording"] for row in content.rows] == [f"soundscape_data/{stem}.flac" for stem in (one, two)]
    assert set(content.annotated().values()) == {"full"}
