"""The front end: parity with librosa, the same grid for every window and rate, blindness to level."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.train.frontend import (
    FrontEnd,
    bin_centres,
    filterbank,
    frame_geometry,
    frame_mask,
    power_spectrogram,
    smooth_even,
)

RATES = [2000, 4000, 8000, 11025, 22050, 44100, 48000, 96000, 192000, 250000, 384000, 500000]


def noise(rate: int, seconds: float, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, round(rate * seconds), generator=generator) * 0.1


@pytest.mark.parametrize(("rate", "scale"), [(2000, 1.0), (22050, 1.0), (44100, 0.5), (250000, 2.0)])
def test_power_is_that_of_librosa(rate: int, scale: float) -> None:
    geometry = frame_geometry(rate, scale)
    wave = noise(rate, 0.5)
    power = power_spectrogram(wave, geometry)[0].numpy()
    left = max(0, (geometry.n_fft - geometry.hop) // 2)
    padded = np.pad(wave[0].numpy(), (left, geometry.n_fft), mode="reflect")
    stft = librosa.stft(padded, n_fft=geometry.n_fft, hop_length=geometry.hop, window="hann", center=False)
    window = librosa.filters.get_window("hann", geometry.n_fft)
    expected = np.abs(stft[:, : power.shape[1]]) ** 2 / window.sum() ** 2
    inner = slice(0, power.shape[1] - 4)
    assert np.abs(power[:, inner] - expected[:, inner]).max() < 1e-3 * expected.max()


@pytest.mark.parametrize(
    ("rate", "frame_ms"),
    [(2000, 10), (32000, 10), (64000, 10), (96000, 5), (192000, 2.5), (256000, 2.5), (375000, 1.25)],
)
def test_frames_follow_the_octave_of_the_rate(rate: int, frame_ms: float) -> None:
    assert frame_geometry(rate).frame_s * 1000 == pytest.approx(frame_ms, rel=0.02)


def test_a_scene_eight_times_as_fast_gives_the_same_grid() -> None:
    slow, fast = frame_geometry(64_000), frame_geometry(512_000)
    assert (slow.hop, slow.n_fft) == (fast.hop, fast.n_fft)
    end = FrontEnd(32)
    wave, lengths = noise(64_000, 0.5), torch.tensor([32_000])
    a, _ = end(wave, lengths, 64_000, [1.0])
    b, _ = end(wave, lengths, 512_000, [1.0])
    assert torch.allclose(a, b, atol=1e-4)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_every_bin_listens_to_its_own_frequency(rate: int, scale: float) -> None:
    geometry = frame_geometry(rate, scale)
    bank = filterbank(rate, geometry.n_fft, 128, 7.0)
    assert torch.allclose(bank.sum(0), torch.ones(128), atol=1e-5)
    assert (bank >= 0).all()
    lines = torch.arange(bank.shape[0], dtype=torch.float64) * rate / geometry.n_fft
    centres = bin_centres(rate, 128, 7.0)
    middle = (bank.double() * lines[:, None]).sum(0)
    assert ((middle - centres).abs() <= torch.maximum(0.05 * centres, torch.tensor(1.01 * rate / geometry.n_fft))).all()
    assert centres[-1] < rate / 2 < centres[-1] * 2 ** (7 / 128)


@given(st.floats(1, 100_000))
@settings(max_examples=50)
def test_window_sizes_are_even_and_smooth(size: float) -> None:
    n = smooth_even(size)
    assert n >= size
    assert n % 2 == 0
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    assert n == 1


@pytest.mark.parametrize("rate", [2000, 44100, 384000])
def test_the_window_does_not_change_the_grid(rate: int) -> None:
    end = FrontEnd(64)
    waves = torch.cat([noise(rate, 0.3, seed) for seed in range(3)])
    shown, valid = end(waves, torch.full((3,), waves.shape[1]), rate, [0.5, 1.0, 4.0])
    assert shown.shape == (3, 64, waves.shape[1] // end.geometry(rate).hop)
    assert valid.all()
    assert shown.isfinite().all()


def test_a_tone_appears_in_its_bin_and_frames() -> None:
    rate, end = 16000, FrontEnd(128)
    wave = noise(rate, 2.0) * 0.01
    time = torch.arange(rate // 2) / rate
    wave[0, rate // 2 : rate] += 0.5 * torch.sin(2 * torch.pi * 1000 * time)
    shown, _ = end(wave, torch.tensor([2 * rate]), rate, [1.0])
    frame, row = int(shown[0].sum(0).argmax()), int(shown[0, :, 75].argmax())
    assert 50 <= frame < 100
    assert bin_centres(rate, 128, 7.0)[row] == pytest.approx(1000, rel=0.03)
    assert shown[0, row, 60:90].min() > 3
    assert shown[0, row, :45].mean() < 1


@given(st.floats(-60, 20), st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_level_does_not_matter(gain_db: float, seed: int) -> None:
    end, wave = FrontEnd(32), noise(16000, 0.5, seed)
    lengths = torch.tensor([8000])
    plain, _ = end(wave, lengths, 16000, [1.0])
    louder, _ = end(wave * 10 ** (gain_db / 20), lengths, 16000, [1.0])
    assert torch.allclose(plain, louder, atol=1e-3)


def test_padding_is_marked_and_changes_nothing_else() -> None:
    end, wave = FrontEnd(32), noise(16000, 0.5)
    alone, _ = end(wave, torch.tensor([8000]), 16000, [1.0])
    padded = torch.nn.functional.pad(wave, (0, 8000))
    shown, valid = end(padded, torch.tensor([8000]), 16000, [1.0])
    assert valid[0].tolist() == [True] * 50 + [False] * 50
    assert (shown[0, :, 50:] == 0).all()
    assert torch.allclose(shown[0, :, :47], alone[0, :, :47], atol=0.05)


@pytest.mark.parametrize(
    "wave", [torch.zeros(1, 4000), torch.full((1, 4000), float("nan")), torch.full((1, 4000), 0.7)]
)
def test_silence_nan_and_offset_give_a_dark_picture(wave: torch.Tensor) -> None:
    shown, _ = FrontEnd(32)(wave, torch.tensor([4000]), 8000, [1.0])
    assert shown.isfinite().all()
    assert shown.abs().max() < 1


def test_frame_mask_counts_whole_frames() -> None:
    assert frame_mask(torch.tensor([0, 99, 100, 250]), 100, 3).sum(1).tolist() == [0, 0, 1, 2]


def test_impossible_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        frame_geometry(0)
    with pytest.raises(ValueError, match="shorter than one frame"):
        power_spectrogram(torch.zeros(1, 10), frame_geometry(16000))
