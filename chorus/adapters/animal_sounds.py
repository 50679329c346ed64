"""Animal sounds (Kaggle): short clips of ten animals, one folder per class, folder names in Turkish or English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from chorus.adapters.base import Item, Release
from chorus.adapters.formats.clip import one_call
from chorus.adapters.formats.together import Together
from chorus.errors import ReadError, UsageError
from chorus.schemas import Environment, Layout, Role, Source
from chorus.schemas.vocabulary import SourceStrength

CARD = Source(
    id="animal_sounds",
    title="Animal Sounds dataset",
    citation="Kaggle maulanaakbardwijaya/animal-sounds-dataset; almost surely the clips of Sasmaz and Tek (2018), "
    "Animal"
    " Sound Classification Using a Convolutional Neural Network, UBMK 2018",
    version="Kaggle maulanaakbardwijaya/animal-sounds-dataset; read as in YashNita/Animal-Sound-Dataset "
    "574b5e2d9b071f142b464bb7b43d6a736ebb0dac",
    licence="LicenseRef-unknown",
    environment=Environment.mixed,
    taxa=["mammals", "birds", "frogs"],
    role=Role.training,
    strength=SourceStrength.weak,
    get="Kaggle dataset maulanaakbardwijaya/animal-sounds-dataset (needs an account), or git clone "
    "https://github.com/YashNita/Animal-Sound-Dataset; give the folder that holds the class folders as --root.",
    paper_calls=809,
    paper_hours=1,
    counts_as_call="origin_file NOT LIKE '%.WAV' AND quality <> 'MPEG_LAYER_III'",
    layout=Layout.reported,
    notes=[
        "875 clips, 1.005 h. Counted are the 809 (0.963 h) that an older reader and a glob of *.wav would find: 56 hold"
        " MP3 under the name .wav, 10 end in .WAV. That the authors lost them so is inferred; all 875 are rows.",
        "quality is the codec of the file (PCM_16, PCM_U8, MPEG_LAYER_III, ALAW), which the count needs.",
        "The label is the folder as it stands, Kedi-Part1 and Kedi-Part2 apart; both are the cat.",
        "Kaggle's own folder names, licence and size have not been seen: Turkish and English names are read, with or "
        "without diacritics and -Part1, -Part2.",
        "42 groups of files are equal byte for byte (830 contents in 875 files): use chorus duplicates before a split.",
        "A dozen sample rates from 8 to 48 kHz, 39 files in stereo, 0.22 to 40 s.",
        "Frog, bird and monkey resolve to order or class (Anura, Aves, Primates), the others to species.",
    ],
)

#: Class -> the name that the resolver looks up, by folder name without accents and part.
CLASSES = {
    "aslan": "lion", "esek": "donkey", "inek": "cow", "kedi": "cat", "kopek": "dog", "koyun": "sheep",
    "kurbaga": "frog", "kus": "bird", "maymun": "monkey", "tavuk": "chicken",
}  # fmt: skip
NAMES = {**CLASSES, **{name: name for name in CLASSES.values()}}


def class_of(folder: str) -> str | None:
    """'Köpek-Part2' -> 'dog'; None for a folder that is no class."""
    plain = unicodedata.normalize("NFKD", folder.replace("\u0131", "i")).encode("ascii", "ignore").decode()
    return NAMES.get(plain.casefold().partition("-part")[0].strip())


def units(release: Release) -> list[str]:
    found = [path for path in release.glob("*.wav") if class_of(folder_of(release, path))]
    if not found:
        shown = "', '".join(list(CLASSES)[:3])
        raise UsageError(f"animal_sounds: no class folder under {release.root}; looked for '{shown}', 'lion' and so on")
    return found


def folder_of(release: Release, path: str) -> str:
    """Name of the folder a file lies in, the root's own name included."""
    return path.rpartition("/")[0].rpartition("/")[2] or release.root.name


def read(release: Release, unit: str) -> Iterator[Item]:
    from chorus.audio import probe

    label = folder_of(release, unit)
    try:
        codec = probe(release.root / unit).subtype
    except ReadError:
        codec = None
    yield from one_call(release, unit, {}, {"label": label, "taxon_key": class_of(label), "quality": codec})


ADAPTER = Together(CARD, anchors=("*.wav",), units=units, read=read)
