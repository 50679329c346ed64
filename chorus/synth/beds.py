"""Background sounds: pure functions (rng, frames, rate) -> float64 samples (frames,) with a root mean square of 1.

Also used as the noise that the shard stage adds to clips.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Rng = np.random.Generator


def white(rng: Rng, frames: int, rate: int) -> Array:
    """Equal power at every frequency."""
    return _unit(rng.standard_normal(frames))


def pink(rng: Rng, frames: int, rate: int) -> Array:
    """Power falling as 1/f."""
    return _coloured(rng, frames, rate, lambda f: f**-0.5)


def brown(rng: Rng, frames: int, rate: int) -> Array:
    """Power falling as 1/f^2."""
    return _coloured(rng, frames, rate, lambda f: f**-1.0)


def wind(rng: Rng, frames: int, rate: int) -> Array:
    """Rumble below a few hundred hertz, in gusts of some seconds, over a faint hiss."""
    corner = min(rng.uniform(80, 300), rate / 6)
    rumble = _coloured(rng, frames, rate, lambda f: 1 / (1 + (f / corner) ** 2) ** 1.25)
    return _unit(rumble * _slow(rng, frames, rate, 1.5, 0.7) + 0.02 * rng.standard_normal(frames))


def rain(rng: Rng, frames: int, rate: int) -> Array:
    """A broad hiss with drops: clicks of random strength, 20 to 120 per second, that decay within milliseconds."""
    import numpy as np

    peak = min(4000.0, rate / 6)
    hiss = _coloured(rng, frames, rate, lambda f: (f / peak) / (1 + (f / peak) ** 2))
    drops = np.zeros(frames)
    count = int(rng.poisson(rng.uniform(20, 120) * frames / rate))
    np.add.at(drops, rng.integers(0, frames, count), rng.standard_normal(count) * rng.exponential(1.0, count))
    ring = np.exp(-np.arange(max(2, round(0.004 * rate))) / (0.0008 * rate)) * rng.standard_normal(
        max(2, round(0.004 * rate))
    )
    return _unit(hiss + rng.uniform(0.2, 0.8) * _unit(_convolved(drops, ring)))


def ship(rng: Rng, frames: int, rate: int) -> Array:
    """Lines at multiples of the blade rate (5 to 25 Hz) and a low hump of noise that throbs with it."""
    import numpy as np

    blade = rng.uniform(5, 25)
    corner = min(rng.uniform(60, 400), rate / 6)
    time = np.arange(frames) / rate
    hump = _coloured(rng, frames, rate, lambda f: (f / corner) ** 0.5 / (1 + (f / corner) ** 2))
    throb = 1 + 0.4 * np.sin(2 * np.pi * (blade * time + rng.uniform()))
    lines = np.zeros(frames)
    for k in range(1, int(rng.integers(6, 16))):
        if k * blade < rate / 3:
            lines += np.sin(2 * np.pi * (k * blade * time + rng.uniform())) * rng.uniform(0.2, 1) / k
    return _unit(hump * throb + rng.uniform(0.3, 1.0) * lines)


def insect(rng: Rng, frames: int, rate: int) -> Array:
    """One to three steady narrow bands, pulsing 15 to 80 times a second, over pink noise."""
    import numpy as np

    time = np.arange(frames) / rate
    out = 0.7 * pink(rng, frames, rate)
    top = rate / 2.5
    for _ in range(int(rng.integers(1, 4))):
        centre = rng.uniform(min(3000.0, 0.4 * top), min(9000.0, top) if rate < 96_000 else 30_000.0)
        band = _coloured(rng, frames, rate, partial(_line, centre_hz=centre, width_hz=0.01 * centre))
        pulse = np.clip(0.5 + np.sin(2 * np.pi * (rng.uniform(15, 80) * time + rng.uniform())), 0.0, None)
        out += rng.uniform(0.1, 0.5) * _unit(band * pulse)
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
    """Gaussian noise whose spectrum follows `amplitude` of the frequency in Hz; flat below 5 Hz or a period of the
    whole stretch, nothing at 0 Hz."""
    import numpy as np

    n = _smooth_length(frames)
    frequency = np.arange(n // 2 + 1) * (rate / n)
    spectrum = np.fft.rfft(rng.standard_normal(n)) * amplitude(np.maximum(frequency, max(5.0, rate / n)))
    spectrum[0] = 0.0
    return _unit(np.fft.irfft(spectrum, n)[:frames])


def _line(frequency: Array, centre_hz: float, width_hz: float) -> Array:
    """A Gaussian spectral line of the given standard deviation."""
    import numpy as np

    return np.exp(-0.5 * ((frequency - centre_hz) / width_hz) ** 2)


def _slow(rng: Rng, frames: int, rate: int, period_s: float, depth: float) -> Array:
    """A slow random gain around 1: straight lines between values drawn every `period_s`."""
    import numpy as np

    knots = rng.uniform(1 - depth, 1 + depth, max(2, int(np.ceil(frames / rate / period_s)) + 1))
    return np.interp(np.arange(frames) / rate / period_s, np.arange(len(knots)), knots)


def _convolved(samples: Array, kernel: Array) -> Array:
    import numpy as np

    n = _smooth_length(len(samples) + len(kernel))
    return np.fft.irfft(np.fft.rfft(samples, n) * np.fft.rfft(kernel, n), n)[: len(samples)]


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

    level = float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
    return samples / level if level > 0 else samples
