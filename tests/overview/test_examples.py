"""Which stretch of which recording stands for a group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from chorus.lake import Lake
from chorus.overview.examples import LONGEST_S, MOST, Example, choose, drawn, stretch
from tests.overview.helpers import add, call

RATE = 8000


def sound(folder: Path, name: str, seconds: float, source: str = "ena_birds") -> None:
    """A sound file whose samples tell their time: a slow ramp."""
    path = folder / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.arange(round(seconds * RATE), dtype=np.float32) / (100 * RATE), RATE, "FLOAT")


def of_groups(lake: Lake) -> dict[str, Example]:
    return {s.title: s for s in choose(lake) if s}


def at(*starts: float, length: float = 0.5) -> list[dict[str, Any]]:
    return [{"start_s": s, "end_s": s + length, "channel": None} for s in starts]


def test_the_stretch_with_the_wanted_number_of_calls() -> None:
    lonely, crowd = [0.0], [20 + 0.8 * k for k in range(6)]
    start, end, first = stretch(at(*lonely, *crowd), 5.0, 60.0)
    assert first["start_s"] == 20.0
    assert start == pytest.approx(19.7)
    assert end - start == pytest.approx(5.0)


def test_a_stretch_is_short_where_calls_are_dense_and_long_where_they_are() -> None:
    dense = [k / 100 for k in range(1000)]
    start, end, _ = stretch(at(*dense, length=0.005), 5.0, 10.0)
    assert end - start == pytest.approx(MOST / 100)
    assert stretch(at(1.0, length=8.0), 5.0, 60.0)[1] >= 9.0
    start, end, _ = stretch(at(1.0, length=600.0), 5.0, 900.0)
    assert end - start == LONGEST_S


def test_a_stretch_stays_inside_its_recording() -> None:
    assert stretch(at(0.0), 5.0, 2.0)[:2] == (0.0, 2.0)
    start, end, _ = stretch(at(7.5), 5.0, 8.0)
    assert (start, end) == (3.0, 8.0)


def test_boxed_and_strong_recordings_go_first(tmp_path: Path) -> None:
    for name in ("boxed.wav", "strong.wav", "weak.wav"):
        sound(tmp_path, name, 10)
    lake = add(
        tmp_path,
        {
            "weak.wav": [call(0, 10, strength="weak")],
            "strong.wav": [call(k, k + 0.5) for k in range(6)],
            "boxed.wav": [call(2, 2.5, low_hz=500.0, high_hz=900.0)],
        },
    )
    example = of_groups(lake)["birds"]
    assert (example.recording_id, example.strong, example.names) == ("ena_birds/boxed.wav", True, ("eastern towhee",))
    [box] = example.boxes
    assert (box.start_s, box.end_s, box.low_hz, box.high_hz, box.of_group) == (2.0, 2.5, 500.0, 900.0, True)


def test_the_samples_are_those_of_the_stretch(tmp_path: Path) -> None:
    sound(tmp_path, "a.wav", 30)
    example = of_groups(add(tmp_path, {"a.wav": [call(12, 12.5), call(14, 14.5)]}))["birds"]
    assert example.rate == RATE
    assert len(example.samples) == round((example.end_s - example.start_s) * RATE)
    assert example.samples[0] == pytest.approx(example.start_s / 100, abs=1e-4)
    assert example.start_s < 12


def test_all_calls_of_the_stretch_are_marked_but_absent_and_silent_ones(tmp_path: Path) -> None:
    sound(tmp_path, "a.wav", 5)
    calls = [
        call(1, 2, "EATO"),
        call(1, 2, "NOCA", presence="absent"),
        call(2, 3, "rain", kind="noise"),
        call(3, 4, None, kind="silence"),
        call(0, 5, "NOCA", strength="weak"),
    ]
    found = of_groups(add(tmp_path, {"a.wav": calls}))
    assert set(found) == {"birds", "noise"}
    assert [(b.text, b.of_group) for b in found["birds"].boxes] == [("eastern towhee", True), ("rain", False)]
    assert found["birds"].names == ("northern cardinal", "eastern towhee")


@pytest.mark.parametrize(
    ("first", "second", "texts"),
    [
        (call(1, 2, "EATO"), call(2, 3, "NOCA"), ["eastern towhee", "northern cardinal"]),
        (call(1, 2, "EATO"), call(2, 3, "eastow"), ["EATO", "eastow"]),
        (call(1, 2, "EATO", call_type="song"), call(2, 3, "EATO"), ["song", ""]),
    ],
    ids=["names", "labels of one name", "types of one label"],
)
def test_what_is_written_at_a_box_tells_calls_apart(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], texts: list[str]
) -> None:
    sound(tmp_path, "a.wav", 5)
    example = of_groups(add(tmp_path, {"a.wav": [first, second]}))["birds"]
    assert [box.text for box in example.boxes] == texts


def test_a_file_that_went_missing_gives_way_to_the_next(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        sound(tmp_path, name, 5)
    lake = add(tmp_path, {"a.wav": [call(1, 2)], "b.wav": [call(1, 2)]})
    assert of_groups(lake)["birds"].recording_id == "ena_birds/a.wav"
    (tmp_path / "ena_birds" / "a.wav").unlink()
    assert of_groups(lake)["birds"].recording_id == "ena_birds/b.wav"
    (tmp_path / "ena_birds" / "b.wav").unlink()
    assert of_groups(lake) == {}


def test_the_channel_of_the_call_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "ena_birds" / "a.wav"
    path.parent.mkdir(parents=True)
    soundfile.write(path, np.stack([np.zeros(5 * RATE), np.full(5 * RATE, 0.5)], axis=1), RATE)
    calls = [call(1, 2, channel=2), call(1.2, 2, "NOCA", channel=1)]
    example = of_groups(add(tmp_path, {"a.wav": calls}))["birds"]
    assert example.samples.ndim == 1
    assert np.allclose(example.samples, 0.5, atol=1e-3)
    assert len(example.boxes) == 1


def test_channels_that_cancel_each_other_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "ena_birds" / "a.wav"
    path.parent.mkdir(parents=True)
    samples = 0.1 * np.random.default_rng(0).standard_normal(5 * RATE)
    soundfile.write(path, np.stack([samples, -samples], axis=1), RATE)
    sample = of_groups(add(tmp_path, {"a.wav": [call(1, 2)]}))["birds"]
    assert np.std(sample.samples) == pytest.approx(0.1, rel=0.1)


def test_without_sound_nothing_is_chosen(tmp_path: Path) -> None:
    lake = add(tmp_path, {"a.wav": [call(1, 2)]})
    assert list(choose(lake)) == [None] * len(drawn())
