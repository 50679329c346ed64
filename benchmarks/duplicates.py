"""Copies among real recordings: which does Chorus find, which does it take for copies that are none, and what would a
comparison of bytes alone have found.

`python -m benchmarks duplicates` reads the folder that $CHORUS_REAL_FILES names (default: ../shared/real beside the
project): songs of two finches, calls of orcas, clips of ESC-50, rain, speech, mice and bats. Each is copied in every
way of `KINDS`; originals and copies are compared all with all. A found pair is right when both come from one original.
Two originals that are found to be alike are checked by their waveforms: a correlation of `SAME_WAVE` or more at one lag
means that one was made from the other.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.real_files import real_files
from chorus.audio import probe, read, resample
from chorus.audio.fingerprint import BANDS, Fingerprint, of_file
from chorus.audio.matching import matches

Floats = npt.NDArray[np.float32]
SAME_WAVE = 0.5
#: Length of the recording that is joined from others so that cuts can be made out of a long one, seconds.
LONG_S = 600.0
#: The highest rate of a Vorbis file that libsndfile writes, Hz.
VORBIS_MOST_HZ = 192_000


@dataclass(frozen=True)
class Sound:
    """A file, the original that its sound comes from, and how it was copied from that ('original' where it was not)."""

    path: Path
    origin: str
    kind: str


def trimmed(samples: Floats, rate: int) -> Floats:
    """Without the first second, or the first third of what is shorter than three."""
    return samples[min(rate, len(samples) // 3) :]


def put(path: Path, samples: Floats, rate: int, **how: Any) -> None:
    """Write in blocks: libsndfile cannot write long Vorbis in one."""
    with soundfile.SoundFile(path, "w", rate, samples[:1].size, **how) as file:
        for first in range(0, len(samples), rate):
            file.write(samples[first : first + rate])


def beside_another(samples: Floats, rate: int) -> Floats:
    """One channel of two; the other holds the same kind of sound at the same level: the samples backwards."""
    return np.stack([samples[::-1], samples], axis=1)


def reversed_too(samples: Floats, rate: int) -> Floats:
    """Two channels that cancel each other."""
    return np.stack([samples, -samples], axis=1)


def _wav(change: Callable[[Floats, int], Floats], rate_of: Callable[[int], int] = lambda rate: rate) -> Any:
    def write(path: Path, samples: Floats, rate: int) -> None:
        put(path.with_suffix(".wav"), change(samples, rate), rate_of(rate), subtype="PCM_16")

    return write


def _vorbis(path: Path, samples: Floats, rate: int) -> None:
    put(path.with_suffix(".ogg"), samples, rate, subtype="VORBIS", compression_level=0.5)


def _worst(path: Path, samples: Floats, rate: int) -> None:
    """Everything at once."""
    low = max(8_000, rate // 2)
    _vorbis(path, trimmed(resample(samples, rate, low), low) * np.float32(0.5), low)


def _mp3(path: Path, samples: Floats, rate: int) -> None:
    sound = resample(samples, rate, 44_100)
    put(path.with_suffix(".mp3"), sound, 44_100, subtype="MPEG_LAYER_III", compression_level=0.9)


#: How a copy is written.
KINDS: dict[str, Callable[[Path, Floats, int], None]] = {
    "FLAC": lambda path, samples, rate: put(path.with_suffix(".flac"), samples, rate, subtype="PCM_16"),
    "half the rate": _wav(lambda samples, rate: resample(samples, rate, rate // 2), lambda rate: rate // 2),
    "48 kHz": _wav(lambda samples, rate: resample(samples, rate, 48_000), lambda rate: 48_000),
    "gain -6 dB": _wav(lambda samples, rate: samples * np.float32(10 ** (-6 / 20))),
    "trimmed by 1 s": _wav(trimmed),
    "one channel of two": _wav(beside_another),
    "right = -left": _wav(reversed_too),
    "Vorbis": _vorbis,
    "MP3, low quality": _mp3,
    "half rate, -6 dB, trimmed, Vorbis": _worst,
}
LOSSY = ("Vorbis", "MP3, low quality", "half rate, -6 dB, trimmed, Vorbis")


def originals(folder: Path) -> Iterator[Path]:
    """Every sound file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".wav", ".flac", ".cbin"):
            yield path


def copies(folder: Path, out: Path) -> Iterator[Sound]:
    """The originals, equal copies of them, and copies in every kind."""
    for number, path in enumerate(originals(folder)):
        name = path.relative_to(folder).as_posix()
        yield Sound(path, name, "original")
        if path.suffix != ".cbin":
            same = out / f"{number}-same{path.suffix}"
            shutil.copyfile(path, same)
            yield Sound(same, name, "equal file")
        samples, rate = read(path, channel=1)
        for k, (kind, write) in enumerate(KINDS.items()):
            if kind in LOSSY and not 8_000 <= rate <= VORBIS_MOST_HZ:
                continue
            write(out / f"{number}-{k}", samples, rate)
            (written,) = out.glob(f"{number}-{k}.*")
            yield Sound(written, name, kind)


def cuts(folder: Path, out: Path) -> Iterator[Sound]:
    """Finch songs joined to one long recording, as Vorbis, and every fourth of them, trimmed, as WAV."""
    pieces = [read(path, channel=1) for path in originals(folder / "bengalese_finch_koumura")]
    rate = pieces[0][1]
    whole = np.concatenate([samples for samples, _ in pieces] * 2)[: round(LONG_S * rate)]
    put(out / "long.ogg", whole, rate, subtype="VORBIS", compression_level=0.5)
    yield Sound(out / "long.ogg", "long", "original")
    for number, (samples, _) in enumerate(pieces[::4]):
        put(out / f"cut-{number}.wav", trimmed(samples, rate), rate, subtype="PCM_16")
        yield Sound(out / f"cut-{number}.wav", "long", "cut of a 10 min Vorbis file")


def pairs_by_sound(sounds: list[Sound]) -> tuple[dict[tuple[int, int], float], str]:
    """Pairs that Chorus finds by sound with their similarity, and a line on how fast."""
    started, wholes, seconds = time.perf_counter(), [], 0.0
    single: list[tuple[int, Fingerprint]] = []
    for number, sound in enumerate(sounds):
        found = probe(sound.path)
        seconds += found.duration_s
        whole, *channels = of_file(sound.path, found.sample_rate, found.duration_s)
        wholes.append(whole)
        single += [(number, channel) for channel in channels if channel]
    heard = time.perf_counter()
    prints = [*wholes, *(channel for _, channel in single)]
    pairs: dict[tuple[int, int], float] = {}
    for band in BANDS:
        for match in matches(band, len(wholes), _tracks(prints, band.name), [number for number, _ in single]):
            pair = (match.first, match.second)
            pairs[pair] = max(match.similarity, pairs.get(pair, 0.0))
    spent = time.perf_counter() - heard
    speed = (
        f"{len(sounds):,} files, {seconds / 3600:.1f} h: fingerprints {seconds / (heard - started):,.0f} x real time"
    )
    return pairs, f"{speed} on one core; all compared with all in {spent:.1f} s"


def _tracks(prints: list[Fingerprint], band: str) -> Callable[[int], Any]:
    return lambda number: prints[number].get(band, [])


def pairs_by_bytes(sounds: list[Sound]) -> set[tuple[int, int]]:
    """Pairs of equal files."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, sound in enumerate(sounds):
        numbers[hashlib.sha256(sound.path.read_bytes()).hexdigest()].append(number)
    return {(a, b) for same in numbers.values() for a in same for b in same if a < b}


def same_wave(one: Path, other: Path) -> float:
    """The greatest correlation of two waveforms over all lags, sign aside."""
    from scipy.signal import fftconvolve

    (a, rate), (b, rate_b) = (read(path, channel=1) for path in (one, other))
    b = resample(b, rate_b, rate)
    return float(np.abs(fftconvolve(a, b[::-1])).max() / np.sqrt(np.sum(a**2) * np.sum(b**2)))


def main() -> list[str]:
    """Measure; returns the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        sounds = [*copies(real_files(), out), *cuts(real_files(), out)]
        found, speed = pairs_by_sound(sounds)
        equal = pairs_by_bytes(sounds)
        return [speed, *_recall(sounds, found, equal), *_precision(sounds, found)]


def _recall(sounds: list[Sound], found: dict[tuple[int, int], float], equal: set[tuple[int, int]]) -> list[str]:
    """For each kind the share of copies that are found to be like their original."""
    first = {sound.origin: number for number, sound in reversed(list(enumerate(sounds)))}
    asked, by_sound, by_bytes = Counter[str](), Counter[str](), Counter[str]()
    least: dict[str, float] = {}
    for number, sound in enumerate(sounds):
        pair = (first[sound.origin], number)
        if sound.kind == "original":
            continue
        asked[sound.kind] += 1
        by_bytes[sound.kind] += pair in equal
        by_sound[sound.kind] += pair in found
        if pair in found:
            least[sound.kind] = min(found[pair], least.get(sound.kind, 1.0))
    lines = [f"{'copied as':<36}{'n':>5}{'by bytes':>10}{'by sound':>10}{'least similarity':>18}"]
    for kind, n in asked.items():
        similarity = f"{least[kind]:.2f}" if kind in least else ""
        lines.append(f"{kind:<36}{n:>5}{by_bytes[kind] / n:>10.3f}{by_sound[kind] / n:>10.3f}{similarity:>18}")
    n = asked.total()
    return [*lines, f"{'all':<36}{n:>5}{by_bytes.total() / n:>10.3f}{by_sound.total() / n:>10.3f}"]


def _precision(sounds: list[Sound], found: dict[tuple[int, int], float]) -> list[str]:
    """The share of found pairs that come from one original, or whose originals do."""
    wrong: dict[tuple[str, str], list[float]] = defaultdict(list)
    joined = {"long"}
    for (a, b), similarity in found.items():
        origins = sorted({sounds[a].origin, sounds[b].origin})
        if len(origins) == 2 and not joined & set(origins):
            wrong[origins[0], origins[1]].append(similarity)
    path = {sound.origin: sound.path for sound in sounds if sound.kind == "original"}
    lines, mistakes = [], 0
    for (one, other), similarities in sorted(wrong.items()):
        wave = same_wave(path[one], path[other])
        mistakes += 0 if wave >= SAME_WAVE else len(similarities)
        verdict = "one made from the other" if wave >= SAME_WAVE else "NOT THE SAME"
        lines.append(
            f"two originals alike: {one}, {other}: similarity up to {max(similarities):.2f}, "
            f"correlation of the waveforms {wave:.2f}: {verdict}"
        )
    right = len(found) - mistakes
    originals_n = len(path) - 1
    return [
        *lines,
        f"precision: {right:,} of {len(found):,} found pairs are right ({right / max(len(found), 1):.4f}); "
        f"{originals_n * (originals_n - 1) // 2:,} pairs of originals were compared",
    ]
