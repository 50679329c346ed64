"""Sounds that are asked for again are made once, as long as there is room."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from chorus.errors import ReadError
from chorus.shards.held import Held
from chorus.shards.sound import Places, Sounds


class Maker:
    """Makes the sound of a place, and counts how often."""

    def __init__(self) -> None:
        self.made: Counter[int] = Counter()

    def __call__(self, place: int) -> Any:
        self.made[place] += 1
        return np.full(10, place, np.int16)


def asked(held: Held, places: list[int]) -> Maker:
    maker = Maker()
    for place in places:
        assert held.get(place, lambda place=place: maker(place))[0] == place  # type: ignore[misc]
    return maker


@given(st.lists(st.integers(0, 5)))
def test_each_is_made_once_and_none_is_held_after_the_last_time(places: list[int]) -> None:
    held = Held()
    held.expect(places)
    maker = asked(held, places)
    assert maker.made == Counter(set(places))
    assert held.bytes == 0


@given(st.lists(st.integers(0, 5)), st.integers(0, 50))
def test_there_is_never_more_than_the_limit(places: list[int], most: int) -> None:
    held = Held(most)
    held.expect(places)
    for place in places:
        held.get(place, lambda place=place: np.full(10, place, np.int16))  # type: ignore[misc]
        assert held.bytes <= most


def test_what_was_not_expected_is_made_each_time() -> None:
    held = Held()
    assert asked(held, [1, 1]).made == {1: 2}
    assert held.bytes == 0


def test_what_is_held_cannot_be_changed() -> None:
    held = Held()
    held.expect([1, 1])
    assert not held.get(1, lambda: np.zeros(3)).flags.writeable


def test_sound_that_changed_since_its_ingest_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(96_000, np.int16), 48_000)
    facts = {"source": "s", "path": "a.wav", "recording_id": "s/a.wav", "recording_frames": 96_000}
    cut = facts | {"first_frame": 0, "frames": 100, "channel": 1, "sample_rate": 48_000, "time_expansion": 1.0}
    with Sounds(Places({"s": str(tmp_path)})) as sounds:
        assert sounds.floats(cut, 48_000).shape == (100,)
        assert sounds.floats(cut | {"sample_rate": 480_000, "time_expansion": 10.0}, 480_000).shape == (100,)
        for other in ({"sample_rate": 44_100}, {"sample_rate": 480_000}, {"recording_frames": 95_999}):
            with pytest.raises(ReadError, match="changed since its ingest"):
                sounds.floats(cut | other, 48_000)
        with pytest.raises(ReadError, match="truncated"):
            sounds.floats(cut | {"recording_frames": 96_001}, 48_000)


def test_a_clip_of_an_mp3_does_not_begin_with_noise(tmp_path: Path) -> None:
    samples = 0.1 * np.random.default_rng(0).standard_normal(10 * 22_050)
    soundfile.write(tmp_path / "a.mp3", samples, 22_050, subtype="MPEG_LAYER_III")
    whole, _ = soundfile.read(tmp_path / "a.mp3", dtype="float32")
    cut = {"recording_id": "s/a.mp3", "source": "s", "path": "a.mp3", "channel": 1, "frames": 2_000}
    cut |= {"recording_frames": len(whole), "time_expansion": 1.0}
    with Sounds(Places({"s": str(tmp_path)})) as sounds:
        for first in range(0, 9 * 22_050, 20_000):
            found = sounds.floats(cut | {"first_frame": first, "sample_rate": 22_050}, 22_050)
            assert found == pytest.approx(whole[first : first + 2_000], abs=1e-6)
