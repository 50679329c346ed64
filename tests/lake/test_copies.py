"""The table of copies after a source was forgotten is that of a lake which never had it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from chorus.lake import Lake
from chorus.lake.duplicates import find_duplicates, known_clusters
from chorus.lake.forget import forget
from tests.lake.sounds import RATE, lake_of, sound, source, write_sounds

NUMBERS = {"a": range(4), "b": range(10, 12), "c": range(20, 22)}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Of `a`, 001 is in `b` and `c` byte by byte, 002 in both by sound, 003 in `b` alone; `b` has 010 twice."""
    roots = {name: write_sounds(tmp_path / name, numbers) for name, numbers in NUMBERS.items()}
    for name, cut in (("b", RATE), ("c", RATE // 2)):
        shutil.copy(roots["a"] / "001.wav", roots[name] / "same.wav")
        soundfile.write(roots[name] / "alike.wav", sound(2)[cut:] * np.float32(0.5), RATE, subtype="PCM_16")
    shutil.copy(roots["a"] / "003.wav", roots["b"] / "third.wav")
    shutil.copy(roots["b"] / "010.wav", roots["b"] / "twice.wav")
    lake = lake_of(tmp_path, *((source(name), root) for name, root in roots.items()))
    find_duplicates(lake, quiet=True)
    return lake


def test_the_rest_is_what_a_search_would_find(lake: Lake) -> None:
    assert len(known_clusters(lake)) == 10
    table = lake.root / "duplicates.parquet"
    before = table.stat().st_mtime_ns
    forget(lake.layout, ["a"])
    assert table.stat().st_mtime_ns == before, "what was ingested since is still known"
    assert known_clusters(lake) == {
        "b/010.wav": "b/010.wav",
        "b/twice.wav": "b/010.wav",
        "b/alike.wav": "b/alike.wav",
        "c/alike.wav": "b/alike.wav",
        "b/same.wav": "b/same.wav",
        "c/same.wav": "b/same.wav",
    }
    rows = lake.query("SELECT * FROM duplicates").rows()
    assert rows == find_duplicates(lake, quiet=True).rows


def test_copies_that_are_known_stay_without_their_sound(lake: Lake, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "c")
    forget(lake.layout, ["b"])
    assert known_clusters(lake) == {"a/001.wav": "a/001.wav", "c/same.wav": "a/001.wav"}


def test_nothing_is_left_of_the_last_sources(lake: Lake) -> None:
    forget(lake.layout, ["c"])
    assert lake.query("SELECT * FROM duplicates WHERE source = 'c' OR match LIKE 'c/%'").rows() == []
    forget(lake.layout, ["a", "b"])
    assert pq.ParquetFile(lake.root / "duplicates.parquet").metadata.num_rows == 0
