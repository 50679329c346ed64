"""Synthetic calls: one pure function per family, with the exact bounds of each call in time and frequency.

Every function takes a random generator and a sample rate in Hz and draws the rest. A call fades in and out; its truth
begins at the first and ends after the last sample whose envelope is at least LEVEL of the full envelope (-20 dB).
Clicks begin abruptly: their first sample is their peak, so a click's start is exact to the sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Rng = np.random.Generator

#: Envelope level that bounds a call in time, relative to its full level: -20 dB.
LEVEL = 0.1
#: Calls stay below this part of the sample rate.
TOP = 0.42
#: Longest decay time of a click, seconds: clicks of a train stay apart.
LONGEST_TAU_S = 0.008
#: Longest fade, seconds.
FADE_S = 0.02


@dataclass(frozen=True, slots=True)
class Sound:
    """A call at arbitrary gain. `samples` is float64 (frames,); frames first .. last (half open) are the truth."""

    samples: Array
    first: int
    last: int
    low_hz: float
    high_hz: float


def chirp(rng: Rng, rate: int) -> Sound:
    """A short exponential glide over half to one and a half octaves, up or down; 50 to 250 ms."""
    import numpy as np

    n = _frames(rng, rate, 0.05, 0.25)
    octaves = rng.uniform(0.5, 1.5)
    low, high = _voice(rate)
    start = _log_uniform(rng, low, max(high / 2**octaves, low * 1.05))
    glide = np.exp2(octaves * np.linspace(0, 1, n)) * start
    return _tone(rate, _maybe_reversed(rng, glide), [1.0])


def sweep(rng: Rng, rate: int) -> Sound:
    """A whistle whose frequency drifts over an octave at most and sways slowly; 0.5 to 1.5 s."""
    import numpy as np

    n = _frames(rng, rate, 0.5, 1.5)
    low, high = _voice(rate)
    centre = _log_uniform(rng, low * 1.3, high / 1.6)
    time = np.linspace(0, 1, n)
    drift = rng.uniform(-0.4, 0.4) * (time - 0.5)
    sway = rng.uniform(0.02, 0.12) * np.sin(2 * np.pi * (rng.uniform(0.5, 3) * time + rng.uniform()))
    second = rng.uniform(0.1, 0.3) if rng.uniform() < 0.4 else 0.0
    return _tone(rate, centre * np.exp2(drift + sway), [1.0, second])


def trill(rng: Rng, rate: int) -> Sound:
    """4 to 20 equal short chirps at 8 to 22 per second; one event from the first to the last."""
    import numpy as np

    period = round(rate / rng.uniform(8, 22))
    count = int(rng.integers(4, 21))
    low, high = _voice(rate)
    octaves = rng.uniform(0.2, 0.7)
    start = _log_uniform(rng, low, max(high / 2**octaves, low * 1.05))
    glide = np.exp2(octaves * np.linspace(0, 1, max(8, round(period * rng.uniform(0.4, 0.7))))) * start
    note = _tone(rate, _maybe_reversed(rng, glide), [1.0])
    samples = np.zeros(period * (count - 1) + len(note.samples))
    for k in range(count):
        samples[k * period : k * period + len(note.samples)] += note.samples
    return Sound(samples, note.first, period * (count - 1) + note.last, note.low_hz, note.high_hz)


def harmonic_stack(rng: Rng, rate: int) -> Sound:
    """A tone with 4 to 8 harmonics falling by 2 to 5 dB each, slightly bent; 0.15 to 0.9 s."""
    import numpy as np

    n = _frames(rng, rate, 0.15, 0.9)
    low, high = _voice(rate)
    harmonics = int(rng.integers(4, 9))
    base = _log_uniform(rng, low * 0.6, max(high / harmonics / 1.3, low * 0.7))
    bend = rng.uniform(-0.25, 0.25) * np.sin(np.pi * np.linspace(0, 1, n))
    fall = 10 ** (-rng.uniform(2, 5) / 20)
    return _tone(rate, base * np.exp2(bend), [fall**k for k in range(harmonics)])


def pulse_train(rng: Rng, rate: int) -> Sound:
    """6 to 40 clicks at 10 to 40 per second, the pace drifting by up to a third; one event."""
    import numpy as np

    pace = rng.uniform(10, 40) * np.exp2(rng.uniform(-0.4, 0.4) * np.linspace(0, 1, int(rng.integers(6, 41))))
    starts = np.concatenate([[0], np.cumsum(np.round(rate / pace[:-1]).astype(np.int64))])
    one = click(rng, rate)
    samples = np.zeros(int(starts[-1]) + len(one.samples))
    for start in starts:
        samples[start : start + len(one.samples)] += one.samples
    return Sound(samples, 0, int(starts[-1]) + one.last, one.low_hz, one.high_hz)


def click(rng: Rng, rate: int) -> Sound:
    """A damped oscillation that begins with its peak. Bounds: where its spectrum, a Lorentz line of decay time tau, is
    10 dB below its peak, 3 / (2 pi tau) to each side; end: where its envelope falls below LEVEL."""
    import numpy as np

    low, high = _voice(rate)
    centre = _log_uniform(rng, low * 2, high / 1.2)
    tau_s = min(rng.uniform(4, 12) / centre, LONGEST_TAU_S)
    frames = np.arange(max(2, round(tau_s * 7 * rate)))
    samples = np.exp(-frames / (tau_s * rate)) * np.cos(2 * np.pi * centre / rate * frames)
    half = 3 / (2 * np.pi * tau_s)
    last = min(len(frames), int(np.ceil(tau_s * rate * np.log(1 / LEVEL))))
    return Sound(samples, 0, max(last, 1), max(centre - half, 0.0), min(centre + half, rate / 2))


def ultrasonic_sweep(rng: Rng, rate: int) -> Sound:
    """A glide between 25 kHz and the top of the band, steep like a bat's or bent like a mouse's; 10 to 80 ms.

    Raises ValueError below 96 kHz, where there is no ultrasound.
    """
    import numpy as np

    if rate < 96_000:
        raise ValueError(f"ultrasonic_sweep needs a sample rate of 96000 Hz or more, not {rate}")
    n = _frames(rng, rate, 0.01, 0.08)
    low, high = 25_000.0, min(110_000.0, TOP * rate)
    first, last = sorted(rng.uniform(low, high, 2))
    first = min(first, last / 1.08)
    path = np.linspace(0, 1, n) ** rng.uniform(0.6, 2.0)
    return _tone(rate, _maybe_reversed(rng, first + (last - first) * path), [1.0])


def infrasonic_moan(rng: Rng, rate: int) -> Sound:
    """A gliding tone of 12 to 28 Hz with two or three weaker harmonics; 1.5 to 5 s."""
    import numpy as np

    n = _frames(rng, rate, 1.5, 5.0)
    glide = rng.uniform(12, 28) * np.exp2(rng.uniform(-0.4, 0.2) * np.linspace(0, 1, n))
    return _tone(rate, glide, [1.0, 0.5, 0.3, 0.15][: int(rng.integers(3, 5))], fade_s=0.3)


FAMILIES: dict[str, Callable[[Rng, int], Sound]] = {
    "chirp": chirp,
    "sweep": sweep,
    "trill": trill,
    "harmonic_stack": harmonic_stack,
    "pulse_train": pulse_train,
    "click": click,
    "ultrasonic_sweep": ultrasonic_sweep,
    "infrasonic_moan": infrasonic_moan,
}


def _tone(rate: int, frequency_hz: Array, levels: list[float], fade_s: float = FADE_S) -> Sound:
    """A tone along a track of instantaneous frequencies, with harmonics at the given amplitudes.

    The bounds are the lowest frequency of the fundamental and the highest of the last harmonic inside the truth, each
    widened by the reciprocal of the duration (the width of so short a sound's line). Harmonics below LEVEL, or that
    would pass TOP of the rate, are left out.
    """
    import numpy as np

    n = len(frequency_hz)
    envelope = _fades(n, min(max(round(fade_s * rate), 2), n // 3))
    inside = np.flatnonzero(envelope >= LEVEL)
    first, last = int(inside[0]), int(inside[-1]) + 1
    track = frequency_hz[first:last]
    kept = [k for k, level in enumerate(levels, 1) if k == 1 or (level >= LEVEL and track.max() * k <= TOP * rate)]
    phase = 2 * np.pi * np.cumsum(frequency_hz) / rate
    samples = envelope * sum(levels[k - 1] * np.sin(k * phase) for k in kept)
    width = rate / (last - first)
    low, high = float(track.min()) - width, float(track.max()) * kept[-1] + width
    return Sound(samples, first, last, max(low, 0.0), min(high, rate / 2))


def _fades(n: int, fade: int) -> Array:
    """An envelope of n samples: raised-cosine fades of `fade` samples around ones."""
    import numpy as np

    envelope = np.ones(n)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    envelope[:fade] = ramp
    envelope[n - fade :] = ramp[::-1]
    return envelope


def _voice(rate: int) -> tuple[float, float]:
    """Lowest and highest frequency (Hz) used by calls that are not tied to a band: what fits the rate, as birds and
    frogs do at audible rates, whales at low ones, bats at high ones."""
    if rate >= 96_000:
        return 15_000.0, min(100_000.0, TOP * rate)
    return min(700.0, rate * 0.04), min(9_000.0, TOP * rate)


def _frames(rng: Rng, rate: int, least_s: float, most_s: float) -> int:
    return max(8, round(rng.uniform(least_s, most_s) * rate))


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    import numpy as np

    return float(np.exp(rng.uniform(np.log(low), np.log(max(high, low)))))


def _maybe_reversed(rng: Rng, track: Array) -> Array:
    return track[::-1] if rng.uniform() < 0.5 else track
