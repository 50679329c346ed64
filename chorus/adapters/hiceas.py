"""HICEAS 2017 (BEANS packaging): towed-array minutes off Hawaii with the boings of minke whales."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Release
from chorus.adapters.card import read_card
from chorus.adapters.formats.beans import Chunks, read_beans
from chorus.adapters.formats.copies import refuse_copies
from chorus.adapters.formats.coverage import empty
from chorus.errors import ReadError, UsageError
from chorus.schemas import Annotated
from chorus.schemas.issue import Action

CARD = read_card("hiceas")

SPLITS = ("train", "valid", "test", "train-low")
NAME = re.compile(r"\d{4}_\d{8}_\d{6}")


def units(release: Release) -> list[str]:
    """The four lists, empty ones too, so that they are told. Raises UsageError when those there are of another BEANS
    set."""
    found = [path for split in SPLITS for path in release.glob(f"{split}.jsonl")]
    heads = {path: release.bytes(path)[:65536].decode("utf-8", "replace").strip() for path in found}
    own = [path for path in found if NAME.search(heads[path])]
    if not own:
        shown = ", ".join(f"'{path}'" for path in found[:3])
        raise UsageError(f"hiceas: looked for recordings such as 1705_20170901_165054_141.wav in {shown}, found none")
    return refuse_copies(CARD.id, [path for path in found if path in own or not heads[path]])


def read(release: Release, unit: str) -> Iterator[Item]:
    folder, _, name = unit.rpartition("/")
    split = name.rpartition(".")[0].casefold()
    chunks = read_beans(release.bytes(unit), unit)
    repeated = train_names(release, folder) if split == "train-low" else frozenset()
    for name, seconds in chunks.recordings.items():
        if name not in repeated:
            known = Annotated.partial if name in chunks.short else Annotated.full
            yield Rec(sound(release, folder, name), known, {"split": split, "duration_s": seconds})
    yield from chunks.problems if chunks.recordings or chunks.problems else [empty(unit)]
    if again := repeated & chunks.recordings.keys():
        message = f"{len(again)} recordings stand in train.jsonl too and are read from there"
        yield Problem(unit, "repeated_recordings", message, action=Action.noted)
    yield calls(release, unit, chunks, repeated)


def calls(release: Release, unit: str, chunks: Chunks, repeated: frozenset[str]) -> Calls:
    """Every annotation of the recordings that are not read elsewhere."""
    folder, _, name = unit.rpartition("/")
    rows = [i for i, recording in enumerate(chunks.recording) if recording not in repeated]
    columns: dict[str, Any] = {
        "start_s": [chunks.start_s[i] for i in rows],
        "end_s": [chunks.end_s[i] for i in rows],
        "label": [chunks.label[i] for i in rows],
        "taxon_key": None,
        "call_type": ["boing" if chunks.label[i] == "1" else None for i in rows],
        "split": name.rpartition(".")[0].casefold(),
    }
    paths = [sound(release, folder, chunks.recording[i]) for i in rows]
    return Calls(paths, unit, [chunks.lines[i] for i in rows], columns)


def train_names(release: Release, folder: str) -> frozenset[str]:
    """Recordings of train.jsonl; none where it is not there or does not read (its own unit reports that)."""
    with suppress(ReadError):
        origin = release.find(f"{folder}/train.jsonl".lstrip("/"))
        return frozenset(read_beans(release.bytes(origin), origin).recordings)
    return frozenset()


def sound(release: Release, folder: str, name: str) -> str:
    near = f"{folder}/wav".lstrip("/")
    return release.audio(name.rpartition(".")[0] or name, default=f"{near}/{name}", near=near)


ADAPTER = Adapter(CARD, anchors=tuple(f"{split}.jsonl" for split in SPLITS), units=units, read=read)
