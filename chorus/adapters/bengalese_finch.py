"""Bengalese Finch Song Repository: songs of four birds, every syllable marked; two flavours of the same songs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.clock import local_time
from chorus.adapters.formats.notmat import read_notmat
from chorus.adapters.formats.table import read_table
from chorus.schemas import Annotated

CARD = read_card("bengalese_finch")

#: label file suffix, sound file suffix; the first flavour goes before the second.
FLAVOURS = ((".cbin.not.mat", ".cbin"), (".wav.csv", ".wav"))
STEM = re.compile(r"(?P<bird>[^_]+)_(?:.+_)?(?P<day>\d{6})_(?P<time>\d{4})\.\d+")
CREATED = re.compile(r"^File created: \w+, (\w+ \d+, \d+, \d+:\d+:\d+)", re.MULTILINE)


def units(release: Release) -> list[str]:
    found: dict[str, str] = {}
    for suffix in [labels for labels, _ in FLAVOURS] + [sound for _, sound in FLAVOURS]:
        for path in release.glob(f"*{suffix}"):
            stem = path.rpartition("/")[2][: -len(suffix)]
            if STEM.fullmatch(stem):
                found.setdefault(stem, path)
    return sorted(found.values())


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    stem, labels, sound = split_name(name)
    song = STEM.fullmatch(stem)
    bird = song["bird"] if song else stem
    facts = {"individual": bird} | when(release, release.find(f"{folder}/{stem}.rec".lstrip("/")), song)
    if labels is None:
        yield Rec(unit, Annotated.none, facts)
        return
    own = release.find(f"{folder}/{stem}{sound}".lstrip("/"))
    path = own if own in release.files else release.audio(stem, default=own, near=folder)
    lines, columns, problems = syllables(release.bytes(unit), unit)
    if lines:
        facts["annotated_intervals"] = [{"start_s": min(columns["start_s"]), "end_s": max(columns["end_s"])}]
    yield Rec(path, Annotated.partial, facts)
    yield from problems
    columns |= {"individual": bird, "sex": "male", "life_stage": "adult", "channel": 1}
    columns["taxon_key"] = "Lonchura striata"
    columns["call_type"] = [f"{bird}:{label}" if label else None for label in columns["label"]]
    yield Calls(path, unit, lines, columns)


def split_name(name: str) -> tuple[str, str | None, str]:
    """A file name as (stem, label suffix or None for a sound file, sound suffix)."""
    for labels, sound in FLAVOURS:
        if name.casefold().endswith(labels):
            return name[: -len(labels)], labels, sound
    stem, _, suffix = name.rpartition(".")
    return stem, None, f".{suffix}"


def syllables(data: bytes, unit: str) -> tuple[list[int] | range, dict[str, Any], list[Problem]]:
    """Lines, times and labels of a song in either flavour."""
    if unit.casefold().endswith(".not.mat"):
        found = read_notmat(data, unit)
        return found.records, {"start_s": found.start_s, "end_s": found.end_s, "label": list(found.label)}, []
    table = read_table(data, unit, ("onset_s", "offset_s", "label"), numeric=("onset_s", "offset_s"))
    times = {"start_s": table.numbers("onset_s"), "end_s": table.numbers("offset_s")}
    return table.lines, times | {"label": table.column("label")}, table.problems


def when(release: Release, rec: str, song: re.Match[str] | None) -> dict[str, Any]:
    """Session (bird and day) and local time of a song, from its .rec where there is one, else from its name."""
    if not song:
        return {}
    day, month, year = (song["day"][i : i + 2] for i in (0, 2, 4))
    created = CREATED.search(release.bytes(rec).decode("latin-1")) if rec in release.files else None
    start = local_time(created[1], "%b %d, %Y, %H:%M:%S") if created else None
    start = start or local_time(song["day"] + song["time"], "%d%m%y%H%M")
    return {"session": f"{song['bird']}/{month}{day}{year}", "recorded_at": start}


ADAPTER = Adapter(
    CARD,
    anchors=tuple(
        f"{folders}*{suffix}"
        for folders in (
            "sober.repo1.*/*/*/",
            "*/[0-9][0-9][0-9][0-9][0-9][0-9]/",
            "[0-9][0-9][0-9][0-9][0-9][0-9]/",
            "",
        )
        for suffix, _ in FLAVOURS
    ),
    units=units,
    read=read,
)
