"""Which sound file an annotation is about: the one it names, else the one it is called after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from chorus.adapters.base import AUDIO_SUFFIXES, Release, fold

#: What programs and people put behind the name of a sound: '.Table.1.selections', '.BirdNET', '_labels' ...; and behind
#: that what systems put there where such a file is there already.
ENDINGS = re.compile(
    r"(?:[._-](?:table\.\d+|selections?(?:[._]table)?|birdnet|chorus|raven|audacity|labels?|annotations?|segments|not))+"
    r"(?: \(\d+\))?$",
    re.IGNORECASE,
)
Parts = tuple[str, ...]


def is_sound(path: str) -> bool:
    return path.lower().endswith(AUDIO_SUFFIXES)


def names_of(path: str) -> list[str]:
    """What the sound of an annotation file may be called, the most literal first; without suffix where the file's name
    holds none.

    'a/Rec_1.Table.1.selections.txt' -> ['Rec_1.Table.1.selections', 'Rec_1']; 'x.wav.not.mat' -> ['x.wav.not', 'x.wav']
    """
    whole = path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2]
    return list(dict.fromkeys((whole, ENDINGS.sub("", whole))))


def without_suffix(name: str) -> str:
    """'x.wav' -> 'x'; names that do not end like a sound file stay as they are."""
    return name.rpartition(".")[0] if is_sound(name) else name


def own_sound(release: Release, unit: str) -> tuple[str, Sequence[str]]:
    """The sound that an annotation file is called after: (path, [] or the paths among which none is right).

    The path is that of a file of the release, or where the sound would lie if it were there. A sound of another folder
    is not taken where the file's own folder has sounds, or where a file that lies nearer to it is called after it too:
    recorders at several sites give the same names.
    """
    names = names_of(unit)
    for name in names:
        stem = without_suffix(name)
        if fold(stem) in _index(release):
            path, rivals = _nearest(release, unit, (name,))
            if not rivals and _belongs_elsewhere(release, unit, path, stem):
                return _beside(unit, name), ()
            return path, rivals
    return _beside(unit, names[-1]), ()


def _belongs_elsewhere(release: Release, unit: str, path: str, stem: str) -> bool:
    here, there = unit.split("/")[:-1], path.split("/")[:-1]
    if _shared(here, there) in (len(here), len(there)):  # one lies in the other
        return False
    others = [other.split("/")[:-1] for other in _called(release).get(fold(stem), ()) if other != unit]
    return "/".join(here) in _folders(release) or any(_shared(o, there) > _shared(here, there) for o in others)


def named_sound(release: Release, unit: str, name: str) -> tuple[str, Sequence[str]]:
    """The sound that a file names, by whatever path it had on its author's machine; returns what `own_sound` does."""
    parts = parts_of(name)
    return _nearest(release, unit, parts) if parts else own_sound(release, unit)


def parts_of(name: str) -> Parts:
    """Folders and file of a written path, of whatever system."""
    return tuple(part for part in re.split(r"[\\/]+", name.strip()) if part not in ("", ".", ".."))


def is_same(name: str, other: str) -> bool:
    """Whether two written paths may be of one sound: one ends like the other."""
    a, b = parts_of(name)[::-1], parts_of(other)[::-1]
    return _shared(a, b) in (len(a), len(b))


def is_there(release: Release, name: str) -> bool:
    """Whether any sound is called so, with whatever suffix."""
    return any(fold(without_suffix(part)) in _index(release) for part in parts_of(name)[-1:])


def named_sounds(release: Release, unit: str, names: Iterable[str]) -> dict[str, tuple[str, Sequence[str]]]:
    """`named_sound` of several names of a file. Names that differ in their folders are different sounds: of those that
    lead to one path it belongs to the one whose folders fit it best, the others are not there."""
    found = {name: named_sound(release, unit, name) for name in names}
    claims: dict[str, list[str]] = {}
    for name, (path, _) in found.items():
        claims.setdefault(path, []).append(name)
    for path, rivals in claims.items():
        folders = {name: tuple(map(fold, parts_of(name)[-2::-1])) for name in rivals}
        if all(_shared(a, b) in (len(a), len(b)) for a in folders.values() for b in folders.values()):
            continue
        there = path.split("/")[-2::-1]
        best = max(_shared(own, there) for own in folders.values()) if path in release.files else 0
        for name, own in folders.items():
            if not best or _shared(own, there) < best:
                found[name] = (_beside(unit, "/".join(parts_of(name)).replace(":", "")), ())
    return found


def _nearest(release: Release, unit: str, wanted: Parts) -> tuple[str, Sequence[str]]:
    """Of the sounds with that stem the one whose folders fit best: those that were named, then those of the unit; of
    several the one of exactly that name."""
    stem = without_suffix(wanted[-1])
    found = _index(release).get(fold(stem), ())
    if not found:
        return _beside(unit, wanted[-1]), ()
    here = tuple(unit.split("/")[:-1])

    def fit(path: str) -> tuple[int, bool, int]:
        folders = tuple(path.split("/")[:-1])
        near = _shared(folders, here) + _shared(folders[::-1], here[::-1])
        return (_shared(folders[::-1], wanted[-2::-1]), folders == here, near)

    best = max(map(fit, found))
    fitting = [path for path in found if fit(path) == best]
    fitting = [path for path in fitting if _is_called(path, wanted[-1])] or fitting
    if len({path.rpartition("/")[0] for path in fitting}) > 1:
        return _beside(unit, wanted[-1]), fitting
    return min(fitting, key=lambda path: _rank(path, wanted[-1])), ()


def _rank(path: str, name: str) -> tuple[bool, int]:
    """The file of exactly that name first, then by suffix: a WAV goes before its MP3 copy."""
    suffixes = [suffix for suffix in AUDIO_SUFFIXES if path.lower().endswith(suffix)]
    return (not _is_called(path, name), AUDIO_SUFFIXES.index(suffixes[0]))


def _is_called(path: str, name: str) -> bool:
    return fold(path.rpartition("/")[2]) == fold(name)


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """How many parts two paths share from their starts, case ignored."""
    count = 0
    for one, other in zip(a, b, strict=False):
        if fold(one) != fold(other):
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
            found.setdefault(fold(without_suffix(path.rpartition("/")[2])), []).append(path)
    return found


@lru_cache(maxsize=2)
def _called(release: Release) -> dict[str, list[str]]:
    """Other files by what their sounds may be called, case ignored."""
    found: dict[str, list[str]] = {}
    for path in release.files:
        if not is_sound(path):
            for stem in dict.fromkeys(fold(without_suffix(name)) for name in names_of(path)):
                found.setdefault(stem, []).append(path)
    return found


@lru_cache(maxsize=2)
def _folders(release: Release) -> set[str]:
    """Folders that hold sounds."""
    return {path.rpartition("/")[0] for path in release.files if is_sound(path)}
