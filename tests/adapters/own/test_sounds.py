"""Which sound an annotation file is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.adapters.base import Release
from chorus.adapters.own.sounds import named_sound, named_sounds, names_of, own_sound


def release(*sounds: str) -> Release:
    return Release(Path("/nowhere"), dict.fromkeys(sounds, (1, 1)))


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("a/Rec_1.Table.1.selections.txt", ["Rec_1.Table.1.selections", "Rec_1"]),
        ("Rec_1.BirdNET.selection.table.txt", ["Rec_1.BirdNET.selection.table", "Rec_1"]),
        ("x.cbin.not.mat", ["x.cbin.not", "x.cbin"]),
        ("x.wav.csv", ["x.wav"]),
        ("2021.05.01_labels.txt", ["2021.05.01_labels", "2021.05.01"]),
        ("plain.TextGrid", ["plain"]),
        (".txt", [".txt"]),
        ("Rec_1.Table.1.selections (1).txt", ["Rec_1.Table.1.selections (1)", "Rec_1"]),
        ("Rec (1).Table.1.selections.txt", ["Rec (1).Table.1.selections", "Rec (1)"]),
        ("Rec (1).txt", ["Rec (1)"]),
    ],
)
def test_names(file: str, names: list[str]) -> None:
    assert names_of(file) == names


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
        ("a.flac.Table.1.selections.txt", ["a.flac", "a.wav"], "a.flac"),
        ("a.flac.chorus.txt", ["a.wav"], "a.wav"),
        ("a.flac.txt", ["x/a.flac", "y/a.wav"], "x/a.flac"),
        ("t/a.flac.txt", [], "t/a.flac"),
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
    assert names_of("a.chorus.selections.txt") == ["a.chorus.selections", "a"]
    assert own_sound(release("a.wav"), "a.chorus.labels.txt") == ("a.wav", ())


@pytest.mark.parametrize(
    ("unit", "others", "path"),
    [
        ("site2/r.txt", ["site1/r.wav", "site1/r.txt"], "site2/r.wav"),
        ("site2/r.txt", ["site1/r.wav", "site2/other.wav"], "site2/r.wav"),
        ("site2/labels/r.txt", ["site1/audio/r.wav", "site1/labels/r.txt"], "site2/labels/r.wav"),
        ("site2/r.txt", ["site1/r.wav"], "site1/r.wav"),
        ("ann1/r.txt", ["audio/r.wav", "ann2/r.txt"], "audio/r.wav"),
        ("birds/r.txt", ["r.wav", "r.Table.1.selections.txt"], "r.wav"),
        ("r.txt", ["day1/r.wav", "day1/r.txt"], "day1/r.wav"),
    ],
)
def test_names_that_recorders_of_several_sites_give(unit: str, others: list[str], path: str) -> None:
    """A sound of another site is not taken for one that is missing here; folders of tables are no sites."""
    assert own_sound(release(unit, *others), unit) == (path, ())


@pytest.mark.parametrize(
    ("names", "sounds", "paths"),
    [
        (["site1/r.wav", "site2/r.wav"], ["site1/r.wav"], ["site1/r.wav", "t/site2/r.wav"]),
        (["site1/r.wav", "site2/r.wav"], [], ["t/site1/r.wav", "t/site2/r.wav"]),
        ([r"D:\a\r.wav", r"D:\b\r.wav"], ["x/r.wav"], ["t/D/a/r.wav", "t/D/b/r.wav"]),
        (["r.wav", "site1/r.wav", "SITE1/R.wav"], ["site1/r.wav"], ["site1/r.wav"] * 3),
        ([r"D:\a\r.wav", r"D:\a\s.wav"], ["x/r.wav", "s.wav"], ["x/r.wav", "s.wav"]),
        (["", "r.wav"], ["t/r.wav"], ["t/r.wav"] * 2),
    ],
)
def test_names_in_different_folders_are_different_sounds(names: list[str], sounds: list[str], paths: list[str]) -> None:
    found = named_sounds(release(*sounds), "t/r.csv", names)
    assert [found[name][0] for name in names] == paths


def test_accents_may_be_written_in_two_ways() -> None:
    """macOS gives names of files in parts: a letter, and its accent."""
    here = release("W\u0061\u0308ldchen/O\u0308.wav")
    assert named_sound(here, "t.txt", "W\u00e4ldchen/\u00d6.wav")[0] in here.files
    assert own_sound(here, "\u00f6.txt")[0] in here.files
    assert here.audio("\u00d6", default="x") in here.files
