"""Is anything of the training part in the other parts? `chorus shard --audit` reads what the tars themselves say.

Of each clip its JSON is read, and of its sound the checksum that FLAC keeps of its samples; the sound is not decoded.
What is known of recordings (site, individuals, copies) comes from recordings.parquet and the lake's duplicates, where
they are there. Tars made elsewhere are audited as far as their JSON tells: `recording_id`, `parents`, `group`,
`source`, `site`, `individual`, `split` of a clip, and `recording_id` and `individual` of its events.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from chorus.errors import ReadError, UsageError
from chorus.lake import Lake
from chorus.lake.clusters import clusters_of
from chorus.lake.duplicates import known_clusters
from chorus.schemas.vocabulary import Role, Split
from chorus.shards.manifest import MANIFEST, RECORDINGS, read_json
from chorus.shards.splits import read_split
from chorus.shards.tables import duplicates_notes

#: Offenders of a check that the table shows.
SHOWN = 10
#: Bytes of a FLAC file up to the end of its first block, which holds the MD5 of the samples.
FLAC_HEAD = 42
#: More bytes of samples than a clip has; a head that states more is damaged.
MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Offender:
    """Something that is in several splits (or in training, where it must not be): clips by split. `allowed` says why
    that is no leak."""

    what: str
    clips: dict[str, int]
    allowed: str | None = None

    def line(self) -> str:
        clips = ", ".join(f"{split} {count:,}" for split, count in self.clips.items())
        return f"{self.what}: {clips}" + (f" ({self.allowed})" if self.allowed else "")


@dataclass(frozen=True)
class Check:
    """One kind of leak. `known` of `of` recordings (or clips) tell what is compared."""

    name: str
    offenders: list[Offender]
    known: int
    of: int
    unit: str = "recordings"

    @property
    def leaks(self) -> int:
        return sum(offender.allowed is None for offender in self.offenders)


@dataclass(frozen=True)
class Audit:
    """What was found in a folder of shards."""

    folder: Path
    clips: dict[str, int]
    shards: int
    checks: list[Check]
    notes: list[str] = field(default_factory=list)

    @property
    def leaks(self) -> int:
        return sum(check.leaks for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        checks = [asdict(check) | {"leaks": check.leaks} for check in self.checks]
        return asdict(self) | {"folder": str(self.folder), "leaks": self.leaks, "checks": checks}

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), indent=1)

    def table(self) -> str:
        """A line for each check with its offenders below it, leaks first, then the verdict."""
        lines = [f"{'shared between splits':<42}{'leaks':>7}{'allowed':>9}   known for"]
        for check in self.checks:
            allowed = len(check.offenders) - check.leaks
            known = f"{check.known:,} of {check.of:,} {check.unit}"
            lines.append(f"{check.name:<42}{check.leaks:>7,}{allowed:>9,}   {known}")
            ordered = sorted(check.offenders, key=lambda offender: offender.allowed is not None)
            lines += [f"  {offender.line()}" for offender in ordered[:SHOWN]]
            if len(ordered) > SHOWN:
                lines.append(f"  {len(ordered) - SHOWN:,} more (--json lists all)")
        lines += [f"note: {note}" for note in self.notes]
        clips = ", ".join(f"{split} {count:,}" for split, count in self.clips.items())
        verdict = f"{self.leaks:,} leaks" if self.leaks else "no leak"
        return "\n".join([*lines, f"{self.folder}: {verdict} in {self.shards:,} shards; clips: {clips}"])


def audit(folder: Path, lake: Lake | None = None, *, jobs: int = 1, quiet: bool = False) -> Audit:
    """Compare the splits of a shard set. `lake` adds what it knows of copies and held-out sources.

    Raises UsageError when the folder holds no shards or nothing tells their splits, ReadError for a damaged tar.
    """
    from chorus.parallel import run
    from chorus.progress import Progress

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    tars = sorted(folder.rglob("*.tar"))
    if not tars:
        raise UsageError(f"{folder}: holds no shards (*.tar)")
    found = Found()
    with Progress("audit", len(tars), "shards", quiet) as progress:
        for _, tar in run(read_shard, [(path, folder) for path in tars], jobs):
            found.add(tar)
            progress.advance()
    if set(found.clips) <= {UNKNOWN}:
        raise UsageError(f"{folder}: neither the clips nor the names of files and folders tell a split")
    known = _Known.of(folder, lake)
    return Audit(
        folder, dict(sorted(found.clips.items())), len(tars), list(_checks(found, known)), _notes(folder, found)
    )


# What the tars say ----------------------------------------------------------------------------------------------------

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


def read_shard(task: tuple[Path, Path]) -> Found:
    """What the clips of one tar say. Raises ReadError for a damaged one."""
    path, folder = task
    found = Found()
    sounds: dict[str, int] = {}
    splits: dict[str, str] = {}
    named = split_of(path.relative_to(folder))
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                key, _, suffix = member.name.rpartition(".")
                body = tar.extractfile(member) if suffix in ("json", "flac") else None
                if body is not None and suffix == "json":
                    splits[key] = found.add_clip(key, _content(body, path, member.name), named)
                elif body is not None:
                    sounds[key] = checksum(body)
    except (OSError, tarfile.TarError) as error:
        raise ReadError(f"no shard that can be read ({error})", str(path)) from None
    for key, sound in sounds.items():
        if sound and key in splits:
            found.sounds_of(splits[key]).add(Sounds(array("Q", [sound]), [key]))
            found.told["sounds"] += 1
    return found


def _content(body: IO[bytes], path: Path, name: str) -> Mapping[str, Any]:
    try:
        content = json.loads(body.read())
    except ValueError as error:
        raise ReadError(f"{name} is no JSON ({error})", str(path)) from None
    return content if isinstance(content, Mapping) else {}


def split_of(path: Path) -> str | None:
    """The split that a tar's path inside the set tells: that of a folder, or a word of the file's name."""
    words = [*path.parts[:-1], *re.split(r"[^A-Za-z]+", path.stem)]
    found = {split.value for word in words if (split := read_split(word))}
    return found.pop() if len(found) == 1 else None


def checksum(sound: IO[bytes]) -> int:
    """64 bits of the MD5 of a FLAC file's samples, from its head; 0 where it has none or all samples are zero."""
    head = sound.read(FLAC_HEAD)
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


# What is known beside them --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    """Facts of recordings, by id; the cluster of copies of each that has one, and whether all were looked for; held-out
    sources, and whether they may be in the set."""

    recordings: dict[str, dict[str, Any]]
    copies: dict[str, str]
    looked: bool
    held_out: set[str]
    may_be_there: bool

    @classmethod
    def of(cls, folder: Path, lake: Lake | None) -> _Known:
        from chorus import adapters

        recordings = _recordings(folder / RECORDINGS)
        manifest = read_json(folder / MANIFEST) if (folder / MANIFEST).exists() else {}
        settings, looked = manifest.get("settings", {}), bool(manifest.get("copies_looked_for"))
        pairs = [(name, row["duplicates"]) for name, row in recordings.items() if row["duplicates"]]
        held_out = {name for name in adapters.ids() if adapters.get(name).card.role is Role.held_out}
        held_out |= set(settings.get("hold_out", ()))
        if lake is not None and lake.layout.sources():
            pairs += known_clusters(lake).items()
            looked |= not duplicates_notes(lake)
            rows = lake.query("SELECT id FROM sources WHERE role = 'held_out'").rows()
            held_out |= {row["id"] for row in rows}
        return cls(recordings, clusters_of(pairs), looked, held_out, bool(settings.get("include_held_out")))

    def of_copies(self, names: list[str]) -> int:
        """Of how many recordings it is known whether they have copies."""
        return len(names) if self.looked else sum(name in self.copies for name in names)


def _recordings(path: Path) -> dict[str, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.exists():
        return {}
    try:
        return {row["recording_id"]: row for row in pq.read_table(path).to_pylist()}
    except (OSError, pa.ArrowException, KeyError) as error:
        raise ReadError(f"no table of recordings that can be read ({error})", str(path)) from None


def _notes(folder: Path, found: Found) -> list[str]:
    notes = []
    if (folder / MANIFEST).exists():
        splits = read_json(folder / MANIFEST).get("splits", {})
        missing = [s["file"] for split in splits.values() for s in split["shards"] if not (folder / s["file"]).exists()]
        if missing:
            notes.append(f"{len(missing):,} shards that the manifest names are not there, {missing[0]} the first")
    else:
        notes.append(f"no {MANIFEST}: shards made elsewhere, or not finished")
    if found.clips[UNKNOWN]:
        notes.append(f"{found.clips[UNKNOWN]:,} clips whose split nothing tells are not compared")
    return notes


# Checks ---------------------------------------------------------------------------------------------------------------


def _checks(found: Found, known: _Known) -> Iterator[Check]:
    clips, names = sum(found.clips.values()), list(found.recordings)
    yield Check("recordings", _shared(found.recordings), found.told["recordings"], clips, "clips")
    yield Check("groups of recordings", _shared(found.groups), found.told["groups"], clips, "clips")
    for name, stated, told in (
        ("individuals", found.individuals, "individuals"),
        ("sites", found.sites, "site"),
    ):
        where = _by_fact(found.recordings, known, told)
        yield Check(name, _excused(_shared(where or stated), known, told), *_count(where, stated, found, known, told))
    copies = _gathered(found.recordings, known.copies)
    yield Check("copies of one recording", _shared(copies), known.of_copies(names), len(names))
    yield Check("identical sound", _same_sounds(found.sounds), found.told["sounds"], clips, "clips")
    yield Check("clips in another split than they state", _shared(found.elsewhere), clips, clips, "clips")
    yield from _held_out(found, known)


def _held_out(found: Found, known: _Known) -> Iterator[Check]:
    reason = "asked for by --include-held-out" if known.may_be_there else None
    train = Split.train.value
    sources = [source for source in sorted(known.held_out & found.sources.keys()) if found.sources[source][train]]
    there = [Offender(source, {train: found.sources[source][train]}, reason) for source in sources]
    yield Check("held-out sources in training", there, len(found.sources), len(found.sources), "sources")
    clusters = {known.copies[name] for name in known.copies if name.partition("/")[0] in known.held_out}
    copies = [
        Offender(name, {train: splits[train]}, reason)
        for name, splits in sorted(found.recordings.items())
        if splits[train] and known.copies.get(name) in clusters
    ]
    names = list(found.recordings)
    yield Check("copies of held-out recordings in training", copies, known.of_copies(names), len(names))


def _shared(places: Mapping[str, Counter[str]]) -> list[Offender]:
    """What is in more than one split."""
    order = [split.value for split in Split]
    offenders = []
    for name, splits in sorted(places.items()):
        there = {split: splits[split] for split in order if splits[split]}
        if len(there) > 1:
            offenders.append(Offender(name, there))
    return offenders


def _same_sounds(sounds: Mapping[str, Sounds]) -> list[Offender]:
    """Sounds that are in more than one split, each named after the first clip that has it."""
    import numpy as np

    places: Places = defaultdict(Counter)
    there = [np.unique(np.frombuffer(of.sums, np.uint64)) for split, of in sounds.items() if split != UNKNOWN]
    every, times = np.unique(np.concatenate(there), return_counts=True) if there else (np.empty(0), np.empty(0))
    names: dict[int, str] = {}
    for split in (split.value for split in Split if split.value in sounds):
        of = sounds[split]
        for k in np.flatnonzero(np.isin(np.frombuffer(of.sums, np.uint64), every[times > 1])).tolist():
            name = names.setdefault(of.sums[k], of.keys[k])
            places[f"the sound of {name}"][split] += 1
    return _shared(places)


def _gathered(recordings: Mapping[str, Counter[str]], names: Mapping[str, str]) -> Places:
    """Clips by split of the names that recordings have; those without one are left out."""
    places: Places = defaultdict(Counter)
    for recording, splits in recordings.items():
        if recording in names:
            places[names[recording]].update(splits)
    return places


def _values(row: Mapping[str, Any], fact: str) -> Iterable[str]:
    """The sites or individuals of a recording, each with its source's name before it."""
    values = row[fact] if isinstance(row[fact], list) else [row[fact]]
    return [f"{row['source']}/{value}" for value in values if value]


def _by_fact(recordings: Mapping[str, Counter[str]], known: _Known, fact: str) -> Places:
    places: Places = defaultdict(Counter)
    for recording, splits in recordings.items():
        for value in _values(known.recordings[recording], fact) if recording in known.recordings else ():
            places[value].update(splits)
    return places


def _count(where: Places, stated: Places, found: Found, known: _Known, fact: str) -> tuple[int, int, str]:
    """Of how many recordings, or clips where nothing else is known, a fact is told."""
    if where or not stated:
        told = sum(bool(_values(known.recordings[r], fact)) for r in found.recordings if r in known.recordings)
        return told, len(found.recordings), "recordings"
    name = "sites" if stated is found.sites else "individuals"
    return found.told[name], sum(found.clips.values()), "clips"


# What is no leak ------------------------------------------------------------------------------------------------------


def _excused(offenders: list[Offender], known: _Known, fact: str) -> list[Offender]:
    """Offenders with the reason why they are allowed, if there is one: the release itself splits them so, or a source
    has too few for a part of its own in each split."""
    if not offenders or not known.recordings:
        return offenders
    by_source: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in known.recordings.values():
        by_source[row["source"]].append(row)
    sources = {offender.what.partition("/")[0] for offender in offenders}
    reasons = {source: _reason(by_source[source], fact) for source in sources}
    return [Offender(o.what, o.clips, reasons[o.what.partition("/")[0]]) for o in offenders]


def _reason(rows: list[dict[str, Any]], fact: str) -> str | None:
    """Why the recordings of a source may share a site or an individual between splits; None when they may not."""
    if all(row["released_split"] for row in rows):
        return "split as released"
    linked = clusters_of(
        (f"group {row['group']}", name)
        for row in rows
        for name in (f"group {row['group']}", *(f"value {value}" for value in _values(row, fact)))
    )
    left = {linked[f"group {row['group']}"] for row in rows if row["calling"]}
    if len(left) < len(Split):
        return f"its source has too few {fact.removesuffix('s')}s to keep them apart in {len(Split)} splits"
    return None
