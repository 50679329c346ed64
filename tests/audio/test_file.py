"""Sound files: headers, stretches, streams, and what is told of broken ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio import opened, probe, read, resample, stream
from chorus.errors import ReadError

RATE = 8_000
RAMP = np.stack([np.arange(RATE, dtype=np.int16), -np.arange(RATE, dtype=np.int16)], axis=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same second of two channels as WAV, FLAC and .cbin."""
    path = tmp_path_factory.mktemp("sounds")
    soundfile.write(path / "a.wav", RAMP, RATE)
    soundfile.write(path / "a.flac", RAMP, RATE)
    (path / "a.1.cbin").write_bytes(RAMP.astype(">i2").tobytes())
    (path / "a.1.rec").write_text("File created: x\nADFREQ = 8.0000000e+003\nChans =   2\n")
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.1.cbin"])
def test_every_format_gives_the_same_samples(folder: Path, name: str) -> None:
    found = probe(folder / name)
    assert (found.frames, found.sample_rate, found.channels, found.duration_s) == (RATE, RATE, 2, 1.0)
    samples, rate = read(folder / name)
    assert rate == RATE
    assert np.array_equal(samples * 32768, RAMP)
    assert np.array_equal(read(folder / name, 0.25, 0.5, channel=2)[0] * 32768, RAMP[2_000:4_000, 1])
    blocks = list(stream(folder / name, 0.3))
    assert [first for first, _ in blocks] == [0, 2_400, 4_800, 7_200]
    assert np.array_equal(np.concatenate([block for _, block in blocks]), samples)


@settings(max_examples=50, deadline=None)
@given(st.floats(-1, 3), st.floats(0, 3))
def test_a_stretch_is_cut_to_the_file(folder: Path, start: float, length: float) -> None:
    samples, _ = read(folder / "a.wav", start, start + length)
    first, last = (min(max(round(t * RATE), 0), RATE) for t in (start, start + length))
    assert len(samples) == max(0, last - first)


@pytest.mark.parametrize(
    ("name", "subtype", "rate"),
    [
        ("a.wav", "PCM_16", RATE),
        ("a.flac", "PCM_16", RATE),
        ("a.mp3", "MPEG_LAYER_III", RATE),
        ("a.mp3", "MPEG_LAYER_III", 22_050),
        ("a.wav", "GSM610", RATE),
    ],
)
def test_stretches_of_a_file_that_stays_open(tmp_path: Path, name: str, subtype: str, rate: int) -> None:
    """In any order, and as a reader that opens it anew has them. GSM 6.10 is a kind in which nothing can be sought, and
    what is sought in an MP3 begins with noise unless what stands before it is decoded too."""
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / name, 0.1 * rng.standard_normal(20 * rate), rate, subtype=subtype)
    whole, _ = soundfile.read(tmp_path / name, dtype="float32", always_2d=True)
    with opened(tmp_path / name) as sound:
        for start in (*rng.uniform(-1, 21, 30), 0.0):
            first, last = (min(max(round(t * rate), 0), len(whole)) for t in (start, start + 1))
            for samples in (sound.read(start, start + 1), read(tmp_path / name, start, start + 1)[0]):
                assert samples == pytest.approx(whole[first:last], abs=1e-6)


def test_broken_files_are_told_in_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "nothing.wav", np.zeros(0, np.int16), RATE)
    (tmp_path / "odd.cbin").write_bytes(b"123")
    (tmp_path / "odd.rec").write_text("ADFREQ = 8000\nChans = 2\n")
    (tmp_path / "alone.cbin").write_bytes(b"1234")
    for name in ("text.wav", "empty.wav", "nothing.wav", "odd.cbin", "alone.cbin", "absent.wav"):
        with pytest.raises(ReadError) as error:
            probe(tmp_path / name)
        assert "\n" not in str(error.value)
        assert name.split(".")[0] in str(error.value)
    with pytest.raises(ReadError, match="channel 3 was asked for"):
        read(folder / "a.wav", channel=3)


def test_a_wav_that_was_cut_is_told(tmp_path: Path) -> None:
    whole, cut, piped = (tmp_path / f"{name}.wav" for name in ("whole", "cut", "piped"))
    soundfile.write(whole, np.zeros(8_000, np.int16), 8_000)
    data = whole.read_bytes()
    cut.write_bytes(data[:4_000])
    with pytest.raises(ReadError, match=r"the header states 16,000 bytes of sound, 3,956 are there \(0\.2 s\)"):
        probe(cut)
    piped.write_bytes(data[:40] + b"\xff\xff\xff\xff" + data[44:])
    assert probe(piped).frames == 8_000


def test_sound_behind_the_end_that_a_header_states(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, np.arange(8_000, dtype=np.int16) % 99 + 300, 8_000)
    data, half = file.read_bytes(), (8_000).to_bytes(4, "little")
    chunk = b"wamd" + (9_000).to_bytes(4, "little") + b"x" * 9_000
    for content, more_s in (
        (data, 0.0),
        (data[:40] + half + data[44:], 0.5),
        (data + chunk, 0.0),
        (data + bytes(9_000), 0.0),
        (data[:40] + half + data[44:8_044] + chunk, 0.0),
    ):
        file.write_bytes(content)
        assert probe(file).more_s == pytest.approx(more_s)


def test_resampling_keeps_length_and_tone() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    out = resample(tone, RATE, 2 * RATE)
    assert len(out) == 2 * RATE
    assert np.argmax(np.abs(np.fft.rfft(out))) == 440
    assert resample(tone, RATE, RATE) is tone
