"""Copies in the lake: found by bytes and by sound, once read never read again, safe to cut off."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from chorus.errors import ChorusError, UsageError
from chorus.lake import Lake, duplicates
from chorus.lake.clusters import clusters_of
from chorus.lake.duplicates import Found, Link, find_duplicates, known_clusters, table_rows
from chorus.lake.fingerprints import NAME
from chorus.schemas import Duplicate, How
from tests.lake.sounds import RATE, lake_of, sound, source, write_sounds


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two sources. Of `one`, 001 is in `two` byte by byte, and 002 as trimmed Vorbis at half the level."""
    one = write_sounds(tmp_path / "one", range(4))
    two = write_sounds(tmp_path / "two", range(10, 13))
    shutil.copy(one / "001.wav", two / "same.wav")
    soundfile.write(two / "alike.ogg", sound(2)[RATE:] * np.float32(0.5), RATE, subtype="VORBIS")
    return lake_of(tmp_path, (source("one"), one), (source("two"), two))


def find(lake: Lake, *sources: str) -> Found:
    return find_duplicates(lake, sources, quiet=True)


def test_copies_by_bytes_and_by_sound(lake: Lake) -> None:
    found = find(lake)
    assert (found.compared, found.read, dict(found.left_out)) == (9, 8, {})
    rows = {row["recording_id"]: Duplicate(**row) for row in found.rows}
    assert rows.keys() == {"one/001.wav", "two/same.wav", "one/002.wav", "two/alike.ogg"}
    same, alike = rows["two/same.wav"], rows["two/alike.ogg"]
    assert (same.cluster, same.how, same.match, same.similarity) == ("one/001.wav", How.bytes, "one/001.wav", 1.0)
    assert (alike.cluster, alike.how, alike.match) == ("one/002.wav", How.sound, "one/002.wav")
    assert alike.offset_s == pytest.approx(1.0, abs=0.02)
    assert rows["one/002.wav"].offset_s == -alike.offset_s
    assert alike.shared_s == pytest.approx(5.0, abs=0.5)


def test_the_table_can_be_queried(lake: Lake) -> None:
    with pytest.raises(UsageError, match="duplicates"):
        lake.query("SELECT * FROM duplicates").fetch()
    assert known_clusters(lake) == {}
    rows = find(lake).rows
    assert lake.query("SELECT * FROM duplicates").rows() == rows
    joined = "SELECT r.path FROM duplicates d JOIN recordings r USING (recording_id) WHERE d.how = 'bytes' ORDER BY 1"
    assert [row["path"] for row in lake.query(joined)] == ["001.wav", "same.wav"]
    assert known_clusters(lake)["two/alike.ogg"] == "one/002.wav"


def test_a_second_run_reads_nothing_and_says_the_same(lake: Lake) -> None:
    first = find(lake)
    before = first.path.read_bytes()
    again = find(lake)
    assert (again.read, again.rows) == (0, first.rows)
    assert again.path.read_bytes() == before


def test_a_changed_file_is_read_again(lake: Lake, tmp_path: Path) -> None:
    find(lake)
    soundfile.write(tmp_path / "two" / "010.wav", sound(0), RATE, subtype="FLOAT")
    found = find(lake)
    assert found.read == 1
    assert {"one/000.wav", "two/010.wav"} <= {row["recording_id"] for row in found.rows}
    stat = (tmp_path / "one" / "003.wav").stat()
    os.utime(tmp_path / "one" / "003.wav", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert find(lake).read == 1


def test_a_run_that_is_cut_off_goes_on(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = duplicates.fingerprints_of, itertools.count()

    def breaks(file):  # type: ignore[no-untyped-def]
        if next(calls) == 3:
            raise KeyboardInterrupt
        return real(file)

    monkeypatch.setattr(duplicates, "fingerprints_of", breaks)
    with pytest.raises(KeyboardInterrupt):
        find(lake)
    assert not (lake.root / "duplicates.parquet").exists()
    (lake.root / ".duplicates.parquet.1.part").touch()  # as a kill while writing leaves it
    assert find(lake).read == 5
    assert not list(lake.root.glob(".*.part"))


def test_sources_by_name(lake: Lake) -> None:
    alone = find(lake, "two")
    assert (alone.compared, alone.rows) == (5, [])
    assert alone.left_out == {duplicates.NOT_READ: 4}
    assert len(find(lake, "one").rows) == 4
    with pytest.raises(UsageError, match="it holds one, two"):
        find(lake, "three")


def test_what_cannot_be_compared_is_counted(tmp_path: Path) -> None:
    root = write_sounds(tmp_path / "one", range(4))
    soundfile.write(root / "silent.wav", np.zeros(RATE, np.int16), RATE)
    lake = lake_of(tmp_path, (source("one"), root))
    (root / "000.wav").unlink()
    (root / "001.wav").write_bytes(b"RIFF, or so")
    found = find(lake)
    assert found.left_out == {duplicates.GONE: 1, duplicates.UNREADABLE: 1, duplicates.NO_WORDS: 1}
    assert found.compared == 4


def test_an_empty_lake_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="chorus ingest SOURCE"):
        find(Lake(tmp_path / "nothing"))


def test_two_processes_find_the_same(lake: Lake) -> None:
    rows = find_duplicates(lake, jobs=2, quiet=True).rows
    (lake.root / NAME).unlink()
    assert find(lake).rows == rows


def test_a_damaged_memory_is_one_line(lake: Lake) -> None:
    find(lake)
    (lake.root / NAME).write_bytes(b"no database at all, that is for sure" * 100)
    with pytest.raises(ChorusError, match="remove it"):
        find(lake)


def test_files_that_left_the_lake_are_forgotten(lake: Lake, tmp_path: Path) -> None:
    find(lake)
    (tmp_path / "two" / "alike.ogg").unlink()
    lake_of(tmp_path, (source("two"), tmp_path / "two"))
    assert {row["recording_id"] for row in find(lake).rows} == {"one/001.wav", "two/same.wav"}


def test_one_channel_of_another_recording_is_found(tmp_path: Path) -> None:
    """Copies of a channel, of the mix, and with a dead channel beside; none are the two with the same pulses in one."""
    one = write_sounds(tmp_path / "one", range(2))
    pulses = np.random.default_rng(99).standard_normal(6 * RATE).astype(np.float32) * np.float32(1e-3)
    pulses[:: RATE // 2] = 0.01
    for name, left, right in (
        ("both", sound(10), sound(0)[RATE:]),
        ("dead", sound(1), 0 * sound(1)),
        ("session1", sound(11), pulses),
        ("session2", sound(12), pulses),
    ):
        samples = np.stack([left[: 5 * RATE], right[: 5 * RATE]], axis=1)
        soundfile.write(one / f"{name}.wav", samples, RATE)
    rows = {row["recording_id"]: row for row in find(lake_of(tmp_path, (source("one"), one))).rows}
    assert rows.keys() == {"one/000.wav", "one/both.wav", "one/001.wav", "one/dead.wav"}
    assert rows["one/both.wav"]["match"] == "one/000.wav"
    assert rows["one/both.wav"]["offset_s"] == pytest.approx(1.0, abs=0.02)
    assert rows["one/dead.wav"]["match"] == "one/001.wav"


def test_a_memory_of_an_earlier_form_is_made_again(lake: Lake) -> None:
    first = find(lake)
    with sqlite3.connect(lake.root / NAME) as db:
        db.executescript("DROP TABLE words; CREATE TABLE words (path TEXT, band TEXT); PRAGMA user_version = 1")
    again = find(lake)
    assert (again.read, again.rows) == (first.read, first.rows)


NAMES = st.sampled_from([f"s/{k}" for k in range(8)])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=12), st.randoms())
def test_clusters_do_not_depend_on_the_order(pairs: list[tuple[str, str]], random) -> None:  # type: ignore[no-untyped-def]
    clusters = clusters_of(pairs)
    turned = [pair[::-1] if random.random() < 0.5 else pair for pair in pairs]
    random.shuffle(turned)
    assert clusters_of(turned) == clusters
    assert all(clusters[a] == clusters[b] for a, b in pairs)
    assert all(clusters[first] == first and first <= name for name, first in clusters.items())


@given(st.lists(st.tuples(NAMES, NAMES, st.floats(0.5, 1.0)), max_size=10), st.randoms())
def test_rows_do_not_depend_on_the_order(links: list[tuple[str, str, float]], random) -> None:  # type: ignore[no-untyped-def]
    unique = {(a, b): Link(a, b, How.sound, similarity, 1.0) for a, b, similarity in links if a < b}
    given_links = list(unique.values())
    rows = table_rows(given_links)
    random.shuffle(given_links)
    assert table_rows(given_links) == rows
    for row in map(Duplicate.model_validate, rows):
        assert row.match != row.recording_id
        assert row.cluster <= row.recording_id
