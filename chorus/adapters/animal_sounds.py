"""Animal sounds (Kaggle): short clips of ten animals, one folder per class, folder names in Turkish or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from chorus.adapters.base import Item, Problem, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clip import one_call
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.together import Together
from chorus.errors import ReadError, UsageError
from chorus.schemas.issue import Action

CARD = read_card("animal_sounds")

#: Class -> the name that the resolver looks up, by folder name without accents and part.
CLASSES = {
    "aslan": "lion", "esek": "donkey", "inek": "cow", "kedi": "cat", "kopek": "dog", "koyun": "sheep",
    "kurbaga": "frog", "kus": "bird", "maymun": "monkey", "tavuk": "chicken",
}  # fmt: skip
NAMES = {**CLASSES, **{name: name for name in CLASSES.values()}}
PART = re.compile(r"[ _-]+part[ _-]*\d*$")


def class_of(folder: str) -> str | None:
    """'Köpek-Part2' -> 'dog'; None for a folder that is no class."""
    plain = unicodedata.normalize("NFKD", folder.replace("\u0131", "i")).encode("ascii", "ignore").decode()
    return NAMES.get(PART.sub("", plain.casefold().strip()))


def units(release: Release) -> list[str]:
    """The sounds of all classes, then the first of each folder that is no class, so that it is told."""
    found = [path for path in release.glob("*.wav") if class_of(folder_of(release, path))]
    if not found:
        shown = "', '".join(list(CLASSES)[:3])
        raise UsageError(f"animal_sounds: no class folder under {release.root}; looked for '{shown}', 'lion' and so on")
    return refuse_copies(CARD.id, found, parts=2) + [sounds[0] for sounds in not_read(release).values()]


def not_read(release: Release) -> dict[str, list[str]]:
    """The sounds of each folder that is no class."""
    found: dict[str, list[str]] = {}
    for path in release.glob("*.wav"):
        if not class_of(folder_of(release, path)):
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def folder_of(release: Release, path: str) -> str:
    """Name of the folder a file lies in, the root's own name included."""
    return path.rpartition("/")[0].rpartition("/")[2] or release.root.name


def read(release: Release, unit: str) -> Iterator[Item]:
    from chorus.audio import probe

    label = folder_of(release, unit)
    if not class_of(label):
        sounds = not_read(release)[unit.rpartition("/")[0]]
        message = f"the folder '{label}' is no class that Chorus knows: its sounds ({len(sounds)}) are not read"
        yield Problem(unit, "folder_not_read", message, action=Action.noted)
        return
    try:
        codec = probe(release.root / unit).subtype
    except ReadError:
        codec = None
    yield from one_call(release, unit, {}, {"label": label, "taxon_key": class_of(label), "quality": codec})


ADAPTER = Together(CARD, anchors=("*.wav",), units=units, read=read)
