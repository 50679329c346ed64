"""The two detectors that every model is shown beside: "always positive", and a tuned energy detector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from chorus.evaluate.metrics import Floats, Truth, as_spans, event_counts, total

#: Bands that the energy detector may listen to, as shares of the Nyquist frequency.
BANDS = ((0.0, 1.0), (0.02, 1.0), (0.1, 1.0), (0.25, 1.0), (0.02, 0.25), (0.1, 0.5), (0.25, 0.75), (0.01, 0.1))
LOWEST_BAND_LINES = 2


def always_positive(truth: Truth) -> Floats:
    """One event as long as the recording. Its segment F1 is 2 p / (1 + p) for a share p of positive segments."""
    return as_spans([(0.0, truth.duration_s)])


@dataclass(frozen=True)
class Energy:
    """An energy detector: level of a band over its noise floor, with hysteresis.

    The level of each frame is the band's power in dB; the floor is the `quantile` of the levels within `floor_s`
    around. An event opens at `open_db` above the floor and lasts while the level is at least `open_db * keep` above it;
    events closer than `gap_s` are joined, events shorter than `shortest_s` dropped.
    """

    band: int = 0
    open_db: float = 6.0
    keep: float = 0.5
    gap_s: float = 0.05
    shortest_s: float = 0.02
    quantile: float = 0.3
    floor_s: float = 10.0

    def describe(self) -> dict[str, float | list[float]]:
        """The parameters, with the band as shares of the Nyquist frequency."""
        return {**asdict(self), "band": list(BANDS[self.band])}


@dataclass(frozen=True)
class Levels:
    """Level over the floor in dB for each band: (bands, frames), with the frame's length in seconds."""

    over_db: npt.NDArray[np.float32]
    frame_s: float


def measure_levels(blocks: Iterable[npt.NDArray[np.float32]], rate: int, frame_s: float) -> Levels:
    """Levels of all bands of a recording that comes in mono blocks. `frame_s` is the hop; windows are two hops."""
    hop = max(4, round(frame_s * rate))
    parts, held = [], np.empty(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, np.nan_to_num(block)])
        count = (len(held) - hop) // hop
        if count > 0:
            parts.append(band_levels(held[: (count + 1) * hop], hop))
            held = held[count * hop :]
    levels = np.concatenate(parts, axis=1) if parts else np.zeros((len(BANDS), 0), np.float32)
    return Levels(levels - noise_floor(levels, hop / rate), hop / rate)


def band_levels(wave: npt.NDArray[np.float32], hop: int) -> npt.NDArray[np.float32]:
    """(bands, frames) in dB, from windows of two hops, one hop apart."""
    windows = np.lib.stride_tricks.sliding_window_view(wave, 2 * hop)[::hop] * np.hanning(2 * hop).astype(np.float32)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    lines = power.shape[1]
    out = []
    for low, high in BANDS:
        first = round(low * (lines - 1))
        out.append(power[:, first : max(first + LOWEST_BAND_LINES, round(high * (lines - 1)) + 1)].mean(axis=1))
    return (10 * np.log10(np.array(out) + 1e-12)).astype(np.float32)


def noise_floor(levels: npt.NDArray[np.float32], frame_s: float) -> npt.NDArray[np.float32]:
    """The 30 % quantile of the levels in a moving stretch of about 10 s, one value per half stretch, interpolated."""
    frames = levels.shape[1]
    half = max(1, round(Energy.floor_s / 2 / frame_s))
    if frames == 0:
        return levels
    centres = np.arange(0, frames, half)
    knots = [np.quantile(levels[:, max(0, c - half) : c + half + 1], Energy.quantile, axis=1) for c in centres]
    table = np.array(knots)
    place = np.arange(frames)
    return np.stack([np.interp(place, centres, table[:, b]) for b in range(levels.shape[0])]).astype(np.float32)


def energy_events(levels: Levels, how: Energy) -> Floats:
    """Events (n, 2) in seconds."""
    over = levels.over_db[how.band]
    loud = over >= how.open_db
    change = np.diff(np.concatenate([[0], (over >= how.open_db * how.keep).astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    heard = np.concatenate([[0], np.cumsum(loud)])
    opened = heard[ends] > heard[starts]
    spans = np.stack([starts[opened], ends[opened]], axis=1) * levels.frame_s + levels.frame_s / 2
    if len(spans) > 1:
        apart = np.flatnonzero(spans[1:, 0] - spans[:-1, 1] > how.gap_s)
        spans = np.stack([spans[np.r_[0, apart + 1], 0], spans[np.r_[apart, len(spans) - 1], 1]], axis=1)
    return as_spans(spans.astype(np.float64)[spans[:, 1] - spans[:, 0] >= how.shortest_s])


#: Values that are tried for each parameter.
#: Event F1 at this IoU is what the energy detector is tuned for, in so many rounds over its parameters.
TUNED_IOU, ROUNDS = 0.3, 2
GRID: dict[str, tuple[float, ...]] = {
    "open_db": (3.0, 4.5, 6.0, 9.0, 12.0, 16.0),
    "keep": (0.25, 0.5, 0.8),
    "gap_s": (0.0, 0.005, 0.02, 0.05, 0.1, 0.3),
    "shortest_s": (0.0, 0.005, 0.02, 0.05, 0.1, 0.2),
}


def tune_energy(items: Sequence[tuple[Levels, Truth]]) -> Energy:
    """The parameters with the best event F1 at TUNED_IOU, counts summed over the recordings.

    A coordinate search from every band: one parameter after the other is set to its best value, ROUNDS times.
    """
    best, top = Energy(), -1.0
    for band in range(len(BANDS)):
        how = Energy(band=band)
        reached = energy_f1(items, how)
        for name, value in [(n, v) for _ in range(ROUNDS) for n, values in GRID.items() for v in values]:
            trial = replace(how, **{name: value})  # type: ignore[arg-type]
            if trial != how and (f1 := energy_f1(items, trial)) > reached:
                how, reached = trial, f1
        if reached > top:
            best, top = how, reached
    return best


def energy_f1(items: Sequence[tuple[Levels, Truth]], how: Energy) -> float:
    """Event F1 of one setting, at TUNED_IOU."""
    return total([event_counts(energy_events(x, how), t, TUNED_IOU)[0] for x, t in items]).f1
