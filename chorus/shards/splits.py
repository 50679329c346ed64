"""Which split a recording belongs to. All recordings of a group, and so all clips of a group, share one.

A released split is respected where it reads as train, valid or test for every recording of a source; when it lacks a
validation part, groups of its training part become that. Elsewhere recordings are grouped by the coarsest of
individual, site, session, site and day, and recording that leaves no part empty; groups that share a value of another
of these are joined too as long as that leaves none empty. Sources are split one by one, groups with calls before those
without.

All recordings of the lake are split together, whatever clips are asked for, so that sets of one lake and one seed have
a recording in the same split (`of_set`).

Copies of one sound (`chorus duplicates`), in one source or several, join their groups to one. Where releases put copies
into different splits, the joined group goes where most is kept from training: test before valid before train.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from chorus.lake.clusters import clusters_of
from chorus.schemas.vocabulary import Split
from chorus.shards.draws import digest

RELEASED = {
    "train": Split.train,
    "training": Split.train,
    "balanced_train": Split.train,
    "unbalanced_train": Split.train,
    "train-low": Split.train,
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
    """What is known of a recording and its relatives. It weighs as much as there is sound in it: `calling` counts the
    stretches with calls, `stretches` all; `duplicates` names the cluster of copies it is in."""

    recording_id: str
    source: str
    calling: int
    split: str | None = None
    individuals: tuple[str, ...] = ()
    site: str | None = None
    session: str | None = None
    day: str | None = None
    duplicates: str | None = None
    stretches: int = 1


Place = tuple[Split, str]
Shares = Mapping[Split, float]


@dataclass(frozen=True)
class Divided:
    """How a set is divided: its recordings and their places, and whether other sets of the lake have them there too."""

    kin: list[Kin]
    places: Mapping[str, Place]
    as_in_others: bool = True


def of_set(lake: list[Kin], clips: Mapping[str, int], shares: Shares, seed: int) -> Divided:
    """The places in the lake's splits of the recordings of a set, of which so many `clips` hold calls. Where they leave
    a part of the set without such clips, and its recordings by themselves would not, they are split by themselves."""
    kin = [one for one in lake if one.recording_id in clips]
    whole = Divided(kin, assign(lake, shares, seed))
    alone = [replace(one, calling=clips[one.recording_id]) for one in kin]
    if len(_parts(whole, clips)) == len(shares):
        return whole
    apart = Divided(alone, assign(alone, shares, seed), False)
    return apart if len(_parts(apart, clips)) > len(_parts(whole, clips)) else whole


def _parts(divided: Divided, clips: Mapping[str, int]) -> set[Split]:
    """The splits that clips with calls are in."""
    return {divided.places[name][0] for name, count in clips.items() if count}


def assign(recordings: Iterable[Kin], shares: Shares, seed: int) -> dict[str, Place]:
    """recording_id -> (split, name of its group)."""
    by_source: dict[str, list[Kin]] = defaultdict(list)
    for kin in sorted(recordings, key=lambda kin: kin.recording_id):
        by_source[kin.source].append(kin)
    released = {source: _released(by_source[source]) for source in sorted(by_source)}
    order = sorted(released, key=lambda source: not released[source])
    works = [_work(by_source[source], released[source], shares) for source in order]
    every = [kin for source in order for kin in by_source[source]]
    groups = joined(every, {name: group for work in works for name, group in work.groups.items()})
    parts: dict[str, Split] = {}
    for work in works:
        for recording_id, split in work.fixed.items():
            group = groups[recording_id]
            parts[group] = max(split, parts.get(group, split), key=list(Split).index)
    for work in works:
        for weight in (attrgetter("calling"), attrgetter("stretches")):
            weights: Counter[str] = Counter()
            for kin in work.open:
                weights[groups[kin.recording_id]] += weight(kin)
            parts |= allocate(weights, work.shares, seed, parts)
    return {recording_id: (parts[group], group) for recording_id, group in groups.items()}


@dataclass(frozen=True)
class _Work:
    """What is to be done for one source: recordings whose split the release fixes, and the `open` ones to be split by
    `shares`. `groups` are the groups of all, copies not joined yet."""

    fixed: Mapping[str, Split]
    open: list[Kin]
    shares: Shares
    groups: Mapping[str, str]


def _work(members: list[Kin], released: Mapping[str, Split], shares: Shares) -> _Work:
    if not released:
        return _Work({}, members, shares, coarsest(members, len(shares)))
    training = [kin for kin in members if released.get(kin.recording_id) is Split.train]
    untold = [kin for kin in members if kin.recording_id not in released]
    alone = {kin.recording_id: recording_group(kin) for kin in members}
    if Split.valid in released.values() or len(training) < 2:
        return _Work(released, untold, shares, alone | coarsest(untold, len(shares)))
    fixed = {name: split for name, split in released.items() if split is not Split.train}
    valid = shares[Split.valid]
    two = {Split.train: 1 - valid, Split.valid: valid}
    return _Work(fixed, training + untold, two, alone | coarsest(training + untold, len(two)))


def _released(members: list[Kin]) -> dict[str, Split]:
    """The released splits of a source's recordings; {} unless all that have calls have one."""
    found = {kin.recording_id: read_split(kin.split) for kin in members}
    telling = [kin for kin in members if kin.calling] or members
    whole = all(found[kin.recording_id] for kin in telling)
    return {name: split for name, split in found.items() if split} if whole else {}


def read_split(text: str | None) -> Split | None:
    """The split that a release's word stands for; None for none or another word (a fold, say)."""
    return RELEASED.get((text or "").strip().casefold())


def coarsest(members: list[Kin], parts: int) -> dict[str, str]:
    """recording_id -> group, at the level with the fewest groups that still has one with calls for each of `parts`
    parts, joined where other levels join them, as long as there is still one for each part. Where too few recordings
    have calls, groups without count too."""
    levels = [_individual_groups(members)] + [_named_groups(members, name, value) for name, value in LEVELS]
    levels.append({kin.recording_id: recording_group(kin) for kin in members})
    levels = [joined(members, level) for level in levels]
    calling = {kin.recording_id for kin in members if kin.calling}
    if len({levels[-1][name] for name in calling}) < parts:
        calling = {kin.recording_id for kin in members}

    def groups(level: Mapping[str, str]) -> int:
        return len({level[name] for name in calling})

    enough = [level for level in levels if groups(level) >= parts]
    if not enough:
        return levels[-1]
    best = min(enough, key=groups)
    for level in levels:
        both = _linked(best, level)
        if parts <= groups(both) < groups(best):
            best = both
    return best


def _linked(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Groups of recordings that are together in one or the other, directly or through others."""
    linked = clusters_of((group, other[name]) for name, group in one.items())
    return {name: linked[group] for name, group in one.items()}


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
    linked = clusters_of((kin.individuals[0], other) for kin in members for other in kin.individuals)
    return {
        kin.recording_id: f"individual:{kin.source}/{linked[kin.individuals[0]]}"
        if kin.individuals
        else recording_group(kin)
        for kin in members
    }


def joined(members: Iterable[Kin], groups: Mapping[str, str]) -> dict[str, str]:
    """recording_id -> group, where groups that hold copies of one sound have become one."""
    copies = [kin for kin in members if kin.duplicates]
    linked = clusters_of((f"duplicates:{kin.duplicates}", groups[kin.recording_id]) for kin in copies)
    return {name: linked.get(group, group) for name, group in groups.items()}


def allocate(
    weights: Mapping[str, int], shares: Shares, seed: int, placed: Mapping[str, Split] | None = None
) -> dict[str, Split]:
    """Group -> split. In an order hashed from the seed each group goes to the split that is furthest behind its share;
    the last ones fill splits that are still empty, the first named first. Groups without weight are left out; those
    `placed` before stay where they are."""
    placed = placed or {}
    order = sorted((g for g in weights if weights[g] and g not in placed), key=lambda g: digest(seed, "split", g))
    total = sum(weights.values())
    given = dict.fromkeys(shares, 0)
    parts: dict[str, Split] = {}
    for group, weight in weights.items():
        if group in placed:
            parts[group] = placed[group]
            given[placed[group]] = given.get(placed[group], 0) + weight
    for k, group in enumerate(order):
        empty = [split for split in shares if not given[split]]
        if len(order) - k <= len(empty):
            parts[group] = empty[0]
        else:
            parts[group] = max(shares, key=lambda s: shares[s] * total - given[s])
        given[parts[group]] += weights[group]
    return parts
