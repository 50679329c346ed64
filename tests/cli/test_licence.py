"""`--licence` on the command line, and the ATTRIBUTION.md of everything that is written out of the lake."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from chorus.cli import run
from tests.lake.sounds import lake_of, source, write_sounds


@pytest.fixture
def lake(tmp_path: Path, home: Path) -> Path:
    """A workspace with a free source of three recordings and one that is not for commerce, with one that is."""
    free = write_sounds(tmp_path / "free", range(3))
    closed = write_sounds(tmp_path / "closed", range(10, 12))
    own = {"010.wav": {"licence": "CC-BY-3.0"}}
    lake_of(home, (source("free", "CC0-1.0"), free), (source("closed", "CC-BY-NC-4.0", own), closed))
    return home


def rows(capfd: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    assert run(["query", "1=1 ORDER BY recording_id", *arguments]) == 0
    return list(csv.DictReader(io.StringIO(capfd.readouterr().out)))


def test_query_by_licence(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(rows(capfd)) == len(rows(capfd, "--licence", "any")) == 5
    found = [row["recording_id"] for row in rows(capfd, "--licence", "commercial")]
    assert found == ["closed/010.wav", "free/000.wav", "free/001.wav", "free/002.wav"]
    assert len(rows(capfd, "--license", "cc0-1.0", "--licence", "CC-BY-NC-4.0")) == 4
    assert run(["query", "SELECT count(*) AS n FROM recordings", "--licence", "CC-BY-3.0"]) == 0
    assert capfd.readouterr().out.split() == ["n", "1"]


@pytest.mark.parametrize("command", [["query", "1=1"], ["shard", "--plan"]])
def test_a_licence_that_nothing_has_is_one_line(lake: Path, capfd: pytest.CaptureFixture[str], command) -> None:  # type: ignore[no-untyped-def]
    assert run([*command, "--licence", "MIT"]) == 2
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "--licence MIT: nothing in this lake has it; it has CC-BY-3.0, CC-BY-NC-4.0, CC0-1.0" in err


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_file_has_its_attribution_beside_it(lake: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"it's calls{suffix}"
    assert run(["query", "recording_id <> 'free/002.wav'", "--output", str(target)]) == 0
    text = (tmp_path / f"it's calls{suffix}.ATTRIBUTION.md").read_text()
    closed, free = text.split("## Sounds of ")[1:]
    assert "- DOI: https://doi.org/10.1/closed" in closed
    assert "- Licence: [CC-BY-NC-4.0](https://creativecommons.org/licenses/by-nc/4.0/)" in closed
    assert "- Licences of the recordings used: [CC-BY-3.0](https://creativecommons.org/licenses/by/3.0/): 1; " in closed
    assert "- Used: 2 calls in 2 recordings" in closed
    assert "- Used: 2 calls in 2 recordings" in free
    assert "Licences of the recordings used" not in free
    assert "- Changed: " in free


def test_the_same_export_writes_the_same_attribution(lake: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        assert run(["query", "", "--output", str(tmp_path / name)]) == 0
    one, other = ((tmp_path / f"{name}.csv.ATTRIBUTION.md").read_text() for name in ("a", "b"))
    assert one == other
    assert str(tmp_path) not in one


def test_columns_that_name_the_source_in_part(lake: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    told = {
        "SELECT call_id, start_s FROM calls WHERE source = 'free'": "- Used: 3 calls",
        "SELECT source, count(*) AS n FROM calls WHERE source = 'free' GROUP BY source": "- Used: 1 row\n",
        "SELECT recording_id FROM recordings WHERE source = 'free'": "- Used: 3 rows in 3 recordings",
    }
    for sql, used in told.items():
        assert run(["query", sql, "--output", str(target)]) == 0
        text = (tmp_path / "x.csv.ATTRIBUTION.md").read_text()
        assert used in text
        assert "Sounds of closed" not in text


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_rows_that_name_no_source_are_attributed_to_all(lake: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"x{suffix}"
    assert run(["query", "SELECT species, count(*) AS n FROM calls GROUP BY species", "--output", str(target)]) == 0
    text = (tmp_path / f"x{suffix}.ATTRIBUTION.md").read_text()
    assert "do not name their source" in text
    assert text.count("- Used: not counted") == 2
    assert run(["query", "start_s > 99", "--output", str(target)]) == 0
    assert "has no rows" in (tmp_path / f"x{suffix}.ATTRIBUTION.md").read_text()


def test_sources_that_a_licence_leaves_out_are_not_attributed(lake: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    for licence, titles in (("CC0-1.0", ["free"]), ("commercial", ["closed", "free"])):
        sql = "SELECT label FROM calls WHERE source = 'free'"
        assert run(["query", sql, "--licence", licence, "--output", str(target)]) == 0
        text = (tmp_path / "x.csv.ATTRIBUTION.md").read_text()
        assert [line.split()[3] for line in text.splitlines() if line.startswith("## Sounds of")] == titles


def test_a_table_for_people_is_attributed_too(lake: Path, tmp_path: Path) -> None:
    assert run(["query", "source = 'free'", "--format", "table", "--output", str(tmp_path / "t.txt")]) == 0
    text = (tmp_path / "t.txt.ATTRIBUTION.md").read_text()
    assert "- Used: 3 rows in 3 recordings" in text


def test_the_attributions_of_exports_into_one_folder_join(lake: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def export(where: str) -> str:
        assert run(["query", where, "--format", "raven", "--output", str(out)]) == 0
        return (out / "ATTRIBUTION.md").read_text()

    closed, one = export("source = 'closed'"), export("recording_id = 'free/001.wav'")
    assert one.startswith(closed.rstrip())
    both = export("source = 'free'")
    assert export("recording_id = 'free/001.wav'") == both, "what is told is not told again"
    assert [part.count("- Cite: ") for part in both.split("\n## ")] == [0, 1, 1]
    assert "- Used: 1 call in 1 recording\n- Used: 3 calls in 3 recordings\n- Changed: " in both
    (out / "ATTRIBUTION.md").write_text("# My own\n\nThanks to all.\n")
    assert export("source = 'closed'") == "# My own\n\nThanks to all.\n\n" + closed


@pytest.mark.parametrize("form", ["raven", "audacity"])
def test_a_folder_holds_its_attribution(lake: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    arguments = ["query", "1=1", "--format", form, "--output", str(out)]
    assert run([*arguments, "--licence", "CC0-1.0"]) == 0
    text = (out / "ATTRIBUTION.md").read_text()
    assert "- Used: 3 calls in 3 recordings" in text
    assert "Sounds of closed" not in text
    assert len(list(out.rglob("*.txt"))) == 3


def test_a_failed_export_and_standard_output_leave_none(lake: Path, tmp_path: Path) -> None:
    assert run(["query", "SELECT 1/'x' AS y", "--output", str(tmp_path / "x.csv")]) == 2
    assert run(["query", "1=1"]) == 0
    assert not list(tmp_path.rglob("*ATTRIBUTION.md"))


def test_duplicates_command(lake: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["duplicates", "-q"]) == 0
    assert "0 clusters: 0 of 5 compared" in capfd.readouterr().out
    write_sounds(tmp_path / "again", range(1, 2))
    lake_of(lake, (source("again"), tmp_path / "again"))
    assert run(["duplicates", "again", "-q", "-j", "1"]) == 0
    out = capfd.readouterr().out
    assert "1 cluster: 2 of 6 compared recordings have a copy, in again, free" in out
    assert "bytes" in out
    assert run(["duplicates", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["clusters"], found["read"]) == (1, 0)
    assert [row["match"] for row in found["duplicates"]] == ["free/001.wav", "again/001.wav"]
    assert run(["query", "SELECT count(*) AS n FROM duplicates"]) == 0
    assert capfd.readouterr().out.split() == ["n", "2"]
    assert run(["duplicates", "fre"]) == 2
    assert capfd.readouterr().err == "chorus: fre: not in this lake; nearest: free; it holds again, closed, free\n"
