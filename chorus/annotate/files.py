"""Which sound files to annotate, and where their tables go."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chorus.adapters.base import AUDIO_SUFFIXES, SYSTEM, unlisted
from chorus.errors import UsageError

#: Endings that are taken from a folder; a file that is named may have any.
SUFFIXES = frozenset(AUDIO_SUFFIXES)
ENDINGS = tuple(SUFFIXES)
#: In every output's name, so that nobody's own tables are overwritten.
MARK = ".chorus"


@dataclass(frozen=True)
class Job:
    """A recording, its table, and the stem of its pictures (a page number and .png are added)."""

    recording: Path
    table: Path
    picture: Path


def plan(paths: list[Path], out: Path | None, ending: str) -> list[Job]:
    """The recordings among `paths` and where their tables go, in order; each recording once, each table too.

    Raises UsageError for a path that does not exist, and when there is no recording at all.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            found |= {p: p.relative_to(path) for p in sorted(sounds_below(path)) if p not in found}
        elif path.exists():
            found.setdefault(path, Path(path.name))
        else:
            raise UsageError(f"{path}: no such file or folder")
    if not found:
        raise UsageError(
            f"no sound files under {', '.join(map(str, paths)) or 'nothing'} ({' '.join(sorted(SUFFIXES))})"
        )
    found = once(found)
    if out and len(set(found.values())) < len(found):  # of several folders: what they do not share tells them apart
        places = {recording: recording.absolute() for recording in found}
        above = os.path.commonpath([path.parent for path in places.values()])
        found = {recording: path.relative_to(above) for recording, path in places.items()}
    bases = {recording: (out / place if out else recording) for recording, place in found.items()}
    whole = [base.absolute() for base in bases.values()]
    taken = Counter([*whole, *(base.with_suffix("") for base in whole if base.suffix)])
    shared = [taken[base.with_suffix("")] > 1 for base in whole]
    return [job(recording, base, ending, some) for (recording, base), some in zip(bases.items(), shared, strict=True)]


def once(found: dict[Path, Path]) -> dict[Path, Path]:
    """Each recording by the first of its paths."""
    first: dict[Path, Path] = {}
    for recording in found:
        first.setdefault(recording.resolve(), recording)
    return {recording: found[recording] for recording in first.values()}


def sounds_below(root: Path) -> Iterator[Path]:
    """Sound files of a folder and those below it, but for names that begin with a dot (macOS leaves '._name.wav' files
    that are no sound) and what systems keep for themselves. Raises UsageError for a folder that cannot be listed."""

    def give_up(error: OSError) -> None:
        raise unlisted(error)

    for folder, below, files in os.walk(root, onerror=give_up):
        below[:] = [name for name in below if not name.startswith(".") and name not in SYSTEM]
        names = (name for name in files if not name.startswith(".") and name.lower().endswith(ENDINGS))
        yield from (path for path in (Path(folder, name) for name in names) if path.is_file())


def job(recording: Path, base: Path, ending: str, shared: bool) -> Job:
    """Output names beside `base`; with its ending in them where recordings share a stem ('a.wav', 'a.flac')."""
    stem = base.name if shared else base.with_suffix("").name
    return Job(recording, base.with_name(f"{stem}{MARK}{ending}"), base.with_name(f"{stem}{MARK}"))
