"""birdeep: glued rows, background, augmented copies."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from chorus import adapters
from chorus.errors import UsageError
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import BIRDEEP, birdeep

ONE = "Audios/AM4/2023_05_31/AM4_20230531_110000.WAV"
TWO = "Audios/AM8/2023_05_30/AM8_20230530_065000.WAV"
QUIET = "Audios/AM1/2023_05_10/AM1_20230510_110000.WAV"
AUGMENTED = "Audios/Data Augmentation/AM1/2023_05_10/AM1_20230510_110000.WAV"


def test_glued_rows_are_both_read(tmp_path: Path) -> None:
    content = read_release("birdeep", birdeep(tmp_path))
    shown = [(row["label"], row["start_s"], row["high_hz"], row["origin_line"]) for row in content.of(ONE)]
    assert shown == [("Alaudidae", 20.406376, 6806.203613, 2), ("Galerida Cristata", 22.5, 6806.2, 3)]
    assert [(r["label"], r["start_s"], r["origin_line"]) for r in content.of(TWO)] == [("Bird", 61.5, 3)]
    assert [(p.reason, p.line, p.action) for p in content.problems if p.reason == "glued_rows"] == [
        ("glued_rows", 3, "repaired")
    ]


def test_rows_glued_behind_an_empty_box(tmp_path: Path) -> None:
    path = "AM1/2023_05_10/AM1_20230510_110000.WAV"
    row = f"{path},Edu,AM1,2023/05/10,11:00:00,00:01:00,1,2,3,4,No audio,"
    content = read_release("birdeep", write_files(tmp_path, {"train_file.csv": f'{BIRDEEP}{row}""{row}""\n{row}""\n'}))
    assert [row["origin_line"] for row in content.rows] == [2, 2, 3]


def test_background_is_kept_and_not_counted(tmp_path: Path) -> None:
    content = read_release("birdeep", birdeep(tmp_path))
    quiet = {row["recording"]: row["label"] for row in content.rows if row["kind"] == "silence"}
    assert quiet == {
        QUIET: "No audio",
        AUGMENTED: "No audio",
        "Audios/AM15/2023_03_30/AM15_20230330_070000.WAV": "No bird",
    }
    assert counted("birdeep", content) == 4


def test_coverage(tmp_path: Path) -> None:
    annotated = read_release("birdeep", birdeep(tmp_path)).annotated()
    assert annotated[ONE] == annotated[QUIET] == "full"
    assert annotated[AUGMENTED] == "partial"
    assert annotated["Audios/AM11/2023_05_01/AM11_20230501_080000.WAV"] == "none"
    assert annotated["Audios/AM15/2023_03_30/AM15_20230330_070000.WAV"] == "full", "the short row is another minute's"


def test_facts_and_splits(tmp_path: Path) -> None:
    content = read_release("birdeep", birdeep(tmp_path))
    facts = content.recs[ONE].facts
    assert (facts["site"], facts["recorded_at"]) == ("AM4", dt.datetime(2023, 5, 31, 11))
    assert {row["split"] for row in content.rows} == {"train", "validation", "test"}


def test_table_of_all_rows(tmp_path: Path) -> None:
    row = "AM4/2023_05_31/AM4_20230531_110000.WAV,Edu,AM4,2023/05/31,11:00:00,00:01:00,1,2,3,4,Passer,[]\n"
    content = read_release("birdeep", write_files(tmp_path / "a", {"dataset.csv": BIRDEEP + row}))
    assert [row["split"] for row in content.rows] == [None]
    adapter = adapters.get("birdeep")
    release = adapter.open(write_files(tmp_path / "b", {"dataset.csv": "a,b\n1,2\n"}))
    with pytest.raises(UsageError, match="specie"):
        list(adapter.units(release))


def test_real_rows(shared: Path) -> None:
    content = read_release("birdeep", shared / "samples" / "birdeep")
    assert (len(content.rows), counted("birdeep", content), content.problems) == (15, 11, [])
    resolver = Resolver("birdeep", birds=True)
    assert all(resolver.resolve(row["taxon_key"]).taxon for row in content.rows if row["kind"] != "silence")


def test_background_is_told_by_what_it_says_not_by_its_capitals(tmp_path: Path) -> None:
    start = "AM4/2023_05_31/AM4_20230531_110000.WAV,Edu,AM4,2023/05/31,11:00:00,00:01:00,1,2,3,4"
    rows = [f'{start},{label},""' for label in ("No audio", "no bird", " No Audio ", "Bird", "")]
    content = read_release("birdeep", write_files(tmp_path, {"train_file.csv": BIRDEEP + "\n".join(rows)}))
    assert [row["kind"] for row in content.rows] == ["silence", "silence", "silence", None, None]
    assert counted("birdeep", content) == 2, "a box without a name is a call too"
