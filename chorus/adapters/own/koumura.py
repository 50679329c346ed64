"""Annotation.xml of BirdsongRecognition (Koumura & Okanoya): notes in samples, relative to their sequence.

Not crowsetta's birdsong-recognition-dataset: right, but gives no times where a sound is missing and fails on the whole
file for one bad note.
"""

from __future__ import annotations

from xml.etree import ElementTree

from chorus.adapters.base import Problem
from chorus.adapters.formats.mapping import Mapping
from chorus.adapters.own.marks import COMMON, OWN, Format, Marks, Sound
from chorus.errors import ReadError
from chorus.schemas.vocabulary import Annotated


def sniff(data: bytes, path: str) -> bool:
    return b"<Sequences" in data[:4096]


def read(data: bytes, path: str, mapping: Mapping) -> Marks:
    """Every note as a call; `lines` counts notes from 1. Sequences are annotated, nothing is known between them."""
    notes = _Notes(path)
    for number, sequence in enumerate(_sequences(data, path), start=1):
        notes.take(sequence, number)
    columns, rate = {"label": notes.label}, mapping.sample_rate
    return Marks(notes.lines, notes.start, notes.end, columns, notes.sound, notes.sounds, rate, notes.problems)


def _sequences(data: bytes, path: str) -> list[ElementTree.Element]:
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise ReadError(f"no XML that can be read: {error}", path, error.position[0]) from None
    if root.tag != "Sequences":
        raise ReadError(f"expected 'Sequences' of BirdsongRecognition, found '{root.tag}'", path)
    return root.findall("Sequence")


class _Notes:
    """Notes read so far, as columns; times in samples of the recording."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines: list[int] = []
        self.start: list[float | None] = []
        self.end: list[float | None] = []
        self.label: list[str | None] = []
        self.sound: list[str] = []
        self.sounds: dict[str, Sound] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def take(self, sequence: ElementTree.Element, number: int) -> None:
        """Take in one sequence and its notes; what has no place in time becomes a Problem."""
        name = (sequence.findtext("WaveFileName") or OWN).strip()
        notes = sequence.findall("Note")
        span = _span(sequence)
        if span is None:
            message = f"sequence {number} of {name or 'no sound'} has no position: its {len(notes)} notes are left out"
            self.problems.append(Problem(self.path, "not_a_number", message, self.count + 1))
            self.count += len(notes)
            return
        sound = self.sounds.setdefault(name, Sound(Annotated.partial))
        sound.stretches.append(span)
        for note in notes:
            self.count += 1
            self._note(note, name, span[0])

    def _note(self, note: ElementTree.Element, name: str, origin: float) -> None:
        span = _span(note)
        if span is None:
            raw = ElementTree.tostring(note, "unicode").strip()[:200]
            message = "position or length of a note is not a number"
            self.problems.append(Problem(self.path, "not_a_number", message, self.count, raw))
            return
        self.lines.append(self.count)
        self.start.append(origin + span[0])
        self.end.append(origin + span[1])
        self.label.append((note.findtext("Label") or "").strip() or None)
        self.sound.append(name)


def _span(element: ElementTree.Element) -> tuple[float, float] | None:
    """Position and position + length of a sequence or note; None where one is no number."""
    try:
        start, length = (float(element.findtext(name) or "") for name in ("Position", "Length"))
    except ValueError:
        return None
    return start, start + length


FORMAT = Format("koumura", "Koumura XML", ("*.xml",), sniff, read, (*COMMON, "sample_rate"))
