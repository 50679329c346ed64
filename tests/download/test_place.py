"""What stands where a file of a release goes: kept when it is a person's, shared in the order of the card."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from chorus.download.place import some
from chorus.schemas.source import Source
from tests.download.site import Site
from tests.download.test_run import files, run, zipped

TABLE = b"start,end\n0,1\n"
MINE = b"start,end\n0,1\n2,3 corrected\n"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "ena_birds"


@pytest.fixture
def release(site: Site) -> Source:
    """A table, and two files of one folder in an archive."""
    site.add("table.csv", TABLE)
    site.add("sound.zip", zipped({"d/a.csv": b"a", "d/b.csv": b"b"}))
    return site.card()


ALL = {"table.csv": TABLE, "d/a.csv": b"a", "d/b.csv": b"b"}


@pytest.mark.parametrize("path", ["table.csv", "d/a.csv"])
def test_a_file_changed_since_is_kept(release: Source, target: Path, path: str) -> None:
    run(release, target)
    (target / path).write_bytes(MINE)
    report, said = run(release, target)
    assert files(target) == {**ALL, f"{path}.old": MINE}
    assert report.kept == [f"{path}.old"]
    assert said == [said[0]]
    assert said[0].endswith(f"what was changed or put there by hand is kept as {path}.old")
    assert run(release, target)[0].unchanged


@pytest.mark.parametrize("path", ["table.csv", "d/a.csv"])
def test_a_file_put_there_by_hand_is_kept(release: Source, target: Path, path: str) -> None:
    (target / path).parent.mkdir(parents=True)
    (target / path).write_bytes(MINE)
    assert run(release, target)[0].kept == [f"{path}.old"]
    assert files(target) == {**ALL, f"{path}.old": MINE}


def test_what_was_kept_before_stays(release: Source, target: Path) -> None:
    for text in (b"one", b"two", b"three"):
        run(release, target)
        (target / "table.csv").write_bytes(text)
    run(release, target)
    assert files(target) == {**ALL, "table.csv.old": b"one", "table.csv.old1": b"two", "table.csv.old2": b"three"}


def test_a_change_that_leaves_the_size_is_kept(release: Source, target: Path) -> None:
    run(release, target)
    (target / "d" / "a.csv").write_bytes(b"A")
    os.utime(target / "d" / "a.csv", (time.time() + 5,) * 2)
    (target / "d" / "b.csv").unlink()
    assert run(release, target)[0].kept == ["d/a.csv.old"]
    assert files(target) == {**ALL, "d/a.csv.old": b"A"}


def test_a_link_and_what_it_leads_to_are_kept(release: Source, target: Path, tmp_path: Path) -> None:
    target.mkdir()
    (tmp_path / "mine.csv").write_bytes(MINE)
    (target / "table.csv").symlink_to(tmp_path / "mine.csv")
    run(release, target)
    assert (tmp_path / "mine.csv").read_bytes() == MINE
    assert (target / "table.csv.old").is_symlink()
    assert (target / "table.csv").read_bytes() == TABLE


def test_a_link_to_the_same_stays_a_link(release: Source, target: Path, tmp_path: Path) -> None:
    (target / "d").mkdir(parents=True)
    (tmp_path / "elsewhere.csv").write_bytes(b"a")
    (target / "d" / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert run(release, target)[0].kept == []
    assert (target / "d" / "a.csv").is_symlink()


def test_what_chorus_wrote_is_replaced_without_a_word(site: Site, release: Source, target: Path) -> None:
    run(release, target, keep=True)
    site.add("sound.zip", zipped({"d/a.csv": b"newer", "d/b.csv": b"b"}))
    (target / "d" / "b.csv").unlink()
    report, said = run(release, target, keep=True)
    assert (report.kept, said) == ([], [])
    assert set(files(target)) == {*ALL, "sound.zip"}
    assert (target / "d" / "a.csv").read_bytes() == b"newer"


def two_archives(site: Site) -> Source:
    """Two archives of which each holds a d/a.csv of its own, and both the same d/readme."""
    site.add("one.zip", zipped({"d/a.csv": b"one", "d/readme": b"r"}))
    site.add("two.zip", zipped({"d/a.csv": b"two, longer", "d/readme": b"r", "d/c.csv": b"c"}))
    return site.card()


SHARED = {"d/a.csv": b"one", "d/readme": b"r", "d/c.csv": b"c"}


@pytest.mark.parametrize("first", [[], ["one*"], ["two*"]])
def test_of_two_archives_the_first_of_the_card_has_the_path(site: Site, target: Path, first: list[str]) -> None:
    source = two_archives(site)
    told = run(source, target, *first)[1] + run(source, target)[1]
    assert files(target) == SHARED
    assert told == ["ena_birds: one.zip and two.zip both hold d/a.csv: that of one.zip is used"]
    asked = len(site.log)
    assert run(source, target)[0].unchanged
    assert len(site.log) == asked


def test_a_changed_file_of_two_archives_is_kept(site: Site, target: Path) -> None:
    source = two_archives(site)
    run(source, target)
    (target / "d" / "readme").write_bytes(MINE)
    assert run(source, target)[0].kept == ["d/readme.old"]
    assert files(target) == {**SHARED, "d/readme.old": MINE}
    assert run(source, target)[0].unchanged


def test_a_table_that_an_archive_holds_too(site: Site, target: Path) -> None:
    site.add("sound.zip", zipped({"table.csv": b"packed"}))
    site.add("table.csv", TABLE)
    _, said = run(site.card(), target)
    assert files(target) == {"table.csv": b"packed"}
    assert said == ["ena_birds: sound.zip and table.csv both hold table.csv: that of sound.zip is used"]
    assert run(site.card(), target)[0].unchanged


def test_many_names_are_cut_short() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some([str(n) for n in range(1010)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 1,002 more"
