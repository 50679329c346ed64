"""Orcas (Earth Species Library): 4-second clips of one hydrophone recording, with or without a killer whale's call."""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release, without_suffix
from chorus.adapters.card import read_card
from chorus.adapters.formats.audacity import read_audacity
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("orca_sounds")

CLIP_S, NO_CALL = 4.0, "no_call"
#: Columns of the tables, which are all called annotations.csv.
CLIPS, OFFSETS = {"fn", "label"}, {"filename", "start", "end"}
#: Clips with a call, at least, that share a session.
BLOCK = 30
RAW = "OS_7_05_2019_08_24_00_"
TRUTH, ALL_LABELS = f"{RAW}labels-SV_200210_only_calls.txt", f"{RAW}labels.txt"
FACTS = {"site": "Orcasound Lab", "session": RAW.rstrip("_")}
START = {"recorded_at": dt.datetime(2019, 7, 5, 8, 24)}


def units(release: Release) -> list[str]:
    """The best packaging that is there; and tables that are none of it, so that they are told."""
    tables = release.glob("annotations.csv")
    clips, offsets = ([path for path in tables if names <= header(release, path)] for names in (CLIPS, OFFSETS))
    others = [path for path in tables if path not in clips + offsets]
    labels = [] if tables else release.glob(TRUTH) or release.glob(ALL_LABELS)
    return refuse_copies(CARD.id, clips or offsets or labels) + others


def header(release: Release, path: str) -> set[str]:
    first = release.bytes(path).partition(b"\n")[0].decode("utf-8-sig", "replace")
    return {name.strip() for name in first.split(",")}


def is_offsets(release: Release, path: str) -> bool:
    return header(release, path) >= OFFSETS


def read(release: Release, unit: str) -> Iterator[Item]:
    if unit.casefold().endswith(".txt") or is_offsets(release, unit):
        calls, problems = in_recording(release, unit)
        for path in dict.fromkeys(calls.recording if isinstance(calls.recording, list) else [calls.recording]):
            yield Rec(path, Annotated.partial, FACTS | START)
        yield from problems
        yield calls
        return
    table = read_table(release.bytes(unit), unit, ("fn", "label")).filled("fn")
    paths = [sound(release, unit, name) for name in table.text["fn"]]
    labels = table.column("label")
    marks = [(label or "").strip() for label in labels]
    heard = [i for i, mark in enumerate(marks) if mark not in ("", NO_CALL)]
    spans, problems = true_spans(release, unit, [table.text["fn"][i] for i in heard])
    covered = Annotated.partial if spans else Annotated.weak
    parts = blocks(table.text["fn"], marks, centres(release) if spans else [])
    for path, mark, part in zip(paths, marks, parts, strict=True):
        known = Annotated.partial if mark in ("", NO_CALL) else covered
        yield Rec(path, known, FACTS | {"session": f"{FACTS['session']} {part}"})
    yield from table.problems + problems
    for line, mark in zip(table.lines, marks, strict=True):
        if not mark:
            message = "says neither call nor no_call: no call is read"
            yield Problem(unit, "no_label", message, line, action=Action.noted)
    columns: dict[str, Any] = {"start_s": 0.0, "end_s": CLIP_S, "strength": "weak"}
    if spans:
        columns = {"start_s": [a for a, _ in spans], "end_s": [b for _, b in spans]}
    columns["label"] = [labels[i] for i in heard]
    yield Calls([paths[i] for i in heard], unit, [table.lines[i] for i in heard], columns)


def sound(release: Release, unit: str, name: str) -> str:
    """Where a sound that a table names lies."""
    return release.find(f"{unit.rpartition('/')[0]}/audio/{name}".lstrip("/"))


def in_recording(release: Release, unit: str) -> tuple[Calls, list[Problem]]:
    """The calls of the long recording, from the offsets or from the Audacity labels."""
    folder = unit.rpartition("/")[0]
    if unit.casefold().endswith(".txt"):
        track = read_audacity(release.bytes(unit), unit)
        path = release.audio(RAW, default=f"{folder}/{RAW}.wav".lstrip("/"))
        columns: dict[str, Any] = {"start_s": track.start_s, "end_s": track.end_s}
        columns |= {"low_hz": track.low_hz, "high_hz": track.high_hz, "label": track.label}
        columns["presence"] = ["uncertain" if label == "?" else "present" for label in track.label]
        return Calls(path, unit, track.lines, columns | {"taxon_key": "Orcinus orca"}), track.problems
    times = ("start", "end")
    table = read_table(release.bytes(unit), unit, ("filename", *times), numeric=times).filled("filename")
    paths = [sound(release, unit, name.rpartition("/")[2]) for name in table.text["filename"]]
    columns = {"start_s": table.numbers("start"), "end_s": table.numbers("end"), "taxon_key": "Orcinus orca"}
    return Calls(paths, unit, table.lines, columns), table.problems


def blocks(names: Sequence[str], labels: Sequence[str | None], middles: Sequence[float]) -> list[str]:
    """The block that each clip is in: neighbours are cut from the same sound, so only blocks may be told apart.

    Clips with calls are numbered in order of time: a block of them ends after BLOCK clips, and where `middles` tell
    when their calls were, not before the next clip begins after its own end. Without `middles` clips at its border may
    overlap; one block of all would be worse, as a split needs a group for each part and else goes clip by clip. Where
    the others lie is not known: they are one block.
    """
    block, starts = 0, [0]
    for i in range(1, len(middles)):
        if i - starts[-1] >= BLOCK and middles[i] - middles[i - 1] >= CLIP_S:
            starts.append(i)
    found = []
    for name, label in zip(names, labels, strict=True):
        number = int(stem) if (stem := without_suffix(name)).isdecimal() else 0
        block = bisect(starts, number) - 1 if middles else number // BLOCK
        found.append(NO_CALL if label == NO_CALL else f"{label} {block}")
    return found


def centres(release: Release) -> list[float]:
    """The middles of all calls in the long recording, in order, s; see `true_spans`."""
    tables = [path for path in release.glob("annotations.csv") if is_offsets(release, path)]
    origin = next(iter(tables + release.glob(TRUTH)))
    columns = in_recording(release, origin)[0].columns
    return [(a + b) / 2 for a, b in sorted(zip(columns["start_s"], columns["end_s"], strict=True))]


def true_spans(release: Release, unit: str, names: list[str]) -> tuple[list[tuple[float, float]], list[Problem]]:
    """Where in each clip its call lies, from the offsets or the Audacity labels; empty when neither tells.

    Clip i.wav is the i-th call by start, centred at 2 s. A list of another length is not that of these clips: noted.
    """
    tables = [path for path in release.glob("annotations.csv") if is_offsets(release, path)]
    origin = next(iter(tables + release.glob(TRUTH)), None)
    if origin is None:
        return [], []
    columns = in_recording(release, origin)[0].columns
    lengths = [end - start for start, end in sorted(zip(columns["start_s"], columns["end_s"], strict=True))]
    clips = [without_suffix(name) for name in names]
    if sorted(clips) != sorted(map(str, range(len(lengths)))):
        message = f"{len(names)} clips with a call, {len(lengths)} calls in {origin}: their times are not used"
        return [], [Problem(unit, "offsets_do_not_fit", message, action=Action.noted)]
    halves = [lengths[int(clip)] / 2 for clip in clips]
    return [(CLIP_S / 2 - half, CLIP_S / 2 + half) for half in halves], []


ADAPTER = Adapter(
    CARD,
    anchors=(
        "orcas_classification/annotations.csv",
        "orcas_offsets/annotations.csv",
        "annotations.csv",
        TRUTH,
        ALL_LABELS,
    ),
    units=units,
    read=read,
)
