"""Pictures: whole PNGs whatever the labels are, and spectrograms that show what is there."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from chorus.overview import figures
from chorus.overview.examples import Box, Example
from chorus.overview.figures import DARK, LIGHT, Bar, Theme, decibels, shown_top

ODD = ["$\\frac{", "_^$x_", "<script>alert(1)</script>", "鳥🐦", "two\nlines\t\x00", "x" * 400, ""]


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def example(boxes: list[Box], rate: int = 8000, seconds: float = 2.0) -> Example:
    samples = np.random.default_rng(0).normal(0, 0.1, round(rate * seconds)).astype(np.float32)
    return Example("birds", "a/b.wav", "CC0-1.0", ("x",), True, 10.0, 10.0 + seconds, boxes, samples, rate)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_bars_are_as_long_as_their_values(theme: Theme) -> None:
    rows = [Bar("all", 100, ("100",)), Bar("half", 50, ("50",)), Bar("none", 0, ("0",))]
    pixels = np.asarray(opened(figures.bars(rows, ("calls",), theme))).astype(int)
    colour = np.array([int(theme.bar[k : k + 2], 16) for k in (1, 3, 5)])
    is_bar = np.abs(pixels - colour).sum(axis=2) < 30
    lengths = [is_bar[round((place + 1.5) * len(pixels) / 4)].sum() for place in range(3)]
    assert lengths[0] > 100
    assert lengths[1] == pytest.approx(lengths[0] / 2, abs=3)
    assert lengths[2] == 0


def test_odd_labels_and_nothing_to_draw() -> None:
    rows = [Bar(label, k, ("1", "2")) for k, label in enumerate(ODD)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert opened(figures.bars(rows, ("a", "b"), LIGHT)).width == round(figures.BAR_WIDTH * figures.BAR_DPI)
        assert opened(figures.columns([Bar(label, 1, ("1",)) for label in ODD], DARK)).height
        assert opened(figures.bars([], ("a",), LIGHT)).height
        assert opened(figures.columns([], LIGHT)).height
        boxes = [Box(10 + k / 10, 11 + k / 10, None, None, label, True) for k, label in enumerate(ODD)]
        assert opened(figures.spectrogram(example(boxes))).width == round(figures.SOUND_WIDTH * figures.SOUND_DPI)


def test_the_same_picture_every_time() -> None:
    boxes = [Box(10.2, 10.8, 500, 1500, "song", True), Box(10.5, 11.0, None, 3000, "other", False)]
    assert figures.spectrogram(example(boxes)) == figures.spectrogram(example(boxes))


@pytest.mark.parametrize("length", [0, 1, 127])
def test_too_short_for_a_window(length: int) -> None:
    assert decibels(np.zeros(length, np.float32), 8000, length / 8000).size == 0


def test_silence_is_dark() -> None:
    assert decibels(np.zeros(8000, np.float32), 8000, 1.0).max() == 0


@pytest.mark.parametrize("rate", [2000, 44_100, 500_000])
def test_a_tone_stands_out_at_its_frequency_and_time(rate: int) -> None:
    seconds = 8000 / rate
    time_s = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(1).normal(0, 0.01, len(time_s))
    tone = np.where(time_s > seconds / 2, np.sin(2 * np.pi * 0.3 * rate * time_s), 0)
    level = decibels((noise + tone).astype(np.float32), rate, seconds)
    row = round(0.6 * (len(level) - 1))
    half = level.shape[1] // 2
    assert level[row, half + 8 :].min() > 0.9
    assert level[row, : half - 8].mean() < 0.3
    assert level[: row - 8].mean() < 0.3


def test_digital_silence_does_not_drown_the_sound() -> None:
    rng = np.random.default_rng(2)
    padded = np.concatenate([rng.normal(0, 0.1, 4000), np.zeros(12_000)]).astype(np.float32)
    level = decibels(padded, 8000, 2.0)
    sounding = level[:, : level.shape[1] // 5]
    assert 0.05 < np.median(sounding) < 0.8
    assert level[:, level.shape[1] // 2 :].max() == 0


def test_the_picture_reaches_a_little_above_the_boxes() -> None:
    assert shown_top([], 8000) == 4000
    assert shown_top([Box(0, 1, 100, 1000, "", True), Box(0, 1, None, None, "", True)], 8000) == 1350
    assert shown_top([Box(0, 1, 100, 9000, "", True)], 8000) == 4000


def test_colours_can_be_read() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    def contrast(one: str, other: str) -> float:
        low, high = sorted([luminance(one), luminance(other)])
        return (high + 0.05) / (low + 0.05)

    for theme in (LIGHT, DARK):
        assert min(contrast(theme.paper, text) for text in (theme.ink, theme.faint)) >= 4.5
        assert min(contrast(theme.paper, bar) for bar in (theme.bar, theme.second)) >= 3
