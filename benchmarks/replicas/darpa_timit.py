"""TIMIT as on Kaggle: 6,300 utterances of 630 speakers, three label files each.

Known (documentation of the corpus): 462 speakers in TRAIN and 168 in TEST, each reading 2 SA, 5 SX and 3 SI sentences;
330 SX and 1,386 SI texts in TRAIN, 120 and 504 in TEST, every SX text by seven speakers, every SI text once. Not known
here and made up: names, sex and region of the speakers (spread evenly), the sentences (ten words for all, three of them
overlapping by some samples in one utterance of a hundred), the numbers of those that TEST has, all times. Left out:
train_data.csv and test_data.csv, which list the files, and the documents.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks.replicas.common import tiny_wav, write_text


class Part(NamedTuple):
    """Speakers, and how many SX and SI texts they read, from which number on."""

    name: str
    speakers: int
    compact: int
    first_compact: int
    diverse: int
    first_diverse: int


PARTS = (Part("TRAIN", 462, 330, 3, 1386, 453), Part("TEST", 168, 120, 333, 504, 1839))
REGIONS = 8
WORDS = ("she", "had", "your", "dark", "suit", "in", "greasy", "wash", "water", "all")
PHONES = ("sh", "iy", "hv", "ae", "dcl", "d")
#: Samples of silence at the start, of a word, of a phone, and after the last word; the sound goes on a little longer.
SILENCE, WORD, PHONE, AFTER, TAIL = 9640, 4800, 800, 2840, 48
OVERLAP = 580


def write(root: Path, audio: bool = False) -> None:
    """Label files of all utterances; with `audio` both sounds of the first speaker's first two."""
    number = 0
    for part in PARTS:
        for speaker in range(part.speakers):
            folder = root / "data" / part.name / f"DR{speaker % REGIONS + 1}" / name(part, speaker)
            folder.mkdir(parents=True)
            for sentence in sentences(part, speaker):
                utterance(folder / sentence, number)
                number += 1
    for sentence in ("SA1", "SA2")[: 2 * audio]:
        for suffix in ("WAV", "WAV.wav"):
            tiny_wav(root / "data" / "TRAIN" / "DR1" / name(PARTS[0], 0) / f"{sentence}.{suffix}", 16_000)


def name(part: Part, speaker: int) -> str:
    """'MABA0': sex, three letters, a digit; no name is in both parts."""
    letters = "".join(chr(65 + speaker // 26**place % 26) for place in (2, 1, 0))
    return f"{'MF'[speaker // REGIONS % 2]}{letters}{'01'[part.name == 'TEST']}"


def sentences(part: Part, speaker: int) -> list[str]:
    """The ten sentences of a speaker: 2 that all read, 5 that seven read, 3 that nobody else reads."""
    compact = [f"SX{part.first_compact + (5 * speaker + i) % part.compact}" for i in range(5)]
    diverse = [f"SI{part.first_diverse + 3 * speaker + i}" for i in range(3)]
    return ["SA1", "SA2", *compact, *diverse]


def utterance(stem: Path, number: int) -> None:
    """Words one after the other, each of six phones, between silences. Some words begin before the one above ends."""
    early = OVERLAP if number % 100 == 0 else 0
    starts = [SILENCE + i * WORD for i in range(len(WORDS))]
    end = starts[-1] + WORD
    words = [
        f"{start - early * (i % 3 == 1)} {start + WORD} {word}\n"
        for i, (start, word) in enumerate(zip(starts, WORDS, strict=True))
    ]
    phones = [
        f"{start + i * PHONE} {start + (i + 1) * PHONE} {phone}\n" for start in starts for i, phone in enumerate(PHONES)
    ]
    write_text(stem.with_suffix(".WRD"), "".join(words))
    write_text(stem.with_suffix(".PHN"), f"0 {SILENCE} h#\n{''.join(phones)}{end} {end + AFTER} h#\n")
    write_text(stem.with_suffix(".TXT"), f"0 {end + AFTER + TAIL} {' '.join(WORDS).capitalize()}.\n")


def floor(root: Path) -> list[str]:
    """Words and phones as tables, texts as whole files: a text holds the blank that parts the others' fields."""
    columns = "{'first': 'BIGINT', 'last': 'BIGINT', 'label': 'VARCHAR'}"
    read = "SELECT * FROM read_csv('{}/data/*/*/*/*.{}', delim=' ', header=false, columns={}, filename=true)"
    texts = f"SELECT filename, string_split(content, ' ') AS parts FROM read_text('{root}/data/*/*/*/*.TXT')"
    return [read.format(root, suffix, columns) for suffix in ("WRD", "PHN")] + [texts]
