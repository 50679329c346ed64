"""Pictures of a recording: its spectrogram with numbered calls, a green bar at each start and a red one at each end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.annotate.detect import Detected
from chorus.audio import Opened, opened
from chorus.audio.mono import mix

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ROWS = 4
#: Seconds in a row at 64 kHz and below; shorter above, as the front end's frames are.
ROW_S = 10.0
MOST_PAGES = 100
COLUMNS, LINES = 1200, 257
GREEN, RED = "#21c45d", "#ef4444"


def draw_pages(recording: Path, calls: list[Detected], stem: Path) -> list[Path]:
    """Draw a recording page by page as `<stem>-001.png` ...; returns the pages.

    A page holds four rows of ten seconds (less above 64 kHz). Pages without calls are left out, except when the
    recording has none at all: then its first page is drawn. At most 100 pages.
    """
    with opened(recording) as sound:
        page_s = ROWS * row_seconds(sound.found.sample_rate)
        pages = sorted({int(c.start_s // page_s) for c in calls} | {int(c.end_s // page_s) for c in calls}) or [0]
        pages = [p for p in pages if p * page_s < sound.found.duration_s][:MOST_PAGES]
        return [draw_page(sound, calls, stem, page) for page in pages]


def row_seconds(rate: int) -> float:
    """Seconds in a row."""
    octaves = 0
    while rate > 64_000 * 2**octaves:
        octaves += 1
    return ROW_S / 2**octaves


def draw_page(sound: Opened, calls: list[Detected], stem: Path, page: int) -> Path:
    """Draw one page and write it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from chorus.atomic import aside

    row_s = row_seconds(sound.found.sample_rate)
    first_s = page * ROWS * row_s
    rows = min(ROWS, max(1, -(-round((sound.found.duration_s - first_s) * 1000) // round(row_s * 1000))))
    figure = Figure(figsize=(12, 2.4 * rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    for row, axis in enumerate(figure.subplots(rows, 1, squeeze=False)[:, 0]):
        start = first_s + row * row_s
        draw_row(axis, sound, calls, start, start + row_s)
    axis.set_xlabel("seconds", fontsize=8)
    figure.suptitle(f"{Path(sound.path).name}   page {page + 1}", fontsize=10)
    path = stem.with_name(f"{stem.name}-{page + 1:03d}.png")
    with aside(path) as file:
        figure.savefig(file, format="png", dpi=90)
    return path


def draw_row(axis: Any, sound: Opened, calls: list[Detected], start_s: float, end_s: float) -> None:
    """One stretch: spectrogram, bars and numbers. Numbers are those of the table's rows."""
    samples, rate = sound.read(start_s, end_s), sound.found.sample_rate
    shown = decibels(mix(samples))
    extent = (start_s, start_s + len(samples) / rate, 0, rate / 2000)
    if shown.size:
        axis.imshow(shown, origin="lower", aspect="auto", extent=extent, cmap="gray_r", vmin=0, vmax=50)
    for number, call in enumerate(calls, 1):
        if call.end_s >= start_s and call.start_s < end_s:
            mark(axis, number, call, start_s, end_s)
    axis.set(xlim=(start_s, end_s), ylim=(0, rate / 2000), ylabel="kHz")
    axis.tick_params(labelsize=7)


def mark(axis: Any, number: int, call: Detected, start_s: float, end_s: float) -> None:
    """The bars, the band and the number of a call. Bounds outside the stretch get no bar."""
    low, high = call.low_hz / 1000, call.high_hz / 1000
    left, right = max(call.start_s, start_s), min(call.end_s, end_s)
    axis.fill_between([left, right], low, high, color="#3b82f6", alpha=0.15, linewidth=0)
    if call.start_s >= start_s:
        axis.axvline(call.start_s, color=GREEN, linewidth=1.2)
    if call.end_s < end_s:
        axis.axvline(call.end_s, color=RED, linewidth=1.2)
    if call.start_s >= start_s:
        axis.text(call.start_s, high, f" {number}", fontsize=7, color="black", va="bottom", ha="left", clip_on=True)


def decibels(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(LINES, at most COLUMNS) power over the stretch's own median, in dB."""
    import numpy as np

    size = 2 * (LINES - 1)
    if len(samples) < size:
        return np.zeros((0, 0), np.float32)
    step = max(size // 8, (len(samples) - size) // COLUMNS + 1)
    windows = np.lib.stride_tricks.sliding_window_view(samples, size)[::step] * np.hanning(size)
    power = np.abs(np.fft.rfft(windows, axis=1)).T ** 2
    level = 10 * np.log10(power + 1e-12)
    return (level - np.median(level)).astype(np.float32)
