"""Tables that were copied, and rows that stand in two of them."""

from __future__ import annotations

from pathlib import Path

from chorus.adapters import own
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import RAVEN, ROW

TABLE = f"{RAVEN}\tAnnotation\n{ROW}\tA\n{ROW.replace('2.0', '3.0')}\tA\n"


def told(tmp_path: Path, files: dict[str, str], format: str = "raven") -> list[tuple[str, str]]:
    layout = Layout(tmp_path / "lake")
    root = write_files(tmp_path / "data", {**files, "x.wav": wav(5.0), "y.wav": wav(4.0)})
    ingest(layout, own.adapter(format, "mine"), root)
    sql = "SELECT origin_file, message FROM issues WHERE reason = 'repeated_row' ORDER BY 1"
    return [(row["origin_file"], row["message"]) for row in Lake(layout.root).query(sql).rows()]


def test_a_copy_of_a_table_is_told_once(tmp_path: Path) -> None:
    names = ("backup/x.Table.1.selections.txt", "x.Table.1.selections (1).txt", "x.Table.1.selections.txt")
    said = f"2 rows stand in {names[0]} too: kept, so what they mark counts twice"
    assert told(tmp_path, dict.fromkeys(names, TABLE)) == [(name, said) for name in names[1:]]


def test_one_row_of_a_table_that_goes_on_is_told(tmp_path: Path) -> None:
    more = TABLE.replace("1.0\t3.0", "2.5\t3.0")
    files = {"x.Table.1.selections.txt": TABLE, "x.Table.2.selections.txt": more}
    assert [message.partition(" in ")[0] for _, message in told(tmp_path, files)] == ["1 row stands"]


def test_the_same_rows_of_other_sounds_or_labels_are_no_repeats(tmp_path: Path) -> None:
    other = TABLE.replace("\tA\n", "\tB\n")
    assert told(tmp_path, {"x.txt": TABLE, "y.txt": TABLE, "x.Table.2.selections.txt": other}) == []


def test_tables_that_name_their_sounds(tmp_path: Path) -> None:
    table = "filename,start_s,end_s,label\nx.wav,1,2,a\ny.wav,1,2,a\n"
    files = {"all.csv": table, "all - Copy.csv": table, "other.csv": table.replace("1,2,a", "1,2,b")}
    assert [name for name, _ in told(tmp_path, files, "csv")] == ["all.csv"]
