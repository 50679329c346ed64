"""Which sound file an annotation is about: the one it names, else the one it is called after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from chorus.adapters.base import AUDIO_SUFFIXES, Release

#: What programs and people put behind the name of a sound: '.Table.1.selections', '.BirdNET', '_labels' ...
ENDINGS = re.compile(
    r"(?:[._-](?:table\.\d+|selections?(?:[._]table)?|birdnet|chorus|raven|audacity|labels?|annotations?|segments|not))+$",
    re.IGNORECASE,
)
Parts = tuple[str, ...]


def is_sound(path: str) -> bool:
    return path.lower().endswith(AUDIO_SUFFIXES)


def stems_of(path: str) -> list[str]:
    """What the sound of an annotation file may be called, the most literal first, without suffix.

    'a/Rec_1.Table.1.selections.txt' -> ['Rec_1.Table.1.selections', 'Rec_1']; 'x.wav.not.mat' -> ['x.wav.not', 'x']
    """
    whole = path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2]
    return list(dict.fromkeys((whole, without_suffix(ENDINGS.sub("", whole)))))


def without_suffix(name: str) -> str:
    """'x.wav' -> 'x'; names that do not end like a sound file stay as they are."""
    return name.rpartition(".")[0] if is_sound(name) else name


def own_sound(release: Release, unit: str) -> tuple[str, Sequence[str]]:
    """The sound that an annotation file is called after: (path, [] or the paths among which none is right).

    The path is that of a file of the release, or where the sound would lie if it were there.
    """
    stems = stems_of(unit)
    for stem in stems:
        if stem.casefold() in _index(release):
            return _nearest(release, unit, (stem,))
    return _beside(unit, stems[-1]), ()


def named_sound(release: Release, unit: str, name: str) -> tuple[str, Sequence[str]]:
    """The sound that a file names, by whatever path it had on its author's machine; returns what `own_sound` does."""
    parts = tuple(part for part in re.split(r"[\\/]+", name.strip()) if part not in ("", ".", ".."))
    if not parts:
        return own_sound(release, unit)
    return _nearest(release, unit, parts)


def _nearest(release: Release, unit: str, wanted: Parts) -> tuple[str, Sequence[str]]:
    """Of the sounds with that stem the one whose folders fit best: those that were named, then those of the unit."""
    stem = without_suffix(wanted[-1])
    found = _index(release).get(stem.casefold(), ())
    if not found:
        return _beside(unit, wanted[-1]), ()
    here = tuple(unit.split("/")[:-1])

    def fit(path: str) -> tuple[int, bool, int]:
        folders = tuple(path.split("/")[:-1])
        near = _shared(folders, here) + _shared(folders[::-1], here[::-1])
        return (_shared(folders[::-1], wanted[-2::-1]), folders == here, near)

    best = max(map(fit, found))
    fitting = [path for path in found if fit(path) == best]
    if len({path.rpartition("/")[0] for path in fitting}) > 1:
        return _beside(unit, wanted[-1]), fitting
    return min(fitting, key=lambda path: _rank(path, wanted[-1])), ()


def _rank(path: str, name: str) -> tuple[bool, int]:
    """The file of exactly that name first, then by suffix: a WAV goes before its MP3 copy."""
    suffixes = [suffix for suffix in AUDIO_SUFFIXES if path.lower().endswith(suffix)]
    return (path.rpartition("/")[2].casefold() != name.casefold(), AUDIO_SUFFIXES.index(suffixes[0]))


def _shared(a: Parts, b: Parts) -> int:
    """How many parts two paths share from their starts, case ignored."""
    count = 0
    for one, other in zip(a, b, strict=False):
        if one.casefold() != other.casefold():
            break
        count += 1
    return count


def _beside(unit: str, name: str) -> str:
    """Where a sound that is not there is said to lie: beside its annotation."""
    file = name if is_sound(name) else f"{name}.wav"
    return f"{unit.rpartition('/')[0]}/{file}".lstrip("/")


@lru_cache(maxsize=2)
def _index(release: Release) -> dict[str, list[str]]:
    """Sound files by their name without suffix, case ignored."""
    found: dict[str, list[str]] = {}
    for path in release.files:
        if is_sound(path):
            found.setdefault(without_suffix(path.rpartition("/")[2]).casefold(), []).append(path)
    return found
