"""birdvox: points in time and frequency."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus import adapters
from chorus.errors import UsageError
from chorus.taxonomy import Resolver
from tests.adapters.helpers import counted, read_release, write_files
from tests.adapters.releases_soundscapes import birdvox

SOUND = "BirdVox-full-night_flac-audio_unit{}.flac"
TABLE = "BirdVox-full-night_csv-annotations_unit01.csv"


def test_points(tmp_path: Path) -> None:
    content = read_release("birdvox", birdvox(tmp_path))
    rows = content.of(SOUND.format("01"))
    assert [(r["start_s"], r["end_s"], r["low_hz"], r["high_hz"]) for r in rows] == [
        (0.2, 0.2, 5000, 5000),
        (1.25, 1.25, 2750.5, 2750.5),
    ]
    assert counted("birdvox", content) == 4
    assert Resolver("birdvox", birds=True).resolve(None).taxon.scientific_name == "Passeriformes"  # type: ignore[union-attr]


def test_bad_fields(tmp_path: Path) -> None:
    content = read_release("birdvox", birdvox(tmp_path))
    assert [(p.line, p.action) for p in content.problems] == [(3, "dropped"), (4, "noted")]
    last = content.of(SOUND.format("10"))[-1]
    assert (last["start_s"], last["low_hz"], last["origin_line"]) == (13.5, None, 4)
    assert content.recs[SOUND.format("10")].facts["site"] == "unit10"


def test_sound_around_a_point_is_not_known_to_be_empty(tmp_path: Path) -> None:
    assert set(read_release("birdvox", birdvox(tmp_path)).annotated().values()) == {"partial"}


def test_folders(tmp_path: Path) -> None:
    sound = f"flac-audio/{SOUND.format('01')}"
    files: dict[str, str | bytes] = {f"csv-annotations/{TABLE}": "Time (s),Freq (Hz)\n1,2\n"}
    assert list(read_release("birdvox", write_files(tmp_path, files)).recs) == [sound]
    write_files(tmp_path, {sound: b"flac"})
    assert list(read_release("birdvox", tmp_path).recs) == [sound]


def test_two_copies_are_refused(tmp_path: Path) -> None:
    for copy in ("a", "b"):
        birdvox(tmp_path / copy)
    adapter = adapters.get("birdvox")
    with pytest.raises(UsageError, match="twice"):
        list(adapter.units(adapter.open(tmp_path)))
