"""One synthetic recording: what is in it (cheap to draw), and its sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from chorus.synth.settings import SynthSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from chorus.synth.calls import Sound

    Rng = np.random.Generator

Choice = TypeVar("Choice")

#: Recordings are dealt in blocks of this many, each holding the stated shares of rate classes and empty recordings.
BLOCK = 10
#: No sample of a recording goes above this part of full scale.
PEAK = 0.9
#: White floor under every bed, relative to it: a recorder's own noise, so that no band is ever quite empty.
FLOOR_DB = -45.0
#: Noise around a call is measured over its span, widened to at least this.
SPAN_S = 0.25


@dataclass(frozen=True, slots=True)
class Facts:
    """What was drawn for a recording before any sound is made."""

    index: int
    rate: int
    frames: int
    bed: str
    families: tuple[str, ...]
    snr_db: float
    density_per_s: float
    polyphony: int
    call_free: bool

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


@dataclass(frozen=True, slots=True)
class Truth:
    """A call in a recording: frames first .. last (half open), bounds in Hz, SNR in dB inside the bounds."""

    first: int
    last: int
    low_hz: float
    high_hz: float
    family: str
    snr_db: float


def stream(seed: int, *place: int) -> Rng:
    """The random stream of one place: independent of every other and of how many there are."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *place])))


def draw(settings: SynthSettings, seed: int, index: int) -> Facts:
    """The facts of recording `index`; depends on nothing but the three arguments."""
    rng = stream(seed, index)
    place = index % BLOCK
    kind = settings.classes[_dealt(settings, stream(seed, index // BLOCK, 2))[place]]
    rate = choose(rng, kind.rates)
    few, many = settings.families_per_recording
    families = dict(kind.families)
    chosen: list[str] = []
    for _ in range(min(int(rng.integers(few, many + 1)), sum(w > 0 for w in families.values()))):
        chosen.append(choose(rng, families))
        families.pop(chosen[-1])
    return Facts(
        index,
        rate,
        round(rng.uniform(*kind.seconds) * rate),
        choose(rng, settings.beds),
        tuple(chosen),
        round(rng.uniform(*settings.snr_db), 1),
        rng.uniform(*kind.density_per_s),
        choose(rng, settings.polyphony),
        place in _empty_places(settings, stream(seed, index // BLOCK, 3)),
    )


def compose(facts: Facts, settings: SynthSettings, seed: int) -> tuple[npt.NDArray[np.float64], list[Truth]]:
    """The sound of a recording as float64 (frames,) below PEAK, and its calls in order of their starts."""
    import numpy as np

    from chorus.synth.beds import BEDS

    rng = stream(seed, facts.index, 1)
    samples = BEDS[facts.bed](rng, facts.frames, facts.rate).astype(np.float64)
    samples += 10 ** (FLOOR_DB / 20) * rng.standard_normal(facts.frames)
    samples *= 10 ** (rng.uniform(-45, -30) / 20)
    bed = samples.copy()
    truths: list[Truth] = []
    if not facts.call_free:
        _place_calls(rng, facts, settings, bed, samples, truths)
    peak = float(np.max(np.abs(samples)))
    if peak > PEAK:
        samples *= PEAK / peak
    return samples, sorted(truths, key=lambda t: (t.first, t.last, t.low_hz))


def _place_calls(
    rng: Rng,
    facts: Facts,
    settings: SynthSettings,
    bed: npt.NDArray[np.float64],
    samples: npt.NDArray[np.float64],
    truths: list[Truth],
) -> None:
    """Add calls to `samples` at random times where the polyphony and the silent stretch allow them."""
    from chorus.synth.calls import FAMILIES

    quiet = _silence(rng, facts, settings)
    gap = round(settings.gap_s * facts.rate)
    open_frames = facts.frames - (quiet[1] - quiet[0])
    for _ in range(int(rng.poisson(facts.density_per_s * open_frames / facts.rate))):
        family = facts.families[int(rng.integers(len(facts.families)))]
        sound = FAMILIES[family](rng, facts.rate)
        room = facts.frames - len(sound.samples)
        for start in rng.integers(0, room, 8) if room > 0 else []:
            first, last = int(start) + sound.first, int(start) + sound.last
            busy = sum(t.first < last + gap and first < t.last + gap for t in truths)
            if busy < facts.polyphony and (last <= quiet[0] or first >= quiet[1]):
                snr_db = facts.snr_db + settings.snr_jitter_db * rng.standard_normal()
                gain = _gain(sound, bed, int(start), facts.rate, snr_db)
                samples[start : start + len(sound.samples)] += gain * sound.samples
                truths.append(Truth(first, last, sound.low_hz, sound.high_hz, family, snr_db))
                break


def _gain(sound: Sound, bed: npt.NDArray[np.float64], start: int, rate: int, snr_db: float) -> float:
    """Gain that puts a sound `snr_db` above the bed, both as mean squares inside its band over its truth."""
    from chorus.audio.level import band_power

    first, last = start + sound.first, start + sound.last
    pad = max(0, round(SPAN_S * rate) - (last - first)) // 2
    noise = band_power(bed[max(0, first - pad) : last + pad], rate, sound.low_hz, sound.high_hz)
    signal = band_power(sound.samples[sound.first : sound.last], rate, sound.low_hz, sound.high_hz, taper=False)
    return float((10 ** (snr_db / 10) * noise / signal) ** 0.5)


def _silence(rng: Rng, facts: Facts, settings: SynthSettings) -> tuple[int, int]:
    """Frames of the stretch without calls; (0, 0) when there is none."""
    if rng.uniform() >= settings.silent_probability:
        return 0, 0
    length = round(rng.uniform(*settings.silent_part) * facts.frames)
    first = int(rng.integers(0, facts.frames - length + 1))
    return first, first + length


def choose(rng: Rng, weights: Mapping[Choice, float]) -> Choice:
    """One key of `weights`, drawn in proportion."""
    import numpy as np

    names = list(weights)
    bounds = np.cumsum([weights[name] for name in names])
    return names[int(np.searchsorted(bounds, rng.uniform() * bounds[-1], side="right"))]


def _dealt(settings: SynthSettings, rng: Rng) -> list[str]:
    """Rate classes of one block of recordings: the stated shares, shuffled."""
    names = shares_dealt({name: kind.share for name, kind in settings.classes.items()}, BLOCK)
    return [names[int(k)] for k in rng.permutation(BLOCK)]


def _empty_places(settings: SynthSettings, rng: Rng) -> set[int]:
    return {int(k) for k in rng.permutation(BLOCK)[: round(settings.call_free_share * BLOCK)]}


def shares_dealt(shares: Mapping[str, float], count: int) -> list[str]:
    """`count` names, each next one the name that is furthest behind its share."""
    given = dict.fromkeys(shares, 0)
    whole = sum(shares.values())
    out: list[str] = []
    for k in range(1, count + 1):
        behind = {name: share / whole * k - given[name] for name, share in shares.items()}
        out.append(max(behind, key=lambda name: behind[name]))
        given[out[-1]] += 1
    return out
