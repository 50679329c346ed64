"""Which split a recording belongs to. All recordings of a group, and so all clips of a group, share one.

A released split is respected where it reads as train, valid or test for every recording of a source; when it lacks a
validation part, groups of its training part become that. Elsewhere recordings are grouped by the coarsest of
individual, site, session, site and day, and recording that leaves no part empty. Sources are split one by one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from chorus.schemas.vocabulary import Split
from chorus.shards.draws import digest

RELEASED = {
    "train": Split.train,
    "training": Split.train,
    "valid": Split.valid,
    "validation": Split.valid,
    "val": Split.valid,
    "dev": Split.valid,
    "test": Split.test,
    "testing": Split.test,
    "eval": Split.test,
    "evaluation": Split.test,
}


@dataclass(frozen=True, slots=True)
class Kin:
    """What is known of a recording's relatives. `clips` is the number of its clips with calls, which weighs it."""

    recording_id: str
    source: str
    clips: int
    split: str | None = None
    individuals: tuple[str, ...] = ()
    site: str | None = None
    session: str | None = None
    day: str | None = None


Place = tuple[Split, str]
Shares = Mapping[Split, float]


def assign(recordings: Iterable[Kin], shares: Shares, seed: int) -> dict[str, Place]:
    """recording_id -> (split, name of its group)."""
    by_source: dict[str, list[Kin]] = defaultdict(list)
    for kin in recordings:
        by_source[kin.source].append(kin)
    places: dict[str, Place] = {}
    for source in sorted(by_source):
        members = sorted(by_source[source], key=lambda kin: kin.recording_id)
        released = {kin.recording_id: read_split(kin.split) for kin in members}
        if all(released.values()):
            places |= _as_released(members, {k: v for k, v in released.items() if v}, shares, seed)
        else:
            places |= _by_groups(members, shares, seed)
    return places


def read_split(text: str | None) -> Split | None:
    """The split that a release's word stands for; None for none or another word (a fold, say)."""
    return RELEASED.get((text or "").strip().casefold())


def _as_released(members: list[Kin], released: Mapping[str, Split], shares: Shares, seed: int) -> dict[str, Place]:
    places = {kin.recording_id: (released[kin.recording_id], recording_group(kin)) for kin in members}
    training = [kin for kin in members if released[kin.recording_id] is Split.train]
    if Split.valid not in released.values() and len(training) > 1:
        valid = shares[Split.valid]
        places |= _by_groups(training, {Split.train: 1 - valid, Split.valid: valid}, seed)
    return places


def _by_groups(members: list[Kin], shares: Shares, seed: int) -> dict[str, Place]:
    groups = coarsest(members, len(shares))
    weights: Counter[str] = Counter()
    for kin in members:
        weights[groups[kin.recording_id]] += kin.clips
    parts = allocate(weights, shares, seed)
    return {kin.recording_id: (parts[groups[kin.recording_id]], groups[kin.recording_id]) for kin in members}


def coarsest(members: list[Kin], parts: int) -> dict[str, str]:
    """recording_id -> group, at the level with the fewest groups that still has one for each of `parts` parts."""
    levels = [_individual_groups(members)] + [_named_groups(members, name, value) for name, value in LEVELS]
    levels.append({kin.recording_id: recording_group(kin) for kin in members})
    calling = {kin.recording_id for kin in members if kin.clips}
    counts = [len({level[name] for name in calling}) for level in levels]
    enough = [k for k, count in enumerate(counts) if count >= parts]
    return levels[min(enough, key=lambda k: counts[k])] if enough else levels[-1]


LEVELS: tuple[tuple[str, Callable[[Kin], str | None]], ...] = (
    ("site", lambda kin: kin.site),
    ("session", lambda kin: kin.session),
    ("site-day", lambda kin: f"{kin.site or ''}/{kin.day}" if kin.day else None),
)


def recording_group(kin: Kin) -> str:
    """The group of a recording that is grouped with no other."""
    return f"recording:{kin.recording_id}"


def _named_groups(members: list[Kin], name: str, value: Callable[[Kin], str | None]) -> dict[str, str]:
    """Groups by a value; recordings without one are groups of their own."""
    found = {kin.recording_id: value(kin) for kin in members}
    return {
        kin.recording_id: f"{name}:{kin.source}/{found[kin.recording_id]}"
        if found[kin.recording_id]
        else recording_group(kin)
        for kin in members
    }


def _individual_groups(members: list[Kin]) -> dict[str, str]:
    """Groups of recordings that are linked by individuals heard in them."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for kin in members:
        for other in kin.individuals[1:]:
            first, second = sorted((root(kin.individuals[0]), root(other)))
            parent[second] = first
    return {
        kin.recording_id: f"individual:{kin.source}/{root(kin.individuals[0])}"
        if kin.individuals
        else recording_group(kin)
        for kin in members
    }


def allocate(weights: Mapping[str, int], shares: Shares, seed: int) -> dict[str, Split]:
    """Group -> split. In an order hashed from the seed each group goes to the split that is furthest behind its share;
    the last ones fill splits that are still empty, the first named first. Groups without weight are dealt by hash."""
    order = sorted((g for g in weights if weights[g]), key=lambda group: digest(seed, "split", group))
    total = sum(weights.values())
    given = dict.fromkeys(shares, 0)
    parts = {group: _by_hash(group, shares, seed) for group in weights if not weights[group]}
    for k, group in enumerate(order):
        empty = [split for split in shares if not given[split]]
        if len(order) - k <= len(empty):
            parts[group] = empty[0]
        else:
            parts[group] = max(shares, key=lambda s: shares[s] * total - given[s])
        given[parts[group]] += weights[group]
    return parts


def _by_hash(group: str, shares: Shares, seed: int) -> Split:
    place = int(digest(seed, "weightless", group), 16) / 2**64 * sum(shares.values())
    for split, share in shares.items():
        place -= share
        if place < 0:
            return split
    return list(shares)[-1]
