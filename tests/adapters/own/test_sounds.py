"""Which sound an annotation file is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.adapters.base import Release
from chorus.adapters.own.sounds import named_sound, own_sound, stems_of


def release(*sounds: str) -> Release:
    return Release(Path("/nowhere"), dict.fromkeys(sounds, (1, 1)))


@pytest.mark.parametrize(
    ("file", "stems"),
    [
        ("a/Rec_1.Table.1.selections.txt", ["Rec_1.Table.1.selections", "Rec_1"]),
        ("Rec_1.BirdNET.selection.table.txt", ["Rec_1.BirdNET.selection.table", "Rec_1"]),
        ("x.cbin.not.mat", ["x.cbin.not", "x"]),
        ("x.wav.csv", ["x.wav", "x"]),
        ("2021.05.01_labels.txt", ["2021.05.01_labels", "2021.05.01"]),
        ("plain.TextGrid", ["plain"]),
        (".txt", [".txt"]),
    ],
)
def test_stems(file: str, stems: list[str]) -> None:
    assert stems_of(file) == stems


@pytest.mark.parametrize(
    ("unit", "sounds", "path"),
    [
        ("a.selections.txt", ["a.wav", "a.mp3"], "a.wav"),
        ("x/A.txt", ["y/a.FLAC"], "y/a.FLAC"),
        ("field_labels.txt", ["field_labels.wav", "field.wav"], "field_labels.wav"),
        ("labels/s2/001.txt", ["audio/s1/001.wav", "audio/s2/001.wav"], "audio/s2/001.wav"),
        ("Bird1/a.xml", ["Bird0/Wave/a.wav", "Bird1/Wave/a.wav"], "Bird1/Wave/a.wav"),
        ("x/a.txt", ["b.wav"], "x/a.wav"),
        ("x.wav.txt", [], "x.wav"),
    ],
)
def test_own_sound(unit: str, sounds: list[str], path: str) -> None:
    assert own_sound(release(*sounds), unit) == (path, ())


def test_two_sounds_that_fit_alike_are_told_and_neither_is_taken() -> None:
    path, rivals = own_sound(release("s1/001.wav", "s2/001.wav"), "labels/001.txt")
    assert path == "labels/001.wav"
    assert list(rivals) == ["s1/001.wav", "s2/001.wav"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (r"C:\data\s2\001.wav", "audio/s2/001.wav"),
        ("/n/lab/s1/001.WAV", "audio/s1/001.wav"),
        ("s1/001.mp3", "audio/s1/001.mp3"),
        ("s1/001", "audio/s1/001.wav"),
        ("gone.flac", "labels/gone.flac"),
        ("gone", "labels/gone.wav"),
        (" ", "labels/table.wav"),
    ],
)
def test_named_sound(name: str, path: str) -> None:
    files = release("audio/s1/001.wav", "audio/s1/001.mp3", "audio/s2/001.wav")
    assert named_sound(files, "labels/table.csv", name) == (path, ())


def test_a_table_of_a_model_is_about_the_sound_it_is_called_after() -> None:
    assert stems_of("a.chorus.selections.txt") == ["a.chorus.selections", "a"]
    assert own_sound(release("a.wav"), "a.chorus.labels.txt") == ("a.wav", ())
