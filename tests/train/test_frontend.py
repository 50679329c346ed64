"""The front end: parity with librosa, the same grid for every window and rate, blindness to level."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.train.frontend import (
    DECIBEL,
    FrontEnd,
    Waves,
    band_mask,
    filterbank,
    frame_mask,
    normalise,
    power_spectrogram,
)
from chorus.train.grid import frame_geometry
from chorus.train.vit import patchify

RATES = [2000, 4000, 8000, 11025, 22050, 44100, 48000, 96000, 192000, 250000, 384000, 500000]


def noise(rate: int, seconds: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, round(rate * seconds), generator=generator) * 0.1


def librosa_power(wave: torch.Tensor, rate: int, scale: float, frames: int) -> np.ndarray[Any, Any]:
    """Power (lines, frames) by librosa, with frames centred as ours are."""
    geometry = frame_geometry(rate, scale)
    left = max(0, (geometry.n_fft - geometry.hop) // 2)
    samples = wave[0].double().numpy()
    padded = np.pad(samples - samples.mean(), (left, geometry.n_fft), mode="reflect")
    stft = librosa.stft(padded, n_fft=geometry.n_fft, hop_length=geometry.hop, window="hann", center=False)
    window = librosa.filters.get_window("hann", geometry.n_fft)
    return np.abs(stft[:, :frames]) ** 2 / window.sum() ** 2


@pytest.mark.parametrize(("rate", "scale"), [(2000, 1.0), (22050, 1.0), (44100, 0.5), (250000, 2.0)])
def test_log_power_is_that_of_librosa(rate: int, scale: float) -> None:
    end, wave = FrontEnd(128), noise(rate, 60 * frame_geometry(rate).frame_s)
    geometry = end.geometry(rate, scale)
    waves = Waves.of(wave, torch.tensor([wave.shape[1]]))
    shown = end.log_power(waves, geometry)[0].numpy()[:, :-4]
    power = librosa_power(wave, rate, scale, shown.shape[1])
    banded = filterbank(geometry, 128, 8.0).double().numpy().T @ power
    expected = DECIBEL * np.log(banded + 1e-9 * banded.mean() + 1e-15)
    assert np.abs(shown - expected).max() < 1e-3 * np.abs(expected).max()
    assert np.abs(shown - expected).max() < 0.02
    raw = power_spectrogram(waves, geometry)[0].numpy()[:, :-4]
    assert np.abs(raw - power).max() < 1e-3 * power.max()


def scene(rate: int, speed: float, seed: int) -> torch.Tensor:
    """A chirp and a tone in noise, `speed` times as fast and as high, 2 s / speed long: (1, samples)."""
    time = torch.arange(round(2 * rate / speed), dtype=torch.float64) / rate * speed
    nyquist = rate / speed / 2
    chirp = torch.sin(2 * torch.pi * (0.1 * nyquist * time + 0.15 * nyquist * time**2)) * ((time % 1) < 0.4)
    tone = 0.3 * torch.sin(2 * torch.pi * 0.6 * nyquist * time) * (time > 1.2)
    hiss = torch.randn(len(time), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (0.5 * chirp + tone + 0.01 * hiss).float()[None]


@pytest.mark.parametrize("rate", [2000, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 62500])
def test_a_scene_eight_times_as_fast_gives_the_same_tokens(rate: int) -> None:
    """(rate, f, t) and (8 rate, 8 f, t / 8): at every rate, not only at round ones."""
    end = FrontEnd()
    tokens = []
    for speed in (1, 8):
        wave = scene(speed * rate, speed, seed=1)
        shown, valid = end(wave, torch.tensor([wave.shape[1]]), speed * rate, [1.0])
        assert valid.all()
        tokens.append(patchify(shown, 16, 8))
    assert tokens[0].shape == tokens[1].shape
    assert tokens[0].abs().max() > 2
    assert (tokens[0] - tokens[1]).abs().max() < 1e-4


@pytest.mark.parametrize("rate", RATES)
def test_bins_above_the_nyquist_frequency_are_empty_and_masked(rate: int) -> None:
    end, wave = FrontEnd(), noise(rate, 20 * frame_geometry(rate).frame_s)
    shown, _ = end(wave, torch.tensor([wave.shape[1]]), rate, [1.0])
    mask = band_mask(end.resolutions(rate, [1.0]), 128, 8.0)
    assert int(mask.sum()) == end.geometry(rate).filled_bins(128, 8.0)
    assert torch.equal((shown != 0).any(2), mask)
    assert (shown[0][mask[0]] != 0).float().mean() > 0.9


def test_every_rate_gives_the_same_patch_grid() -> None:
    end = FrontEnd()
    shapes = {
        tuple(end(noise(r, 64 * f), torch.tensor([round(r * 64 * f)]), r, [1.0])[0].shape)
        for r in RATES
        for f in [frame_geometry(r).frame_s]
    }
    assert shapes == {(1, 128, 64)}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_every_bin_listens_to_its_own_frequency(rate: int, scale: float) -> None:
    geometry = frame_geometry(rate, scale)
    bank = filterbank(geometry, 128, 8.0)
    filled = geometry.filled_bins(128, 8.0)
    assert bank.shape == (geometry.n_fft // 2 + 1, filled)
    assert torch.allclose(bank.sum(0), torch.ones(filled), atol=1e-5)
    assert (bank >= 0).all()
    lines = torch.arange(bank.shape[0], dtype=torch.float64) * rate / geometry.n_fft
    centres = torch.tensor(geometry.bin_centres(128, 8.0)[:filled], dtype=torch.float64)
    middle = (bank.double() * lines[:, None]).sum(0)
    assert ((middle - centres).abs() <= torch.maximum(0.05 * centres, torch.tensor(1.01 * rate / geometry.n_fft))).all()


@pytest.mark.parametrize("rate", [2000, 44100, 384000])
def test_the_window_does_not_change_the_grid(rate: int) -> None:
    end = FrontEnd(64)
    waves = torch.cat([noise(rate, 30 * frame_geometry(rate).frame_s, seed) for seed in range(4)])
    scales = [4.0, 0.5, 1.0, 0.5]
    shown, valid = end(waves, torch.full((4,), waves.shape[1]), rate, scales)
    assert shown.shape == (4, 64, 30)
    assert valid.all()
    assert shown.isfinite().all()
    for i, scale in enumerate(scales):
        alone, _ = end(waves[i : i + 1], torch.tensor([waves.shape[1]]), rate, [scale])
        assert torch.allclose(shown[i], alone[0], atol=1e-4)


def test_a_tone_appears_in_its_bin_and_frames() -> None:
    rate, end = 16000, FrontEnd(128)
    wave = noise(rate, 2.0) * 0.01
    time = torch.arange(rate // 2) / rate
    wave[0, rate // 2 : rate] += 0.5 * torch.sin(2 * torch.pi * 1000 * time)
    shown, _ = end(wave, torch.tensor([2 * rate]), rate, [1.0])
    frame, row = int(shown[0].sum(0).argmax()), int(shown[0, :, 37].argmax())
    assert 25 <= frame < 50
    assert end.geometry(rate).bin_centres(128, 8.0)[row] == pytest.approx(1000, rel=0.03)
    assert shown[0, row, 30:45].min() > 3
    assert shown[0, row, :22].mean() < 1


@given(st.floats(-60, 20), st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_level_does_not_matter(gain_db: float, seed: int) -> None:
    end, wave = FrontEnd(32), noise(16000, 0.5, seed)
    lengths = torch.tensor([8000])
    plain, _ = end(wave, lengths, 16000, [1.0])
    louder, _ = end(wave * 10 ** (gain_db / 20), lengths, 16000, [1.0])
    assert torch.allclose(plain, louder, atol=1e-3)


@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("samples", [8000, 7801, 3000, 700, 320])
def test_padding_is_marked_and_changes_nothing_else(samples: int, scale: float) -> None:
    """A clip looks the same alone and beside a longer one, to its last frame."""
    end, wave = FrontEnd(32), noise(16000, 0.5)[:, :samples]
    frames = samples // 320
    alone, _ = end(wave, torch.tensor([samples]), 16000, [scale])
    both = torch.cat([torch.nn.functional.pad(wave, (0, 16000 - samples)), noise(16000, 1.0, 1)])
    both[0, samples:] = 3.0
    shown, valid = end(both, torch.tensor([samples, 16000]), 16000, [scale] * 2)
    assert valid[0].tolist() == [True] * frames + [False] * (50 - frames)
    assert valid[1].all()
    assert (shown[0, :, frames:] == 0).all()
    assert torch.allclose(shown[0, :, :frames], alone[0], atol=1e-3)


def test_clips_are_reflected_at_their_own_ends() -> None:
    """As numpy does it, where they are long enough; and a clip too short for it ends in zeros."""
    waves = torch.zeros(3, 6)
    for row, length in enumerate((6, 4, 2)):
        waves[row, :length] = torch.arange(1.0, length + 1)
    out = Waves.of(waves, torch.tensor([6, 4, 2])).extended(3, 2)
    for row, length in enumerate((6, 4)):
        wave = waves[row, :length].numpy()
        expected = np.pad(wave - wave.mean(), (3, 2), mode="reflect")
        assert out[row, : length + 5].tolist() == expected.tolist()
    assert out.tolist()[2] == [0, 0, 0.5, -0.5, 0.5, -0.5, 0, 0, 0, 0, 0]
    alone = Waves.of(waves[2:, :2], torch.tensor([2]))
    assert alone.whole
    assert alone.extended(3, 2).tolist()[0] == [0, 0, 0.5, -0.5, 0.5, -0.5, 0]


@pytest.mark.parametrize("lengths", [[16000, 16000], [16000, 9000]])
@pytest.mark.parametrize("scales", [[1.0, 1.0], [2.0, 0.5]])
def test_samples_as_stored_give_the_same_picture(lengths: list[int], scales: list[float]) -> None:
    """16-bit samples and float32 ones, whole clips and padded ones, with an offset."""
    waves = (32768 * torch.cat([noise(16000, 1.0, seed) for seed in (0, 1)]) + 300).to(torch.int16)
    stored, _ = FrontEnd(32)(waves, torch.tensor(lengths), 16000, scales)
    read, _ = FrontEnd(32)(waves / 32768, torch.tensor(lengths), 16000, scales)
    assert torch.allclose(stored, read, atol=1e-4)


def test_a_mask_of_whole_clips_changes_nothing() -> None:
    """Clips that are all as long take a shorter way."""
    power = 10 * torch.randn(2, 32, 50, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(normalise(power, None), normalise(power, torch.ones(2, 50) > 0), atol=1e-5)


@pytest.mark.parametrize(
    "wave", [torch.zeros(1, 4000), torch.full((1, 4000), float("nan")), torch.full((1, 4000), 0.7)]
)
def test_silence_nan_and_offset_give_a_dark_picture(wave: torch.Tensor) -> None:
    shown, _ = FrontEnd(32)(wave, torch.tensor([4000]), 8000, [1.0])
    assert shown.isfinite().all()
    assert shown.abs().max() < 1


@pytest.mark.parametrize("odd", [float("inf"), -float("inf"), 1e30, float("nan")])
def test_a_sample_that_is_no_number_spoils_nothing(odd: float) -> None:
    wave = noise(8000, 1.0)
    wave[0, 4000] = odd
    shown, _ = FrontEnd(32)(wave, torch.tensor([8000]), 8000, [1.0])
    assert shown.isfinite().all()
    beside, _ = FrontEnd(32)(noise(8000, 1.0), torch.tensor([8000]), 8000, [1.0])
    assert (shown - beside)[..., :20].abs().max() < (0.5 if abs(odd) != 1e30 else torch.inf)


@pytest.mark.parametrize("scale", [0.1, 0.25, 0.5, 1.0, 4.0])
def test_frames_stay_where_they_are_whatever_the_window(scale: float) -> None:
    """A click in the middle of a frame is loudest there, also in windows shorter than a frame."""
    end, hop = FrontEnd(32), frame_geometry(48000).hop
    wave = 1e-4 * noise(48000, 0.4)
    wave[0, 20 * hop + hop // 2] = 1.0
    power = power_spectrogram(Waves.of(wave, torch.tensor([wave.shape[1]])), end.geometry(48000, scale))[0].sum(0)
    assert int(power.argmax()) == 20
    assert power[19] == pytest.approx(float(power[21]), rel=0.2)


def test_frame_mask_counts_whole_frames() -> None:
    assert frame_mask(torch.tensor([0, 99, 100, 250]), 100, 3).sum(1).tolist() == [0, 0, 1, 2]


def test_less_than_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than one frame"):
        power_spectrogram(Waves.of(torch.zeros(1, 10), torch.tensor([10])), frame_geometry(16000))
