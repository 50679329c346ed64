"""Added noise: at the drawn ratio inside the calls' bands, from beds, from the lake, or from a folder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chorus.audio.level import band_power
from chorus.shards.augment import Clip
from chorus.shards.augment.noise import NoiseStep, noise
from chorus.synth.beds import BEDS
from tests.shards.augment.bursts import event
from tests.shards.augment.clicks import RATE, clicks, loads


def params(snr_db: float, *beds: str, lake_share: float = 0.0, most_rise_db: float = 60.0) -> NoiseStep:
    drawn = {"snr_db": (snr_db, snr_db), "beds": beds or ("white",), "lake_share": lake_share}
    return NoiseStep.model_validate({"probability": 1, "most_rise_db": most_rise_db, **drawn})


def tone_in_hiss() -> tuple[Clip, Any]:
    rng = np.random.default_rng(0)
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(16000) / RATE) * (np.arange(16000) // 4000 == 1)
    hiss = 0.01 * rng.standard_normal(16000)
    snr_db = 10 * np.log10(0.1**2 / 2 / band_power(hiss[4000:8000], RATE, 900, 1100))
    marked = event("t", 0.5, 1.0, low_hz=900.0, high_hz=1100.0, snr_db=snr_db)
    return replace(clicks("a", 1), samples=(tone + hiss).astype(np.float32), events=(marked,)), hiss


def test_known_snr_falls_by_what_was_added() -> None:
    clip, hiss = tone_in_hiss()
    out, _ = noise(clip, np.random.default_rng(1), params(10))
    added = out.samples - clip.samples
    under = band_power((hiss + added)[4000:8000], RATE, 900, 1100)
    assert out.events[0].snr_db == pytest.approx(10 * np.log10(0.1**2 / 2 / under), abs=0.5)
    assert out.events[0].mixed_snr_db == pytest.approx(10, abs=0.3)
    assert 10 * np.log10(
        band_power(clip.samples[4000:8000], RATE, 900, 1100) / band_power(added[4000:8000], RATE, 900, 1100)
    ) == pytest.approx(10, abs=0.3)


@pytest.mark.parametrize("bed", sorted(BEDS))
def test_every_bed_has_the_drawn_ratio_in_the_band_of_the_call(bed: str) -> None:
    clip, _ = tone_in_hiss()
    out, step = noise(clip, np.random.default_rng(2), params(6, bed))
    added = out.samples - clip.samples
    powers = [band_power(s[4000:8000], RATE, 900, 1100) for s in (clip.samples, added)]
    assert 10 * np.log10(powers[0] / powers[1]) == pytest.approx(6, abs=0.3)
    assert step.params["bed"] == bed and step.params["snr_db"] == 6


def test_noise_is_never_much_louder_than_the_clip() -> None:
    clip = clicks("a", 1)
    out, step = noise(clip, np.random.default_rng(1), params(-60, "brown", most_rise_db=10))
    added = np.sqrt(np.mean((out.samples - clip.samples) ** 2.0))
    assert added <= 10 ** (10.1 / 20) * np.sqrt(np.mean(clip.samples**2.0))
    assert step.params["snr_db"] > -60


def test_noise_of_the_lake_is_the_sound_of_a_call_free_clip_and_is_credited() -> None:
    clip = clicks("a", 1)
    quiet = clicks("q", 9, 5000, count=0, licences=("CC-BY-4.0",), band_limit_hz=1000.0)
    out, step = noise(clip, np.random.default_rng(1), params(20, lake_share=1.0), loads(quiet))
    assert step.params["recording"] == "q" and step.params["band_limit_hz"] == 1000.0
    assert out.parents == ("a", "q") and out.licences == ("CC0-1.0", "CC-BY-4.0")
    added = (out.samples - clip.samples)[:5000]
    assert np.corrcoef(added, quiet.samples)[0, 1] > 0.999
    assert [e.call_id for e in out.events] == [e.call_id for e in clip.events]
    without, step = noise(clip, np.random.default_rng(1), params(20, lake_share=1.0))
    assert step.params["bed"] == "white" and without.parents == ("a",)


def test_a_folder_takes_the_place_of_everything_else() -> None:
    def folder(rng: np.random.Generator, frames: int, rate: int) -> tuple[Any, dict[str, Any]]:
        return np.ones(frames, np.float32), {"file": "hum.wav"}

    clip = clicks("a", 1)
    quiet = loads(clicks("q", 9, count=0))
    out, step = noise(clip, np.random.default_rng(1), params(20, lake_share=1.0), quiet, folder)
    assert step.params["file"] == "hum.wav" and out.parents == ("a",)
    assert np.ptp(out.samples - clip.samples) < 1e-6


def test_noise_over_silence_is_skipped_and_said() -> None:
    silent = replace(clicks("a", 1), samples=np.zeros(16000, np.float32), events=())
    out, step = noise(silent, np.random.default_rng(1), params(20))
    assert "silent" in step.params["skipped"] and out is silent
