"""Annotating files: which, where to, any length, what happens to broken ones."""

from __future__ import annotations

import csv
import json
import tracemalloc
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from chorus.annotate import annotate, picture
from chorus.annotate.band import band_of, measure_band
from chorus.annotate.detect import BLOCK_SAMPLES, detect, find_calls
from chorus.annotate.files import plan
from chorus.atomic import write_bytes
from chorus.audio import opened
from chorus.errors import ChorusError, UsageError
from chorus.export import kept
from chorus.train.grid import frame_geometry
from chorus.train.infer import Predictor
from tests.train.helpers import chirp, frames_150


def write(path: Path, rate: int, seed: int = 1000) -> list[tuple[float, float]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples, spans = chirp(rate, frames_150(rate), seed)
    soundfile.write(path, samples, rate)
    return spans


def close(found: list[tuple[float, float]], spans: list[tuple[float, float]], rate: int) -> bool:
    """As many, and none off by six frames."""
    slack_s = 6 * frame_geometry(rate).frame_s
    return len(found) == len(spans) and np.abs(np.array(found) - np.array(spans)).max() < slack_s


@pytest.mark.parametrize("rate", [2000, 16000, 44100, 250000])
def test_calls_are_found_at_any_rate(predictor: Predictor, tmp_path: Path, rate: int) -> None:
    spans = write(tmp_path / "a.wav", rate)
    found = detect(predictor, tmp_path / "a.wav")
    assert close([(c.start_s, c.end_s) for c in found], spans, rate)
    for call in found:
        assert call.low_hz < 0.15 * rate < call.high_hz
        assert call.high_hz <= rate / 2


def test_calls_at_seams_are_whole(predictor: Predictor, tmp_path: Path) -> None:
    """A recording of twenty copies: calls lie in all places relative to the windows."""
    seconds = round(1.03 * frames_150(8000), 3)
    samples, spans = chirp(8000, seconds, 0)
    soundfile.write(tmp_path / "long.wav", np.tile(samples, 20), 8000)
    expected = [(a + seconds * k, b + seconds * k) for k in range(20) for a, b in spans]
    found = [(e.start, e.end) for e in find_calls(predictor, tmp_path / "long.wav", None)]
    assert close(found, expected, 8000)


def test_progress_moves_within_a_recording(predictor: Predictor, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(BLOCK_SAMPLES * 2 + 8000), 8000)
    told: list[float] = []
    detect(predictor, tmp_path / "long.wav", heard=told.append)
    assert told == [BLOCK_SAMPLES / 8000] * 2 + [1.0]


def test_memory_does_not_grow_with_the_file(predictor: Predictor, tmp_path: Path) -> None:
    peaks = []
    for copies in (100, 400):
        path = tmp_path / f"{copies}.wav"
        with soundfile.SoundFile(path, "w", 16000, 1) as file:
            for _ in range(copies):
                file.write(chirp(16000, frames_150(16000), 0)[0])
        tracemalloc.start()
        count = sum(1 for _ in find_calls(predictor, path, None))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == 2 * copies
    assert peaks[1] < 1.3 * peaks[0]


def test_channels_are_mixed_or_searched_one_by_one(predictor: Predictor, tmp_path: Path) -> None:
    left, spans = chirp(8000, frames_150(8000), 0)
    quiet = 0.01 * np.random.default_rng(1).standard_normal(len(left))
    soundfile.write(tmp_path / "a.wav", np.stack([quiet, left], axis=1), 8000)
    assert {c.channel for c in detect(predictor, tmp_path / "a.wav")} == {None}
    each = detect(predictor, tmp_path / "a.wav", each_channel=True)
    assert {c.channel for c in each} == {2}
    assert len(each) == len(spans)


def test_channels_that_cancel_each_other_are_told_and_hide_no_call(
    run: Path, predictor: Predictor, tmp_path: Path
) -> None:
    samples, spans = chirp(16000, frames_150(16000), 0)
    own = 0.001 * np.random.default_rng(1).standard_normal(len(samples))
    soundfile.write(tmp_path / "a.wav", np.stack([samples, own - samples], axis=1), 16000)
    soundfile.write(tmp_path / "b.wav", np.stack([samples, samples], axis=1), 16000)
    said = annotate([tmp_path], model=run, quiet=True, device="cpu")
    assert [a.calls for a in said.done] == [len(spans)] * 2
    assert [a.turned for a in said.done] == [True, False]
    (note,) = said.notes
    assert note.endswith("turned over to be mixed: a.wav")
    turned, plain = (detect(predictor, tmp_path / name) for name in ("a.wav", "b.wav"))
    bands = [[(c.low_hz, c.high_hz) for c in calls] for calls in (turned, plain)]
    assert np.array(bands[0]) == pytest.approx(np.array(bands[1]), abs=100)


def test_channels_that_cancel_each_other_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[np.ndarray] = []
    monkeypatch.setattr(picture, "decibels", lambda samples: shown.append(samples) or np.zeros((0, 0)))
    samples, _ = chirp(8000, frames_150(8000), 0)
    soundfile.write(tmp_path / "a.wav", np.stack([samples, -samples], axis=1), 8000)
    with opened(tmp_path / "a.wav") as sound:
        picture.draw_row(MagicMock(), sound, [], 0.0, 1.0)
    assert shown[0] == pytest.approx(samples[:8000], abs=1e-4)


def test_a_recording_is_opened_as_often_for_many_calls_as_for_few(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an MP3 each place is found by going over what stands before it."""
    samples, spans = chirp(16000, frames_150(16000), 0)
    counts = []
    for copies in (1, 4):
        path = tmp_path / f"{copies}.mp3"
        soundfile.write(path, np.tile(samples, copies), 16000, subtype="MPEG_LAYER_III")
        made = MagicMock(side_effect=soundfile.SoundFile)
        with monkeypatch.context() as patch:
            patch.setattr(soundfile, "SoundFile", made)
            assert len(detect(predictor, path)) == copies * len(spans)
        counts.append(made.call_count)
    assert counts[0] == counts[1]


def test_a_folder_is_annotated_and_broken_files_are_named(run: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    spans = write(data / "a" / "x.wav", 16000)
    write(data / "b" / "x.flac", 22050)
    (data / "b" / "broken.wav").write_bytes(b"RIFF nothing")
    good = (data / "a" / "x.wav").read_bytes()
    (data / "b" / "cut.flac").write_bytes((data / "b" / "x.flac").read_bytes()[:3000])
    soundfile.write(data / "b" / "nan.wav", np.full(9000, np.nan), 16000, subtype="FLOAT")
    (data / "notes.txt").write_text("no sound")
    (data / "._x.wav").write_bytes(b"mac")
    summary = annotate([data], model=run, out=out, quiet=True, device="cpu", picture=True)
    assert [a.table for a in summary.done] == [
        out / "a" / "x.chorus.selections.txt",
        out / "b" / "x.chorus.selections.txt",
    ]
    assert sorted(p.name for p, _ in summary.failed) == ["broken.wav", "cut.flac", "nan.wav"]
    assert all("\n" not in reason for _, reason in summary.failed)
    assert "3 skipped" in summary.table()
    assert json.loads(summary.as_json())["calls"] == summary.calls == 4
    rows = list(csv.DictReader((out / "a" / "x.chorus.selections.txt").open(), delimiter="\t"))
    assert close([(float(r["Begin Time (s)"]), float(r["End Time (s)"])) for r in rows], spans, 16000)
    pictures = [p for a in summary.done for p in a.pictures]
    assert [p.name for p in pictures] == ["x.chorus-001.png"] * 2
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in pictures)
    assert (data / "a" / "x.wav").read_bytes() == good
    assert {p.suffix for p in data.rglob("*") if p.is_file()} == {".wav", ".flac", ".txt"}


def test_rates_that_the_model_has_not_learned_at_are_told(run: Path, tmp_path: Path) -> None:
    for rate in (16_000, 22_050, 44_100):
        soundfile.write(tmp_path / f"{rate}.wav", np.zeros(rate), rate)
    said = annotate([tmp_path], model=run, quiet=True, device="cpu")
    assert said.notes == [
        "at 44,100 Hz the model has not learned (but at 2,000, 16,000, 250,000 Hz, where its time step is another): "
        "less sure there"
    ]
    assert said.notes[0] in said.table()
    assert not annotate([tmp_path / "22050.wav"], model=run, quiet=True, device="cpu").notes


@pytest.mark.parametrize("form", ["audacity", "csv", "jsonl", "parquet"])
def test_other_formats(run: Path, tmp_path: Path, form: str) -> None:
    spans = write(tmp_path / "x.wav", 16000)
    table = annotate([tmp_path / "x.wav"], model=run, format=form, quiet=True, device="cpu").done[0].table  # type: ignore[arg-type]
    assert table.parent == tmp_path
    if form == "audacity":
        lines = [line for line in table.read_text().splitlines() if not line.startswith("\\")]
        times = [(float(a), float(b)) for a, b, _ in (line.split("\t") for line in lines)]
    else:
        rows = {
            "csv": lambda: list(csv.DictReader(table.open())),
            "jsonl": lambda: [json.loads(line) for line in table.read_text().splitlines()],
            "parquet": lambda: pq.read_table(table).to_pylist(),
        }[form]()
        times = [(float(r["start_s"]), float(r["end_s"])) for r in rows]
        assert {r["recording"] for r in rows} == {"x.wav"}
    assert close(times, spans, 16000)


def test_the_threshold_can_be_set(run: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", 0.01 * np.random.default_rng(0).standard_normal(48_000), 16000)
    assert annotate([tmp_path / "x.wav"], model=run, threshold=1.0, quiet=True).calls == 0
    assert annotate([tmp_path / "x.wav"], model=run, threshold=1e-9, quiet=True).calls > 0
    with pytest.raises(UsageError, match="threshold 2; expected"):
        annotate([tmp_path / "x.wav"], model=run, threshold=2.0, quiet=True)


def test_an_empty_recording_gets_an_empty_table_and_a_picture(run: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", np.zeros(8000), 8000)
    done = annotate([tmp_path / "x.wav"], model=run, quiet=True, picture=True).done[0]
    assert done.calls == 0
    assert done.table.read_text().count("\n") == 1
    assert len(done.pictures) == 1


def test_long_recordings_are_drawn_page_by_page(run: Path, tmp_path: Path) -> None:
    samples, _ = chirp(8000, frames_150(8000), 0)
    long = 0.01 * np.random.default_rng(0).standard_normal(130 * 8000)
    long[: len(samples)] = samples
    long[100 * 8000 : 100 * 8000 + len(samples)] = samples
    soundfile.write(tmp_path / "x.wav", long, 8000)
    pictures = annotate([tmp_path / "x.wav"], model=run, quiet=True, picture=True).done[0].pictures
    assert [p.name for p in pictures] == ["x.chorus-001.png", "x.chorus-003.png"]


def test_names_never_collide(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac", "b.wav"):
        (tmp_path / name).touch()
    jobs = plan([tmp_path, tmp_path / "a.wav"], None, ".selections.txt")
    assert [j.table.name for j in jobs] == [
        "a.flac.chorus.selections.txt",
        "a.wav.chorus.selections.txt",
        "b.chorus.selections.txt",
    ]


def test_recordings_of_one_name_in_several_folders_get_a_table_each(tmp_path: Path) -> None:
    for card in ("S1", "S2"):
        (tmp_path / card).mkdir()
        (tmp_path / card / "0430.WAV").touch()
    for paths in ([tmp_path / "S1", tmp_path / "S2"], sorted(tmp_path.glob("*/*.WAV"))):
        tables = [job.table.relative_to(tmp_path) for job in plan(paths, tmp_path / "out", ".txt")]
        assert [str(table) for table in tables] == ["out/S1/0430.chorus.txt", "out/S2/0430.chorus.txt"]


def test_a_table_that_somebody_corrected_is_kept(tmp_path: Path) -> None:
    table = tmp_path / "a.chorus.selections.txt"
    for text in ("found", "found", "corrected", "corrected again"):
        with kept(table):
            write_bytes(table, b"found")
        write_bytes(table, text.encode())
    with kept(table):
        write_bytes(table, b"found")
    others = {path.name: path.read_text() for path in tmp_path.glob("*.old*")}
    assert others == {f"{table.name}.old": "corrected", f"{table.name}.old1": "corrected again"}


def test_nothing_to_annotate_is_said(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        annotate([tmp_path / "none.wav"], model=run, quiet=True)
    with pytest.raises(UsageError, match="no sound files under"):
        annotate([tmp_path], model=run, quiet=True)
    (tmp_path / "a.wav").touch()
    with pytest.raises(ChorusError, match=r"holds no model\.json"):
        annotate([tmp_path / "a.wav"], model=tmp_path, quiet=True)


def test_the_band_is_that_of_the_tone(tmp_path: Path) -> None:
    rate = 16000
    wave = 0.001 * np.random.default_rng(0).standard_normal(3 * rate)
    time = np.arange(rate) / rate
    wave[rate : 2 * rate] += 0.1 * np.sin(2 * np.pi * 2000 * time) + 0.1 * np.sin(2 * np.pi * 3000 * time)
    soundfile.write(tmp_path / "a.wav", wave, rate)
    with opened(tmp_path / "a.wav") as sound:
        low, high = measure_band(sound, 1.0, 2.0, None)
    assert 1850 < low < 2000
    assert 3000 < high < 3150
    assert band_of(np.empty((0, 257)), None, rate) == (0.0, 8000.0)
    assert band_of(np.ones((9, 257)), np.ones(257), rate) == (0.0, 8000.0)
