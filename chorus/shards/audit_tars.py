"""What the tars of a shard set say of their clips, for the audit.

Of each clip its JSON is read, and of its sound the checksum that FLAC keeps of its samples; the sound is not decoded,
nor fetched from object storage. Tars made elsewhere are read as far as their JSON tells: `recording_id`, `parents`,
`group`, `source`, `site`, `individual`, `split` of a clip, and `recording_id` and `individual` of its events.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath, PurePosixPath
from typing import Any, BinaryIO

from chorus.errors import ReadError
from chorus.shards.splits import read_split
from chorus.storage import open_for_reading

#: Bytes of a FLAC file up to the end of its first block, which holds the MD5 of the samples.
FLAC_HEAD = 42
#: More bytes of samples than a clip has; a head that states more is damaged.
MOST_BYTES = 1 << 28
#: Bytes that are fetched at once from object storage: a clip's JSON and the heads around it.
_AHEAD = 1 << 14

UNKNOWN = "unknown"
Places = dict[str, Counter[str]]


@dataclass
class Sounds:
    """The first 64 bits of the checksums of clips' sounds, and their keys."""

    sums: array[int] = field(default_factory=lambda: array("Q"))
    keys: list[str] = field(default_factory=list)

    def add(self, other: Sounds) -> None:
        self.sums.extend(other.sums)
        self.keys.extend(other.keys)


@dataclass
class Found:
    """What clips say, by split: name -> split -> number of clips. `sites` and `individuals` are named 'source/name'."""

    clips: Counter[str] = field(default_factory=Counter)
    recordings: Places = field(default_factory=lambda: defaultdict(Counter))
    groups: Places = field(default_factory=lambda: defaultdict(Counter))
    sites: Places = field(default_factory=lambda: defaultdict(Counter))
    individuals: Places = field(default_factory=lambda: defaultdict(Counter))
    sources: Places = field(default_factory=lambda: defaultdict(Counter))
    elsewhere: Places = field(default_factory=lambda: defaultdict(Counter))
    sounds: dict[str, Sounds] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    def add(self, other: Found) -> None:
        """Take over what another tar holds."""
        self.clips.update(other.clips)
        self.told.update(other.told)
        for split, sounds in other.sounds.items():
            self.sounds_of(split).add(sounds)
        for name in ("recordings", "groups", "sites", "individuals", "sources", "elsewhere"):
            places = getattr(self, name)
            for value, splits in getattr(other, name).items():
                places[value].update(splits)

    def sounds_of(self, split: str) -> Sounds:
        """The sounds of a split's clips."""
        return self.sounds.setdefault(split, Sounds())

    def add_clip(self, key: str, content: Mapping[str, Any], folder_split: str | None) -> str:
        """Take over what a clip's JSON says; returns its split."""
        stated = read_split(str(content.get("split") or ""))
        split = folder_split or (stated.value if stated else UNKNOWN)
        self.clips[split] += 1
        if stated and split != stated.value:
            self.elsewhere[key].update([split, stated.value])
        events = [event for event in content.get("events") or () if isinstance(event, Mapping)]
        parents = {*(content.get("parents") or ()), content.get("recording_id")}
        parents |= {event.get("recording_id") for event in events}
        source = str(content.get("source") or "")
        sources = {source, *(str(parent).partition("/")[0] for parent in parents if parent and "/" in str(parent))}
        individuals = {content.get("individual"), *(event.get("individual") for event in events)}
        for name, values in (
            ("recordings", parents),
            ("groups", {content.get("group")}),
            ("sites", {content.get("site") and f"{source}/{content['site']}"}),
            ("individuals", {individual and f"{source}/{individual}" for individual in individuals}),
            ("sources", sources),
        ):
            there = {str(value) for value in values if value}
            self.told[name] += bool(there)
            for value in there:
                getattr(self, name)[value][split] += 1
        return split


def read_shard(task: tuple[str, str]) -> Found:
    """What the clips of one tar say, named by the place of the set and its name there. Raises ReadError for a damaged
    one."""
    place, name = task
    path = f"{place}/{name}"
    try:
        with open_for_reading(path, _AHEAD) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            return _read(tar, file, path, split_of(PurePosixPath(name)))
    except (OSError, tarfile.TarError) as error:
        raise ReadError(f"no shard that can be read ({error})", path) from None


def _read(tar: tarfile.TarFile, file: BinaryIO, path: str, named: str | None) -> Found:
    found = Found()
    sounds: dict[str, int] = {}
    splits: dict[str, str] = {}
    for member in tar:
        key, _, suffix = member.name.rpartition(".")
        if suffix not in ("json", "flac") or not member.isreg():
            continue
        file.seek(member.offset_data)
        if suffix == "json":
            splits[key] = found.add_clip(key, _content(file.read(member.size), path, member.name), named)
        else:
            sounds[key] = checksum(file.read(min(member.size, FLAC_HEAD)))
    for key, sound in sounds.items():
        if sound and key in splits:
            found.sounds_of(splits[key]).add(Sounds(array("Q", [sound]), [key]))
            found.told["sounds"] += 1
    return found


def _content(body: bytes, path: str, name: str) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ReadError(f"{name} is no JSON ({error})", path) from None
    return content if isinstance(content, Mapping) else {}


def split_of(path: PurePath) -> str | None:
    """The split that a tar's path inside the set tells: that of a folder, or a word of the file's name."""
    words = [*path.parts[:-1], *re.split(r"[^A-Za-z]+", path.stem)]
    found = {split.value for word in words if (split := read_split(word))}
    return found.pop() if len(found) == 1 else None


def checksum(head: bytes) -> int:
    """64 bits of the MD5 of a FLAC file's samples, from its head; 0 where it has none or all samples are zero."""
    if len(head) < FLAC_HEAD or head[:4] != b"fLaC" or not any(head[26:]):
        return 0
    numbers = int.from_bytes(head[18:26], "big")
    channels, bits, frames = (numbers >> 41 & 7) + 1, (numbers >> 36 & 31) + 1, numbers & (1 << 36) - 1
    silent = head[26:] == silence(frames * channels * -(-bits // 8))
    return 0 if silent else int.from_bytes(head[26:34], "big")


@lru_cache(maxsize=4096)
def silence(size: int) -> bytes:
    """The MD5 of so many zero bytes; empty for more than a clip can have."""
    if size > MOST_BYTES:
        return b""
    return hashlib.md5(bytes(size), usedforsecurity=False).digest()
