"""Labels, and the names that their taxa are looked up by."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.adapters import own
from chorus.adapters.formats.mapping import Mapping
from chorus.cli import run
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from tests.adapters.helpers import wav, write_files
from tests.adapters.own.helpers import RAVEN, ROW, marks, read_own


def keys(root: Path, format: str, table: str, mapping: str | None = None) -> list[tuple[str | None, str | None]]:
    """(label, what the taxon is looked up by) of each row."""
    content = read_own(root, format, {"a.txt" if format == "raven" else "a.csv": table}, mapping)
    return [(row.get("label"), row["taxon_key"]) for row in content.rows]


@pytest.mark.parametrize(
    ("columns", "rows", "found"),
    [
        ("Label\tSpecies", ["song\torca", "buzz\t", "\torca"], [("song", "orca"), ("buzz", "buzz"), ("orca", "orca")]),
        ("Species\tAnnotation", ["orca\t", "orca\tcheck this"], [("orca", "orca"), ("check this", "orca")]),
        ("Tag\tCommon Name\tScientific Name", ["x\trobin\tTurdus merula"], [("x", "Turdus merula")]),
        ("Species\tCall Type", ["orca\tsong", "\tsong"], [("orca", "orca"), (None, None)]),
    ],
)
def test_raven_rows(tmp_path: Path, columns: str, rows: list[str], found: list[tuple[str, str]]) -> None:
    table = "\n".join([f"{RAVEN}\t{columns}", *(f"{ROW}\t{row}" for row in rows)])
    assert keys(tmp_path, "raven", table) == found


TABLE = "start_s,end_s,label,species\n1,2,song,orca\n3,4,,orca\n5,6,buzz,\n"


def test_table_rows(tmp_path: Path) -> None:
    assert keys(tmp_path, "csv", TABLE) == [("song", "orca"), ("orca", "orca"), ("buzz", "buzz")]


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        ("[taxa]\norca = 'Mus musculus'\nbuzz = ''", ["Mus musculus", "Mus musculus", None]),
        ("[taxa]\nsong = 'Mus musculus'", ["Mus musculus", "orca", "buzz"]),
        ("species = 'Mus musculus'", ["Mus musculus"] * 3),
        ("label = 'label'", ["song", None, "buzz"]),
        ("label = 'label'\ntaxon = 'species'", ["orca", "orca", "buzz"]),
    ],
)
def test_a_mapping_goes_first(tmp_path: Path, mapping: str, found: list[str | None]) -> None:
    assert [key for _, key in keys(tmp_path, "csv", TABLE, mapping)] == found


def test_names_that_a_mapping_leaves_aside_are_told() -> None:
    found = marks("csv", TABLE, Mapping({"label": "label"}))
    assert [p.message for p in found.problems] == [
        "species not read, as the mapping names the label: taxon = 'species' looks taxa up there"
    ]
    assert not marks("csv", TABLE, Mapping({"label": "label", "taxon": "species"})).problems
    assert not marks("csv", TABLE, Mapping({"label": "species"})).problems


def test_kind_and_presence_in_the_words_of_chorus(tmp_path: Path) -> None:
    table = "start_s,end_s,label,kind,presence\n1,2,rain,noise,\n3,4,x,unknown,absent\n"
    rows = read_own(tmp_path, "csv", {"a.csv": table}, "[kinds]\nx = 'human'").rows
    assert [(row["kind"], row["presence"]) for row in rows] == [("noise", "present"), ("human", "absent")]
    assert "kind" not in marks("csv", table.replace("noise", "song")).columns


@pytest.mark.parametrize(("format", "file"), [("raven", "."), ("csv", "all.csv")])
def test_what_was_written_is_read(tmp_path: Path, home: Path, format: str, file: str) -> None:
    """An export of the lake, ingested again, says the same of every call."""
    table = (
        "start_s,end_s,label,species,kind,low_hz,high_hz,channel\n"
        "1,2,song,Orcinus orca,,500,900,1\n2,3,odd buzz,,,,,\n3,4,rain,,noise,,700,\n"
    )
    root = write_files(tmp_path / "first", {"a.csv": table, "a.wav": wav(5.0)})
    again = write_files(tmp_path / "again" / "sounds", {"a.wav": wav(5.0)})
    ingest(Layout(home / "lake"), own.adapter("csv", "mine"), root)
    assert run(["query", "true", "-f", format, "-o", str(again / file)]) == 0
    ingest(Layout(tmp_path / "lake"), own.adapter(format, "mine"), again)
    columns = "start_s, label, species, low_hz, high_hz" + (", kind, channel" if format == "csv" else "")
    sql = f"SELECT {columns} FROM calls ORDER BY start_s"
    before, after = (Lake(lake).query(sql).rows() for lake in (home / "lake", tmp_path / "lake"))
    assert after == before
    assert [row["species"] for row in after] == ["orca", None, None]


def test_what_is_marked_is_an_animals_call_unless_it_is_called_otherwise(tmp_path: Path) -> None:
    """A label that names no taxon; what stands beside it and the mapping say more than the label."""
    table = "start_s,end_s,label,species\n1,2,song,\n2,3,Rain,\n3,4,silence,\n4,5,?,\n5,6,,\n6,7,noise,Mus musculus\n"
    table += "7,8,wind,\n8,9,unknown,Parus major\n9,10,x,Homo sapiens\n"
    files = write_files(tmp_path / "mine", {"a.csv": table, "a.wav": wav(20.0)})
    (tmp_path / "m.toml").write_text("[kinds]\nwind = 'animal'\n")
    layout = Layout(tmp_path / "lake")
    ingest(layout, own.adapter("csv", "mine", tmp_path / "m.toml"), files)
    rows = Lake(layout.root).query("SELECT kind, species, flags FROM calls ORDER BY start_s").rows()
    kinds = ["animal", "noise", "silence", "unknown", "animal", "animal", "animal", "animal", "human"]
    rows = list(rows)
    assert [row["kind"] for row in rows] == kinds
    flagged = [place for place, row in enumerate(rows) if "unresolved_label" in (row["flags"] or [])]
    assert flagged == [0, 3, 6]
