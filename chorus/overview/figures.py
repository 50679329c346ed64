"""The overview's pictures as PNG: bars for a light and a dark page, and spectrograms with the calls in boxes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from chorus.overview.examples import Box, Example

#: Inches of a picture's width, and its dots per inch: bars span the page, spectrograms half of it.
BAR_WIDTH, BAR_DPI = 7.2, 160
SOUND_WIDTH, SOUND_DPI = 5.0, 190
#: Columns of a spectrogram, at most, and decibels from its darkest to its brightest, at least.
COLUMNS, RANGE_DB = 900, 25.0
#: Frames below this power are digital silence: they say nothing of the noise.
SILENT = 1e-9
#: Letters of a call's text.
LETTERS = 28


@dataclass(frozen=True)
class Theme:
    """Colours of a page. Text on `paper` has a contrast of at least 4.5, bars of at least 3."""

    name: str
    paper: str
    ink: str
    faint: str
    bar: str
    second: str


LIGHT = Theme("light", "#ffffff", "#1c2430", "#5b6675", "#0f6e8c", "#8793a1")
DARK = Theme("dark", "#171c22", "#e8ecf1", "#a3adba", "#4fb3d1", "#7a8694")


@dataclass(frozen=True)
class Bar:
    """One bar of a chart, and the texts that stand beside it; `second` draws it in the quieter colour."""

    label: str
    value: float
    cells: tuple[str, ...]
    second: bool = False


def bars(rows: Sequence[Bar], heads: Sequence[str], theme: Theme) -> bytes:
    """A chart of horizontal bars from 0, each with its cells as a line of a table under `heads`."""
    lines = max(len(rows), 1)
    longest = max((row.value for row in rows), default=0) or 1
    ends = [0.99 - 0.105 * k for k in range(len(heads))][::-1]
    left, right = 0.305, ends[0] - 0.105
    with _figure(theme, (BAR_WIDTH, 0.3 * (lines + 1)), BAR_DPI) as figure:
        axis = figure.add_axes((0, 0, 1, 1))
        axis.set(xlim=(0, 1), ylim=(lines - 0.5, -1.5))
        axis.axis("off")
        for place, row in enumerate(rows):
            length = (right - left) * max(row.value / longest, 0.006) if row.value else 0
            axis.axhline(place + 0.5, color=theme.second, linewidth=0.4, alpha=0.5)
            axis.barh(place, length, left=left, height=0.62, color=theme.second if row.second else theme.bar)
            axis.text(left - 0.012, place, cut(row.label), ha="right", va="center", fontsize=9)
            for end, cell in zip(ends, row.cells, strict=True):
                axis.text(end, place, cell, ha="right", va="center", fontsize=9)
        for end, head in zip(ends, heads, strict=True):
            axis.text(end, -1, head, color=theme.faint, ha="right", va="center", fontsize=8.5)
        return _png(figure, theme)


def columns(rows: Sequence[Bar], theme: Theme) -> bytes:
    """A chart of upright bars from 0, the label of each below, its one cell above."""
    highest = max((row.value for row in rows), default=0) or 1
    with _figure(theme, (BAR_WIDTH, 2.4), BAR_DPI) as figure:
        axis = figure.add_axes((0.01, 0.13, 0.98, 0.76))
        for place, row in enumerate(rows):
            height = max(row.value / highest, 0.006) if row.value else 0
            axis.bar(place, height, width=0.7, color=theme.second if row.second else theme.bar)
            axis.text(place, height + 0.03, *row.cells, ha="center", va="bottom", fontsize=9)
            axis.text(place, -0.05, cut(row.label), color=theme.faint, ha="center", va="top", fontsize=8.5)
        axis.axhline(0, color=theme.second, linewidth=0.8)
        axis.set(xlim=(-0.6, max(len(rows), 1) - 0.4), ylim=(0, 1.02))
        axis.axis("off")
        return _png(figure, theme)


def spectrogram(example: Example) -> bytes:
    """A stretch of sound with its calls; the same on a light and on a dark page."""
    top_hz = shown_top(example.boxes, example.rate)
    with _figure(DARK, (SOUND_WIDTH, 2.2), SOUND_DPI) as figure:
        axis = figure.add_axes((0.105, 0.185, 0.88, 0.785))
        level = decibels(example.samples, example.rate, example.end_s - example.start_s)
        extent = (example.start_s, example.end_s, 0, example.rate / 2000)
        axis.set_facecolor("black")
        if level.size:
            axis.imshow(level, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=0, vmax=1)
        axis.set(xlim=(example.start_s, example.end_s), ylim=(0, top_hz / 1000))
        axis.set_ylabel("kHz", color=DARK.faint, fontsize=8.5)
        axis.set_xlabel("seconds into the recording", color=DARK.faint, fontsize=8.5)
        axis.tick_params(colors=DARK.faint, labelsize=8, length=2)
        axis.spines[:].set_visible(False)
        _mark(axis, figure, example, top_hz)
        return _png(figure, DARK)


def shown_top(boxes: Sequence[Box], rate: int) -> float:
    """The highest frequency shown, Hz: a little above the boxes, and half the sample rate where there are none."""
    highs = [box.high_hz for box in boxes if box.high_hz]
    return min(1.35 * max(highs), rate / 2) if highs else rate / 2


def _mark(axis: Any, figure: Any, example: Example, top_hz: float) -> None:
    """A box for every call, and its text where it does not run into that of a shorter call; those of other groups
    are dashed."""
    from matplotlib.patches import Rectangle

    taken: list[Any] = []
    for box in sorted(example.boxes, key=lambda box: box.end_s - box.start_s):
        low, high = (box.low_hz or 0) / 1000, min(box.high_hz or top_hz, top_hz) / 1000
        left, right = max(box.start_s, example.start_s), min(box.end_s, example.end_s)
        frame = Rectangle((left, low), right - left, high - low, fill=False, edgecolor="white", linewidth=1.1)
        frame.set_linestyle("-" if box.of_group else "--")
        axis.add_patch(frame)
        text = _write(axis, box.text, (left + right) / 2, high, top_hz / 1000)
        place = text.get_window_extent(figure.canvas.get_renderer()).padded(2)
        if any(place.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(place)


def _write(axis: Any, text: str, centre_s: float, high_khz: float, top_khz: float) -> Any:
    """Text above a box, or inside where there is no room above; kept off the sides of the picture."""
    from matplotlib.patheffects import withStroke

    inside = high_khz > 0.92 * top_khz
    written = axis.text(
        centre_s,
        high_khz + (-0.015 if inside else 0.01) * top_khz,
        cut(text),
        color="white",
        fontsize=7.5,
        ha="center",
        va="top" if inside else "bottom",
        path_effects=[withStroke(linewidth=2.2, foreground="black")],
    )
    extent = written.get_window_extent(axis.figure.canvas.get_renderer())
    start_s, end_s = axis.get_xlim()
    if extent.x0 < axis.bbox.x0:
        written.set(x=start_s, ha="left")
    elif extent.x1 > axis.bbox.x1:
        written.set(x=end_s, ha="right")
    return written


def decibels(samples: npt.NDArray[np.float32], rate: int, length_s: float) -> npt.NDArray[np.float32]:
    """(frequencies, at most COLUMNS) level, 0 the noise and 1 the loudest; (0, 0) for less than one window.

    The window follows the length shown: about a 300th of it, between 128 and 4,096 samples. The noise of a frequency is
    the 20th percentile of its level, held within 10 dB of that of all.
    """
    import numpy as np

    size = 2 ** min(max(round(np.log2(max(rate * length_s / 300, 1))), 7), 12)
    if len(samples) < size:
        return np.zeros((0, 0), np.float32)
    step = max(size // 8, (len(samples) - size) // COLUMNS + 1)
    windows = np.lib.stride_tricks.sliding_window_view(samples, size)[::step]
    power = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)).T ** 2
    level = 10 * np.log10(power + 1e-14)
    heard = np.mean(np.square(windows, dtype=np.float64), axis=1) > SILENT
    told = level[:, heard] if heard.any() else level
    floor = np.percentile(told, 20)
    of_each = np.percentile(told, 20, axis=1, keepdims=True)
    above = level - np.clip(of_each, floor - 10, floor + 10)
    top = max(float(np.percentile(above[:, heard] if heard.any() else above, 99.7)), RANGE_DB)
    shown: npt.NDArray[np.float32] = np.clip(above / top, 0, 1).astype(np.float32)
    return shown


def cut(text: str) -> str:
    """Text of one line, not longer than fits."""
    line = " ".join(text.split())
    return line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"


@contextmanager
def _figure(theme: Theme, size: tuple[float, float], dpi: int) -> Iterator[Any]:
    """A figure on which text is text: a dollar sign in a label starts no formula, a foreign letter no warning."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context({"text.parse_math": False, "text.color": theme.ink}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size, dpi=dpi)
        FigureCanvasAgg(figure)
        yield figure


def _png(figure: Any, theme: Theme) -> bytes:
    """The figure in at most 256 colours: a third of the size, and the same to the eye."""
    from PIL import Image

    raw = io.BytesIO()
    figure.savefig(raw, format="png", facecolor=theme.paper)
    small = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()
