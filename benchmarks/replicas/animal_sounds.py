"""Animal sounds: 875 clips in 13 folders, and no table: the folder is the label. The sounds are a few frames long.

Known, measured on the public copy: clips of each folder and of each class that an old reader finds (809 in all), 56
files of MP3 under the name .wav, 10 names in .WAV, codecs, channels, rates (they add up to 870; the one that is not
told and the five that are missing are 16 kHz here), 42 groups of equal files that leave 830 contents. Not known and
made up: which of a class are MP3 (its first), which ten are .WAV (five cats, five dogs; one of each is known), which
other files have which codec and rate, and which are equal, two groups aside.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import tiny_wav, write_text


class Class(NamedTuple):
    """A class: its folders and how many clips each holds, the stem of their names, how many are MP3."""

    folders: tuple[str, ...]
    clips: int
    stem: str
    mp3: int


CLASSES = (
    Class(("Aslan",), 45, "aslan", 3),
    Class(("Esek",), 25, "esek", 5),
    Class(("Inek",), 75, "inek", 14),
    Class(("Kedi-Part1", "Kedi-Part2"), 100, "cat", 3),
    Class(("Kopek-Part1", "Kopek-Part2"), 100, "dog", 23),
    Class(("Koyun",), 40, "koyun", 1),
    Class(("Kurbaga",), 35, "kurbaga", 3),
    Class(("Kus-Part1", "Kus-Part2"), 100, "Kus", 0),
    Class(("Maymun",), 25, "maymun", 3),
    Class(("Tavuk",), 30, "tavuk", 1),
)
UPPER = {*(f"cat_{n}" for n in range(178, 183)), *(f"dog_{n}" for n in range(196, 201))}
#: A clip -> the one it is equal to: two groups are known, pairs and triples of birds stand for the other forty.
EQUAL = {
    "esek_17": "esek_16", "esek_22": "esek_16", "maymun_8": "maymun_6",
    **{f"Kus_{n}": f"Kus_{n - 1}" for n in range(2, 77, 2)},
    "Kus_78": "Kus_77", "Kus_79": "Kus_77", "Kus_81": "Kus_80", "Kus_82": "Kus_80",
}  # fmt: skip
#: (format tag, bits) -> clips, MP3 aside; rate -> clips; channels -> clips. All MP3 are mono at 16 kHz here.
CODECS = {(1, 16): 581, (1, 8): 235, (6, 8): 3}
RATES = {
    16_000: 298 + 6, 44_100: 211, 11_025: 178, 22_050: 86, 8_000: 54, 48_000: 17, 11_127: 8, 24_000: 5, 22_000: 5,
    22_255: 4, 32_000: 2, 20_000: 1,
}  # fmt: skip
CHANNELS = {1: 836, 2: 39}
MP3 = 56


def write(root: Path, audio: bool = False) -> None:
    """All clips (they carry the labels, so `audio` makes no difference) and the README."""
    write_text(root / "README.md", "# Animal-Sound-Dataset\n")
    clips = [(folder, f"{one.stem}_{n}") for one in CLASSES for n, folder in places(one)]
    mp3 = {f"{one.stem}_{n + 1}" for one in CLASSES for n in range(one.mp3)}
    # equal clips have equal formats: those at the head of the list, which are all alike
    equal = {*EQUAL, *EQUAL.values()}
    others = sorted((stem for _, stem in clips if stem not in mp3), key=lambda stem: stem not in equal)
    chosen = dict(zip(others, formats(), strict=True))
    frames = {stem: place for place, (_, stem) in enumerate(clips, start=1)}
    for folder, stem in clips:
        path = root / folder / f"{stem}.{'WAV' if stem in UPPER else 'wav'}"
        if stem in mp3:
            write_mp3(path, 2 + frames[stem])
        else:
            (tag, bits), rate, channels = chosen[stem]
            tiny_wav(path, rate, frames[EQUAL.get(stem, stem)], channels, tag, bits)


def places(one: Class) -> list[tuple[int, str]]:
    """Number and folder of each clip of a class; numbers go on through its folders."""
    return [(i * one.clips + n + 1, folder) for i, folder in enumerate(one.folders) for n in range(one.clips)]


def formats() -> list[tuple[tuple[int, int], int, int]]:
    """Codec, rate and channels of the clips that are not MP3."""
    codecs = [codec for codec, clips in CODECS.items() for _ in range(clips)]
    rates = [rate for rate, clips in RATES.items() for _ in range(clips)][MP3:]
    channels = [number for number, clips in CHANNELS.items() for _ in range(clips)][MP3:]
    return list(zip(codecs, rates, channels, strict=True))


def write_mp3(path: Path, frames: int) -> None:
    """MP3 frames of silence (MPEG-2 layer III, mono, 16 kHz, 8 kbit/s) in a RIFF/WAVE container."""
    data = (b"\xff\xf3\x18\xc4" + bytes(32)) * frames
    layout = struct.pack("<HHIIHHHHIHHH", 0x55, 1, 16_000, 1_000, 1, 0, 12, 1, 2, 36, 1, 0)
    body = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(data)) + data
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def floor(root: Path) -> list[str]:
    """The names of the clips: there is nothing else to read."""
    return [f"SELECT * FROM glob('{root}/*/*.[wW][aA][vV]')"]
