"""What the audit looks for: what is in several splits and must not be, and what excuses it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chorus.lake import Lake
from chorus.lake.clusters import clusters_of
from chorus.lake.duplicates import known_clusters
from chorus.schemas.vocabulary import Role, Split
from chorus.shards.audit_tars import UNKNOWN, Found, Places, Sounds
from chorus.shards.tables import duplicates_notes


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
class Known:
    """Facts of recordings, by id; the cluster of copies of each that has one, and whether all were looked for; held-out
    sources, and whether they may be in the set."""

    recordings: dict[str, dict[str, Any]]
    copies: dict[str, str]
    looked: bool
    held_out: set[str]
    may_be_there: bool

    @classmethod
    def of(cls, recordings: dict[str, dict[str, Any]], manifest: Mapping[str, Any], lake: Lake | None) -> Known:
        """What the set's own tables, the lake and the sources' cards say."""
        from chorus import adapters

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


def checks_of(found: Found, known: Known) -> Iterator[Check]:
    """Every check of a set, in the order in which they are shown."""
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


def _held_out(found: Found, known: Known) -> Iterator[Check]:
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


def _by_fact(recordings: Mapping[str, Counter[str]], known: Known, fact: str) -> Places:
    places: Places = defaultdict(Counter)
    for recording, splits in recordings.items():
        for value in _values(known.recordings[recording], fact) if recording in known.recordings else ():
            places[value].update(splits)
    return places


def _count(where: Places, stated: Places, found: Found, known: Known, fact: str) -> tuple[int, int, str]:
    """Of how many recordings, or clips where nothing else is known, a fact is told."""
    if where or not stated:
        told = sum(bool(_values(known.recordings[r], fact)) for r in found.recordings if r in known.recordings)
        return told, len(found.recordings), "recordings"
    name = "sites" if stated is found.sites else "individuals"
    return found.told[name], sum(found.clips.values()), "clips"


# What is no leak ------------------------------------------------------------------------------------------------------


def _excused(offenders: list[Offender], known: Known, fact: str) -> list[Offender]:
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
    calling = [row for row in rows if row["calling"]]
    if all(row["released_split"] for row in calling or rows):
        return "split as released"
    linked = clusters_of(
        (f"group {row['group']}", name)
        for row in rows
        for name in (f"group {row['group']}", *(f"value {value}" for value in _values(row, fact)))
    )
    counted = calling if len({row["group"] for row in calling}) >= len(Split) else rows
    left = {linked[f"group {row['group']}"] for row in counted}
    if len(left) < len(Split):
        return f"its source has too few {fact.removesuffix('s')}s to keep them apart in {len(Split)} splits"
    return None
