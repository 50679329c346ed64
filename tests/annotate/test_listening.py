"""Models whose clips were resampled: recordings are resampled alike before they are searched."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chorus.annotate import annotate
from chorus.annotate.detect import detect, find_calls
from chorus.audio import read, resample
from chorus.train.export import load_predictor
from chorus.train.infer import Listening, Predictor
from tests.train.helpers import chirp, frames_150

RATE = 16_000


@pytest.fixture
def resampled_run(run: Path, tmp_path: Path) -> Path:
    """The run, as if `chorus shard --sample-rate 16000` had made its clips."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["settings"] = {"sample_rate": RATE, "max_rate": None}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def recording(path: Path) -> list[tuple[float, float]]:
    """Calls as the model knows them, recorded at twice its rate in hiss; returns their spans."""
    samples, spans = chirp(RATE, frames_150(RATE), 1000)
    hiss = 0.01 * np.random.default_rng(0).standard_normal(2 * len(samples)).astype(np.float32)
    soundfile.write(path, resample(np.tile(samples, 3), RATE, 2 * RATE) + np.tile(hiss, 3), 2 * RATE, "FLOAT")
    return [(a + k * frames_150(RATE), b + k * frames_150(RATE)) for k in range(3) for a, b in spans]


def test_a_recording_is_heard_as_if_it_had_been_resampled_before(resampled_run: Path, tmp_path: Path) -> None:
    spans = recording(tmp_path / "fast.wav")
    samples, rate = read(tmp_path / "fast.wav", channel=1)
    soundfile.write(tmp_path / "slow.wav", resample(samples, rate, RATE), RATE, "FLOAT")
    predictor = load_predictor(resampled_run, "cpu")
    fast, slow = (detect(predictor, tmp_path / name) for name in ("fast.wav", "slow.wav"))
    assert [(c.start_s, c.end_s, c.score) for c in fast] == [(c.start_s, c.end_s, c.score) for c in slow]
    assert [(c.start_s, c.end_s) for c in fast] == [pytest.approx(span, abs=0.1) for span in spans]
    as_evaluated = find_calls(predictor, tmp_path / "fast.wav", None, 2 * RATE)
    assert [(e.start, e.score) for e in as_evaluated] == [(c.start_s, c.score) for c in slow]


def test_it_is_told_what_was_resampled(resampled_run: Path, tmp_path: Path) -> None:
    for rate in (8_000, RATE, 48_000):
        soundfile.write(tmp_path / f"{rate}.wav", np.zeros(rate), rate)
    said = annotate(sorted(tmp_path.glob("*.wav")), model=resampled_run, quiet=True, device="cpu")
    assert said.notes == [
        "recordings at 8,000, 48,000 Hz were resampled to 16,000 Hz, as the model's labelled clips were: what is above "
        "8,000 Hz is not heard"
    ]


def test_at_which_rate_a_model_listens(predictor: Predictor) -> None:
    def heard(listening: Listening) -> list[int]:
        model = replace(predictor, listening=listening)
        return [model.listens_at(rate) for rate in (8_000, 22_050, 48_000, 250_000)]

    assert heard(Listening()) == [8_000, 22_050, 48_000, 250_000]
    assert heard(Listening(sample_rate=16_000)) == [16_000] * 4
    assert heard(Listening(max_rate=32_000)) == [8_000, 22_050, 32_000, 32_000]
    assert heard(Listening(16_000, beside=frozenset({16_000, 256_000}))) == [16_000] * 3 + [250_000]
