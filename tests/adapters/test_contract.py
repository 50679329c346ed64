"""What every adapter must keep, whatever it reads."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from chorus import adapters
from chorus.adapters.base import Adapter, Calls, Rec, check_length
from chorus.errors import ChorusError, ReadError, UsageError
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Call, Environment, Recording
from tests.adapters.helpers import counted, read_release
from tests.adapters.releases import RELEASES

IDS = adapters.ids()
READ = [source for source in IDS if adapters.get(source).make is None]
#: SPDX ids in use; a licence that has none is LicenseRef-<something>.
SPDX = {"CC0-1.0", "CC-BY-4.0", "CC-BY-NC-3.0", "CC-BY-NC-SA-4.0", "MIT", "Apache-2.0"}
ENGINE_FIELDS = {"call_id", "recording_id", "source", "flags", "origin_file", "origin_line"}
TAXONOMY = {"species", "scientific_name", "taxon_rank", "genus", "family", "taxon_order", "taxon_class"}


def items(adapter: Adapter, root: Path) -> list[Any]:
    """Everything the units give, failed units left out."""
    release = adapter.open(root)
    found: list[Any] = []
    for unit in adapter.units(release):
        try:
            found += adapter.read(release, unit)
        except ReadError as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize("source", IDS)
def test_card_is_complete(source: str) -> None:
    card = adapters.get(source).card
    assert card.id == source, "the file is named after the card"
    assert card.licence in SPDX or re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", card.licence)
    assert card.title and card.citation and card.notes
    assert card.version or adapters.get(source).make
    assert card.taxa or card.environment is Environment.synthetic
    assert all(note == " ".join(note.split()) for note in card.notes), "one line each"
    assert (card.paper_calls is None) == (card.paper_hours is None)
    assert all(re.fullmatch("[0-9a-f]{32}", f.md5) for f in card.files if f.md5)
    assert all(f.url.startswith("https://") for f in card.files if f.url)
    downloads = bool(card.files) and all(f.url for f in card.files)
    assert downloads or card.get or adapters.get(source).make, "a way to obtain it"
    if downloads:
        assert not card.get, "`get` is for releases that no program can fetch"


@pytest.mark.parametrize("source", READ)
def test_every_source_has_a_release_written_for_it(source: str) -> None:
    assert source in RELEASES, f"add a maker '{source}' to tests/adapters/releases.py"


@pytest.mark.parametrize("source", IDS)
def test_wrong_root_is_refused_in_one_line(source: str, tmp_path: Path) -> None:
    adapter = adapters.get(source)
    with pytest.raises(UsageError, match="empty"):
        adapter.open(tmp_path)
    (tmp_path / "holiday.jpg").write_bytes(b"jpg")
    for root in (tmp_path, tmp_path / "nowhere", tmp_path / "holiday.jpg"):
        with pytest.raises(UsageError) as caught:
            adapter.open(root)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", READ)
def test_same_files_same_rows(source: str, tmp_path: Path) -> None:
    adapter = adapters.get(source)
    root = RELEASES[source](tmp_path)
    assert list(adapter.units(adapter.open(root))) == list(adapter.units(adapter.open(root)))
    assert items(adapter, root) == items(adapter, root)


@pytest.mark.parametrize("source", READ)
def test_a_folder_above_the_release_gives_the_same_rows(source: str, tmp_path: Path) -> None:
    RELEASES[source](tmp_path / "deep" / "down")
    assert items(adapters.get(source), tmp_path) == items(adapters.get(source), tmp_path / "deep" / "down")


def with_other_case(root: Path) -> None:
    """Write the suffixes of all files in the other case: .wav as .WAV, .CSV as .csv; the user's own file stays."""
    for file in [path for path in root.rglob("*") if path.is_file() and path.name != "mapping.toml"]:
        file.rename(file.with_name(file.stem + file.suffix.swapcase()))


@pytest.mark.parametrize("source", READ)
def test_the_case_of_suffixes_does_not_matter(source: str, tmp_path: Path) -> None:
    def shown(root: Path) -> tuple[list[dict[str, Any]], int]:
        content, base = read_release(source, root), adapters.get(source).open(root).root
        named = [{k: v for k, v in row.items() if k != "origin_file"} for row in content.rows]
        rows = [row | {"recording": row["recording"].casefold()} for row in named]
        return sorted(rows, key=str), sum((base / path).is_file() for path in content.recs)

    expected = shown(RELEASES[source](tmp_path))
    with_other_case(tmp_path)
    assert shown(tmp_path) == expected


def with_mark_and_windows_line_ends(root: Path) -> None:
    for file in root.rglob("*"):
        if file.suffix.lower() in (".csv", ".tsv", ".txt", ".data", ".jsonl", ".phn", ".wrd"):
            file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("source", READ)
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(source: str, tmp_path: Path) -> None:
    expected = read_release(source, RELEASES[source](tmp_path))
    with_mark_and_windows_line_ends(tmp_path)
    content = read_release(source, tmp_path)
    assert content.rows == expected.rows
    assert content.annotated() == expected.annotated()


@pytest.mark.parametrize("source", READ)
def test_a_copy_of_the_release_below_it_is_refused_or_not_read(source: str, tmp_path: Path) -> None:
    root = RELEASES[source](tmp_path / "release")
    expected = len(read_release(source, root).rows)
    shutil.copytree(root, tmp_path / "copy")
    (tmp_path / "copy").rename(root / "copy")
    try:
        assert len(read_release(source, root).rows) == expected
    except UsageError as error:
        assert "\n" not in str(error)


#: Where a row of a table names its recording.
NAMED = [
    ("anuraset", "metadata.csv", "fname"), ("anuraset", "weak_labels.csv", "AUDIO_FILE_ID"),
    ("avian_dawn", "annotations.csv", "file"), ("avian_dawn", "files.csv", "file"),
    ("birdeep", "test_file.csv", "path"), ("hawaii_birds", "annotations.csv", "Filename"),
    ("esc", "esc50.csv", "filename"), ("fruit_bats", "Annotations.csv", "FileID"),
    ("macaques", "annotations.csv", "filename"), ("marmosets", "labels.csv", "filename"),
    ("orca_sounds", "orcas_classification/annotations.csv", "fn"),
    ("rainforest", "train_tp.csv", "recording_id"), ("sperm_whales", "sperm-whale-dialogues.csv", "REC"),
    ("ssw", "audio_ml.csv", "asset_id"), ("watkins", "watkins/annotations.csv", "path"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "table", "column"), NAMED)
def test_a_row_that_names_no_recording_is_told(source: str, table: str, column: str, tmp_path: Path) -> None:
    known = read_release(source, RELEASES[source](tmp_path)).recs
    (file,) = (path for path in tmp_path.rglob("*.csv") if f"/{path.as_posix()}".endswith(f"/{table}"))
    with file.open(newline="") as handle:
        header, first, *rest = csv.reader(handle)
    first[header.index(column)] = " "
    with file.open("w", newline="") as handle:
        csv.writer(handle).writerows([header, first, *rest])
    content = read_release(source, tmp_path)
    assert set(content.recs) <= set(known) | ({"data/KillerWhale/1961/61025001.wav"} if source == "watkins" else set())
    told = [(problem.reason, problem.line) for problem in content.problems if problem.reason == "blank_field"]
    assert told == [("blank_field", 2)]


@pytest.mark.parametrize("source", READ)
def test_columns_fit_the_schema(source: str, tmp_path: Path) -> None:
    allowed = set(Call.model_fields) - ENGINE_FIELDS - TAXONOMY | {"taxon_key"}
    found = items(adapters.get(source), RELEASES[source](tmp_path))
    assert any(isinstance(item, Calls) and len(item) for item in found)
    for item in found:
        if isinstance(item, Calls):
            check_length(item)
            assert {"start_s", "end_s"} <= set(item.columns) <= allowed
        elif isinstance(item, Rec):
            assert set(item.facts) <= set(Recording.model_fields)
            assert not item.path.startswith("/")


@pytest.mark.parametrize("source", READ)
def test_rows_stand_where_they_say(source: str, tmp_path: Path) -> None:
    root = adapters.get(source).open(RELEASES[source](tmp_path)).root
    content = read_release(source, tmp_path)
    for row in content.rows:
        file = root / row["origin_file"]
        assert row["origin_line"] >= 1
        if file.suffix in (".txt", ".csv"):
            header, *_ = lines = file.read_text().split("\n")
            line, label = lines[row["origin_line"] - 1], row.get("label")
            named = label is None or label in line or label in header.split(",")  # a column for each class
            assert line.strip() and (named or row.get("strength") == "weak")
    for problem in content.problems:
        assert (root / problem.origin_file).is_file()
        assert "\n" not in problem.message


@pytest.mark.parametrize("source", READ)
def test_every_call_has_a_declared_recording(source: str, tmp_path: Path) -> None:
    content = read_release(source, RELEASES[source](tmp_path))
    assert {row["recording"] for row in content.rows} <= set(content.recs)


@pytest.mark.parametrize("source", READ)
def test_the_engine_takes_it(source: str, tmp_path: Path) -> None:
    content = read_release(source, RELEASES[source](tmp_path / "release"))
    report = ingest(Layout(tmp_path / "home" / "lake"), source, tmp_path / "release")
    assert report.recordings == len(content.recs)
    rejected = report.dropped - sum(p.action.value == "dropped" for p in content.problems)
    assert report.calls == len(content.rows) - rejected
    assert report.counted == counted(source, content) - rejected


def test_unknown_source_names_the_nearest() -> None:
    with pytest.raises(ChorusError, match="rainforest"):
        adapters.get("rain_forest")
