"""DARPA TIMIT: 630 speakers of American English read ten sentences each; words and phones to the sample."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.coverage import coverage, empty
from chorus.adapters.formats.timit import Segments, read_timit
from chorus.schemas import Annotated, Kind

CARD = read_card("darpa_timit")

UTTERANCE = re.compile(
    r"(?:.*/)?(?:dr[1-8][/-])?([mf][a-z]{3}\d)/(s[aix]\d+)\.(phn|wrd|txt|wav|wav\.wav)", re.IGNORECASE
)
#: The part of the corpus: the folder above those of the dialects, which may be the root itself.
SPLIT = re.compile(r"(?:^|/)(train|test)/dr[1-8]/")
#: Which of an utterance's files stands for it: the first that is there.
ORDER = ("phn", "wrd", "txt", "wav", "wav.wav")


def units(release: Release) -> list[str]:
    best: dict[str, tuple[int, str]] = {}
    for path in release.files:
        if found := UTTERANCE.fullmatch(path):
            suffix = found[3]
            key, place = path[: -len(suffix)].casefold(), ORDER.index(suffix.casefold())
            best[key] = min(best.get(key, (place, path)), (place, path))
    return sorted(path for _, path in best.values())


def read(release: Release, unit: str) -> Iterator[Item]:
    found = UTTERANCE.fullmatch(unit)
    speaker = found[1].upper() if found else ""
    stem = unit[: -len(found[3]) - 1] if found else unit
    files = {suffix: sibling(release, stem, suffix) for suffix in ORDER}
    path = files["wav"] or files["wav.wav"] or f"{stem}{'.WAV' if stem.rpartition('/')[2].isupper() else '.wav'}"
    parts = {s: read_timit(release.bytes(f), f) for s in ORDER[:3] if (f := files[s])}
    split = SPLIT.search(f"{release.root.name}/{unit}".casefold())
    row = utterance({suffix: part for suffix, part in parts.items() if part.lines})
    problems = [problem for part in parts.values() for problem in part.problems]
    facts = {"individual": speaker, "split": split and split[1]}
    yield Rec(path, covered(row, problems), facts)
    yield from problems + [empty(str(files[s])) for s, part in parts.items() if not (part.lines or part.problems)]
    common = facts | {"sex": "male" if speaker.startswith("M") else "female"}
    common |= {"kind": Kind.human, "taxon_key": "Homo sapiens"}
    if row:
        origin, line, columns = row
        yield Calls(path, str(files[origin]), [line], columns | common)
    if words := parts.get("wrd"):
        times = {"start_s": words.start_s, "end_s": words.end_s, "label": words.label, "call_type": "word"}
        yield Calls(path, str(files["wrd"]), words.lines, times | common)


def sibling(release: Release, stem: str, suffix: str) -> str | None:
    """The utterance's file with a suffix in the case that this copy uses."""
    mixed = "WAV.wav" if suffix == "wav.wav" else suffix
    return next((p for s in (suffix.upper(), suffix, mixed) if (p := f"{stem}.{s}") in release.files), None)


def utterance(parts: dict[str, Segments]) -> tuple[str, int, dict[str, Any]] | None:
    """(which file the row stands in, its line, its columns); None when no transcription holds anything."""
    text, words, phones = parts.get("txt"), parts.get("wrd"), parts.get("phn")
    spoken = [i for i, phone in enumerate(phones.label) if phone != "h#"] if phones else []
    bounds = (phones, spoken[0], spoken[-1]) if phones and spoken else (words, 0, -1) if words else (text, 0, 0)
    source, first, last = bounds
    if source is None:
        return None
    label = text.label[0] if text else " ".join(words.label) if words else None
    columns: dict[str, Any] = {"start_s": [source.start_s[first]], "end_s": [source.end_s[last]]}
    columns |= {"label": [label], "call_type": "speech", "strength": "weak" if source is text else "strong"}
    origin = "txt" if text else "phn" if source is phones else "wrd"
    return origin, text.lines[0] if text else source.lines[first], columns


def covered(row: tuple[str, int, dict[str, Any]] | None, problems: list[Problem]) -> Annotated:
    """How much of an utterance's file is annotated: all of it where its bounds were marked."""
    if row is None:
        return Annotated.none
    return Annotated.weak if row[2]["strength"] == "weak" else coverage(problems)


ADAPTER = Adapter(
    CARD,
    anchors=tuple(
        f"{folders}s[aix]*.{suffix}"
        for folders in ("train/dr[1-8]/*/", "test/dr[1-8]/*/", "dr[1-8]/*/", "dr[1-8]-*/")
        for suffix in ("phn", "wrd", "txt")
    ),
    units=units,
    read=read,
)
