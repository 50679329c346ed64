"""birdvox: points in time and frequency, read as boxes of 0.15 s."""

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
    assert [(r["low_hz"], r["high_hz"], r["quality"]) for r in rows] == [
        (5000, 5000, "interval assumed"),
        (2750.5, 2750.5, "interval assumed"),
    ]
    assert [r["start_s"] for r in rows] == pytest.approx([0.125, 1.175])
    assert [r["end_s"] for r in rows] == pytest.approx([0.275, 1.325])
    assert counted("birdvox", content) == 4
    assert Resolver("birdvox", birds=True).resolve(None).taxon.scientific_name == "Passeriformes"  # type: ignore[union-attr]


def test_bad_fields(tmp_path: Path) -> None:
    content = read_release("birdvox", birdvox(tmp_path))
    assert [(p.line, p.action) for p in content.problems] == [(3, "dropped"), (4, "noted")]
    last = content.of(SOUND.format("10"))[-1]
    assert (last["start_s"], last["low_hz"], last["origin_line"]) == (13.425, None, 4)
    assert content.recs[SOUND.format("10")].facts["site"] == "unit10"


def test_a_call_at_the_start_is_cut_off_at_zero(tmp_path: Path) -> None:
    (row,) = read_release("birdvox", write_files(tmp_path, {TABLE: "Time (s),Freq (Hz)\n0.05,5000\n"})).rows
    assert (row["start_s"], row["end_s"]) == (0.0, 0.125)


def test_sound_around_a_call_is_not_known_to_be_empty(tmp_path: Path) -> None:
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
