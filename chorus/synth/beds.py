"""Background sounds: pure functions (rng, frames, rate) -> float32 samples (frames,) with a root mean square of 1.

Also used as the noise that the shard stage adds to clips, so they are quick: single precision, one FFT each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float32]
    Rng = np.random.Generator

#: Samples of the stored period of a hum, and over which a tone's phase is counted in single precision.
TABLE, BLOCK = 4096, 256


def white(rng: Rng, frames: int, rate: int) -> Array:
    """Equal power at every frequency."""
    import numpy as np

    return _unit(rng.standard_normal(frames, np.float32))


def pink(rng: Rng, frames: int, rate: int) -> Array:
    """Power falling as 1/f."""
    import numpy as np

    return _coloured(rng, frames, rate, lambda f: np.reciprocal(np.sqrt(f)))


def brown(rng: Rng, frames: int, rate: int) -> Array:
    """Power falling as 1/f^2."""
    import numpy as np

    return _coloured(rng, frames, rate, np.reciprocal)


def wind(rng: Rng, frames: int, rate: int) -> Array:
    """Rumble below a few hundred hertz and a faint hiss, in gusts of some seconds."""
    import numpy as np

    corner = np.float32(min(rng.uniform(80, 300), rate / 6))

    def falling(hz: Array) -> Array:
        above = 1 + np.square(hz / corner)
        rumble = 1 / (above * np.sqrt(np.sqrt(above)))
        return np.asarray(rumble + np.float32(0.02) * np.sqrt(np.mean(np.square(rumble))), np.float32)

    return _unit(_coloured(rng, frames, rate, falling) * _slow(rng, frames, rate, 1.5, 0.7))


def rain(rng: Rng, frames: int, rate: int) -> Array:
    """A broad hiss with drops: clicks of random strength, 20 to 120 per second, that decay within milliseconds."""
    import numpy as np

    peak = np.float32(min(4000.0, rate / 6))
    hiss = _coloured(rng, frames, rate, lambda f: (f / peak) / (1 + np.square(f / peak)))
    ring = max(2, round(0.004 * rate))
    drop = np.exp(-np.arange(ring) / (0.0008 * rate)) * rng.standard_normal(ring)
    count = int(rng.poisson(rng.uniform(20, 120) * frames / rate))
    starts = rng.integers(0, frames, count)
    strength = rng.standard_normal(count) * rng.exponential(1.0, count)
    places, sounds = (starts[:, None] + np.arange(ring)).ravel(), (strength[:, None] * drop).ravel()
    drops = np.bincount(places, sounds, frames + ring)[:frames].astype(np.float32)
    return _unit(hiss + np.float32(rng.uniform(0.2, 0.8)) * _unit(drops))


def ship(rng: Rng, frames: int, rate: int) -> Array:
    """Lines at multiples of the blade rate (5 to 25 Hz) and a low hump of noise that throbs with it."""
    import numpy as np

    blade = rng.uniform(5, 25)
    corner = np.float32(min(rng.uniform(60, 400), rate / 6))
    hump = _coloured(rng, frames, rate, lambda f: np.sqrt(f / corner) / (1 + np.square(f / corner)))
    turns = _turns(blade, rng.uniform(), frames, rate)
    count = int(rng.integers(5, 15))
    lines = rng.uniform(0.2, 1, count) * np.exp(2j * np.pi * rng.random(count)) / np.arange(1, count + 1)
    period = np.zeros(TABLE // 2 + 1, np.complex64)
    period[1 : count + 1] = np.where(np.arange(1, count + 1) * blade < rate / 3, lines, 0)
    wave = (np.fft.irfft(period) * TABLE / 2).astype(np.float32)
    hum = wave[(turns * np.float32(TABLE)).astype(np.int32) % TABLE]
    hump *= 1 + np.float32(0.4) * np.sin(np.float32(2 * np.pi) * turns)
    return _unit(hump + np.float32(rng.uniform(0.3, 1.0)) * hum)


def insect(rng: Rng, frames: int, rate: int) -> Array:
    """One to three steady narrow bands, pulsing 15 to 80 times a second, over pink noise."""
    import numpy as np

    out = np.float32(0.7) * pink(rng, frames, rate)
    top = rate / 2.5
    for _ in range(int(rng.integers(1, 4))):
        centre = rng.uniform(min(3000.0, 0.4 * top), min(9000.0, top) if rate < 96_000 else 30_000.0)
        band = _band(rng, frames, rate, centre, 0.02 * centre)
        pulse = np.float32(2 * np.pi) * _turns(rng.uniform(15, 80), rng.uniform(), frames, rate)
        band *= np.maximum(np.float32(0.5) + np.sin(pulse), 0)
        out += np.float32(rng.uniform(0.1, 0.5)) * _unit(band)
    return _unit(out)


BEDS: dict[str, Callable[[Rng, int, int], Array]] = {
    "white": white,
    "pink": pink,
    "brown": brown,
    "wind": wind,
    "rain": rain,
    "ship": ship,
    "insect": insect,
}


def _coloured(rng: Rng, frames: int, rate: int, amplitude: Callable[[Array], Array]) -> Array:
    """Noise whose spectrum follows `amplitude` of the frequency in Hz; flat below 5 Hz or a period of the whole
    stretch, nothing at 0 Hz. A sum of many tones of random phase, so Gaussian in time."""
    import numpy as np
    from scipy.fft import irfft

    n = _smooth_length(frames)
    hz = np.arange(n // 2 + 1, dtype=np.float32) * np.float32(rate / n)
    size = amplitude(np.maximum(hz, np.float32(max(5.0, rate / n))))
    size[0] = 0.0
    phase = np.float32(2 * np.pi) * rng.random(len(size), np.float32)
    cells = np.empty(len(size), np.complex64)
    cells.real, cells.imag = size * np.cos(phase), size * np.sin(phase)
    return _unit(np.asarray(irfft(cells, n)[:frames], np.float32))


def _band(rng: Rng, frames: int, rate: int, centre_hz: float, width_hz: float) -> Array:
    """Noise in a narrow band: a tone whose strength and phase wander between values drawn `width_hz` times a second."""
    import numpy as np

    period = max(1, round(rate / width_hz))
    knots = rng.standard_normal((2, -(-frames // period) + 1), np.float32)
    angle = np.float32(2 * np.pi) * _turns(centre_hz, 0.0, frames, rate)
    return _lines(knots[0], period)[:frames] * np.cos(angle) - _lines(knots[1], period)[:frames] * np.sin(angle)


def _turns(hz: float, phase: float, frames: int, rate: int) -> Array:
    """Periods of a tone since it began at `phase` (0 to 1) of one, less whole ones, so that they stay small and single
    precision holds them."""
    import numpy as np

    starts = np.arange(-(-frames // BLOCK)) * (BLOCK * hz / rate) + phase
    along = np.arange(BLOCK, dtype=np.float64) * (hz / rate)
    return ((starts - np.floor(starts)).astype(np.float32)[:, None] + along.astype(np.float32)).ravel()[:frames]


def _slow(rng: Rng, frames: int, rate: int, period_s: float, depth: float) -> Array:
    """A slow random gain around 1, with new values drawn every `period_s`."""
    import numpy as np

    period = max(1, round(period_s * rate))
    knots = rng.uniform(1 - depth, 1 + depth, -(-frames // period) + 1).astype(np.float32)
    return _lines(knots, period)[:frames]


def _lines(knots: Array, period: int) -> Array:
    """Straight lines between values that lie `period` samples apart."""
    import numpy as np

    along = np.arange(period, dtype=np.float32) / np.float32(period)
    return (knots[:-1, None] + np.diff(knots)[:, None] * along).ravel()


def _smooth_length(n: int) -> int:
    """The next length whose only prime factors are 2, 3 and 5: fast for the FFT, and the same everywhere."""
    best = 1 << max(n - 1, 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            candidate = three << max(0, (-(-n // three) - 1).bit_length())
            if n <= candidate < best:
                best = candidate
            three *= 3
        five *= 5
    return best


def _unit(samples: Array) -> Array:
    import numpy as np

    level = float(np.sqrt(np.mean(np.square(samples), dtype=np.float64))) if len(samples) else 0.0
    return samples / np.float32(level) if level > 0 else samples
