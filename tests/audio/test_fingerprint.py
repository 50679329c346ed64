"""Fingerprints: the same sound gives the same words, however it was written; other sounds give others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio import fingerprint, resample
from chorus.audio.fingerprint import BY_NAME, LONG_S, MOST_CHANNELS, Fingerprint, of_blocks, of_file
from chorus.audio.matching import LEAST, Match, matches, similarity_of
from tests.lake.sounds import RATE, sound

Floats = npt.NDArray[np.float32]
AUDIBLE = BY_NAME["audible"]


def of(samples: Floats, rate: int = RATE) -> Fingerprint:
    return of_blocks([samples], rate, len(samples) / rate)


def found(prints: list[Fingerprint], band: str = "audible") -> list[Match]:
    return list(matches(BY_NAME[band], len(prints), lambda number: prints[number].get(band, [])))


def agreement(one: Fingerprint, other: Fingerprint) -> float:
    """Least similarity of two fingerprints, word by word."""
    assert one.keys() == other.keys()
    return min(similarity_of(a, b)[0] for band in one for a, b in zip(one[band], other[band], strict=True))


@given(st.integers(1, 40_000))
@settings(max_examples=10)
def test_blocks_of_any_length_give_the_same_words(length: int) -> None:
    samples = sound(1)
    blocks = (samples[first : first + length] for first in range(0, len(samples), length))
    again = of_blocks(blocks, RATE, len(samples) / RATE)
    whole = of(samples)
    assert all(np.array_equal(a, b) for band in whole for a, b in zip(whole[band], again[band], strict=True))


@given(st.floats(1e-3, 1e3))
@settings(max_examples=15)
def test_gain_changes_nothing(gain: float) -> None:
    samples = sound(2)
    assert agreement(of(samples), of(samples * np.float32(gain))) > 0.999


@given(st.integers(0, RATE))
@settings(max_examples=15)
def test_a_trimmed_copy_is_found_where_it_was_cut(first: int) -> None:
    samples = sound(3)
    (match,) = found([of(samples), of(samples[first:])])
    assert match.similarity > 0.8
    assert match.offset_s == pytest.approx(first / RATE, abs=AUDIBLE.step_s)


def test_bands_by_sample_rate() -> None:
    samples = np.random.default_rng(0).standard_normal(96_000).astype(np.float32)
    assert [*of(samples, 96_000)] == ["low", "audible", "ultrasound"]
    assert [*of(samples, 8_000)] == ["low", "audible"]
    assert [*of(samples, 2_000)] == ["low"]
    assert not of(samples, 1_999)


def test_short_and_silent_sounds_have_none() -> None:
    assert not of(sound(1)[: RATE // 8])
    assert not of(np.zeros(5 * RATE, np.float32))
    assert not of(np.zeros(0, np.float32))


def test_silent_frames_say_nothing() -> None:
    padded = np.concatenate([sound(4, 2.0), np.zeros(4 * RATE, np.float32)])
    for track in of(padded)["audible"]:
        heard = np.flatnonzero(track)
        assert heard.max() * AUDIBLE.step_s == pytest.approx(2.0, abs=0.2)
    assert not found([of(padded), of(np.concatenate([sound(5, 2.0), np.zeros(4 * RATE, np.float32)]))])


@pytest.mark.parametrize("kind", ["flac", "vorbis", "mp3", "half rate", "44.1 kHz", "-6 dB", "all at once"])
def test_copies_are_found(tmp_path: Path, kind: str) -> None:
    samples, rate, name, subtype = sound(6), RATE, "copy.wav", "PCM_16"
    if kind in ("half rate", "all at once"):
        samples, rate = resample(samples, RATE, 8_000), 8_000
    if kind in ("44.1 kHz", "mp3"):
        samples, rate = resample(samples, RATE, 44_100), 44_100
    if kind in ("-6 dB", "all at once"):
        samples = samples * np.float32(0.5)
    if kind == "all at once":
        samples = samples[rate + 17 :]
    if kind in ("vorbis", "all at once"):
        name, subtype = "copy.ogg", "VORBIS"
    if kind == "mp3":
        name, subtype = "copy.mp3", "MPEG_LAYER_III"
    if kind == "flac":
        name = "copy.flac"
    soundfile.write(tmp_path / name, samples, rate, subtype=subtype)
    (copy,) = of_file(tmp_path / name, rate, len(samples) / rate)
    (match,) = found([*(of(sound(seed)) for seed in range(7)), copy])
    assert (match.first, match.second) == (6, 7)
    assert match.similarity > LEAST + 0.1


def test_other_sounds_are_not_alike() -> None:
    prints = [of(sound(seed)) for seed in range(25)]
    assert not [match for band in BY_NAME for match in found(prints, band)]


def test_the_same_chirps_in_other_noise_and_time_are_not_alike() -> None:
    """As one bird that sings its song again: the same elements, the pauses a little longer."""
    rng = np.random.default_rng(0)
    elements = [sound(seed, 0.4) for seed in range(12)]

    def song() -> Floats:
        parts = [p for e in elements for p in (e, np.zeros(round(rng.uniform(0.03, 0.09) * RATE), np.float32))]
        whole = np.concatenate(parts)
        return whole + (rng.standard_normal(len(whole)) * 0.02).astype(np.float32)

    assert not found([of(song()) for _ in range(4)])


def test_a_cut_is_found_in_a_long_recording() -> None:
    rate = 8_000
    long = sound(7, LONG_S + 15, rate)
    prints = [of(long, rate), of(long[40 * rate + 5 : 46 * rate], rate)]
    assert (len(prints[0]["audible"]), len(prints[1]["audible"])) == (1, 2)
    (match,) = found(prints)
    assert match.offset_s == pytest.approx(40, abs=AUDIBLE.step_s)


def test_a_time_expanded_copy_is_the_same(tmp_path: Path) -> None:
    """A tenfold slower file of ultrasound, told its real rate."""
    samples = np.random.default_rng(1).standard_normal(60_000).astype(np.float32) * np.float32(0.1)
    soundfile.write(tmp_path / "real.wav", samples, 192_000)
    soundfile.write(tmp_path / "slow.wav", samples, 19_200)
    seconds = len(samples) / 192_000
    real, slow = (of_file(tmp_path / f"{name}.wav", 192_000, seconds)[0] for name in ("real", "slow"))
    assert agreement(real, slow) == 1.0


def of_channels(folder: Path, *channels: Floats) -> list[Fingerprint]:
    """The fingerprints of a file with these channels."""
    soundfile.write(folder / "channels.wav", np.stack(channels, axis=1), RATE)
    return of_file(folder / "channels.wav", RATE, len(channels[0]) / RATE)


def test_each_channel_that_differs_from_the_mix_has_a_fingerprint(tmp_path: Path) -> None:
    one, other = sound(1), sound(2)
    whole, first, second = of_channels(tmp_path, one, other)
    assert agreement(whole, of((one + other) / 2)) > 0.99
    assert agreement(first, of(one)) > 0.99
    assert agreement(second, of(other)) > 0.99
    assert of_channels(tmp_path, one, np.float32(0.01) * sound(3))[1] == {}, "almost all of the mix"


def test_equal_channels_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "BLOCK_S", 1.0)
    one, late = sound(1), sound(1)
    late[-RATE:] += sound(2)[-RATE:]
    (whole,) = of_channels(tmp_path, one, one)
    assert agreement(whole, of(one)) > 0.99
    assert len(of_channels(tmp_path, one, late)) == 3


def test_a_channel_that_is_the_reverse_of_the_other_hides_nothing(tmp_path: Path) -> None:
    whole, first, second = of_channels(tmp_path, sound(1), -sound(1))
    assert agreement(whole, of(sound(1))) > 0.99
    assert (first, second) == ({}, {})


def test_a_channel_without_a_microphone_has_none(tmp_path: Path) -> None:
    """Silent, an offset, or but for clicks, which sound like those of any other recording."""
    clicks = np.zeros_like(sound(1))
    clicks[[RATE, 3 * RATE]] = 0.5
    for empty in (0 * clicks, clicks, np.full_like(clicks, 0.01)):
        whole, live, dead = of_channels(tmp_path, sound(1), empty)
        assert dead == {}
        assert similarity_of(whole["audible"][0], of(sound(1))["audible"][0])[0] > 0.9
        assert live.keys() <= {"low"}


def test_a_recording_of_many_channels_has_so_many_fingerprints(tmp_path: Path) -> None:
    prints = of_channels(tmp_path, *(sound(k, 1.0) for k in range(MOST_CHANNELS + 2)))
    assert len(prints) == 1 + MOST_CHANNELS
    assert all(prints)
