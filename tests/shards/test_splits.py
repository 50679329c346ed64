"""No group is in two splits; released splits are respected; parts are not empty where that can be."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas.vocabulary import Split
from chorus.shards.splits import Kin, allocate, assign, coarsest, read_split

SHARES = {Split.train: 0.8, Split.valid: 0.1, Split.test: 0.1}
names = st.none() | st.sampled_from(["a", "b", "c", "d"])


@st.composite
def kin(draw: st.DrawFn) -> list[Kin]:
    return [
        Kin(
            f"s{draw(st.integers(0, 1))}/{k}",
            f"s{k % 2}",
            draw(st.integers(0, 9)),
            draw(st.sampled_from([None, None, "train", "Test", "fold 3"])),
            tuple(sorted(draw(st.sets(st.sampled_from("pqrs"), max_size=2)))),
            draw(names),
            draw(names),
            draw(names),
            draw(st.sampled_from([None, None, "x", "y"])),
        )
        for k in range(draw(st.integers(1, 12)))
    ]


@given(kin(), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_no_group_in_two_splits(members: list[Kin], seed: int) -> None:
    places = assign(members, SHARES, seed)
    assert places.keys() == {k.recording_id for k in members}
    assert places == assign(members[::-1], SHARES, seed)
    found = defaultdict(set)
    for split, group in places.values():
        found[group].add(split)
    assert all(len(splits) == 1 for splits in found.values())


@given(kin(), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_copies_are_in_one_split(members: list[Kin], seed: int) -> None:
    places = assign(members, SHARES, seed)
    found = defaultdict(set)
    for member in members:
        if member.duplicates:
            found[member.duplicates].add(places[member.recording_id])
    assert all(len(places) == 1 for places in found.values())


@given(kin(), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_a_copy_moves_a_released_recording_only_away_from_training(members: list[Kin], seed: int) -> None:
    splits = ["train", "valid", "test"]
    one_source = [replace(member, source="s", split=splits[k % 3]) for k, member in enumerate(members)]
    places = assign(one_source, SHARES, seed)
    order = list(Split)
    for member in one_source:
        split = places[member.recording_id][0]
        if member.duplicates is None:
            assert split == member.split
        copies = [m.split for m in one_source if m.duplicates == member.duplicates] if member.duplicates else []
        assert not copies or split == max(map(Split, copies), key=order.index)


def test_copies_in_other_sources_follow_the_released_split() -> None:
    released = [Kin(f"a/{k}", "a", 1, ["train", "valid", "test"][k % 3], duplicates=f"a/{k}") for k in range(30)]
    others = [Kin(f"b/{k}", "b", 1, duplicates=f"a/{k}") for k in range(30)]
    places = assign([*others, *released], SHARES, 0)
    assert all(places[f"b/{k}"] == places[f"a/{k}"] for k in range(30))
    assert all(places[kin.recording_id][0] == kin.split for kin in released)


def test_a_copy_takes_its_whole_group_along() -> None:
    """Site p of source b holds a copy of a test recording of source a."""
    released = [Kin("a/0", "a", 1, "test", duplicates="a/0"), Kin("a/1", "a", 1, "train"), Kin("a/2", "a", 1, "valid")]
    others = [Kin(f"b/{k}", "b", 1, site="pqrs"[k % 4], duplicates="a/0" if k == 4 else None) for k in range(12)]
    places = assign([*released, *others], SHARES, 0)
    assert {places[f"b/{k}"] for k in range(0, 12, 4)} == {places["a/0"]}
    assert places["a/0"][0] is Split.test
    assert {places[f"b/{k}"][0] for k in range(12)} == set(Split)


def test_copies_of_one_recording_do_not_empty_a_split() -> None:
    members = [Kin(f"s/{k}", "s", 1, duplicates="s/0" if k < 20 else None) for k in range(24)]
    assert {split for split, _ in assign(members, SHARES, 0).values()} == set(Split)


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.integers(1, 100), min_size=3, max_size=60), st.integers(0, 9)
)
@settings(max_examples=50, deadline=None)
def test_no_part_is_empty_and_shares_are_near(weights: dict[str, int], seed: int) -> None:
    parts = allocate(weights, SHARES, seed)
    assert set(parts.values()) == set(SHARES)
    total, largest = sum(weights.values()), max(weights.values())
    given: Counter[Split] = Counter()
    for group, split in parts.items():
        given[split] += weights[group]
    for split, share in SHARES.items():
        assert given[split] <= share * total + 2 * largest


def test_the_seed_changes_the_split() -> None:
    weights = {f"g{k}": 1 for k in range(30)}
    assert allocate(weights, SHARES, 1) != allocate(weights, SHARES, 2)


def test_few_recordings() -> None:
    one = [Kin("s/0", "s", 4)]
    assert [place[0] for place in assign(one, SHARES, 0).values()] == [Split.train]
    two = [Kin(f"s/{k}", "s", 4) for k in range(2)]
    assert sorted(place[0] for place in assign(two, SHARES, 0).values()) == [Split.train, Split.valid]


def test_released_splits_are_kept_and_validation_comes_out_of_training() -> None:
    members = [Kin(f"s/{k:02d}", "s", 3, "training" if k < 20 else "TEST") for k in range(30)]
    places = assign(members, SHARES, 0)
    assert {name for name, place in places.items() if place[0] is Split.test} == {f"s/{k}" for k in range(20, 30)}
    assert 1 <= sum(place[0] is Split.valid for place in places.values()) <= 4
    whole = [Kin(f"s/{k}", "s", 3, ["train", "valid", "test"][k % 3]) for k in range(9)]
    assert all(assign(whole, SHARES, 0)[k.recording_id][0] == k.split for k in whole)


def test_what_has_no_calls_is_dealt_by_its_length_and_does_not_move_the_rest() -> None:
    calling = [Kin(f"s/{k:02d}", "s", 3) for k in range(10)]
    quiet = [Kin(f"s/q{k:02d}", "s", 0, stretches=k % 9 + 1) for k in range(200)]
    few, many = assign(calling, SHARES, 0), assign([*quiet, *calling], SHARES, 0)
    assert all(many[name] == place for name, place in few.items())
    seconds = Counter({split: sum(k.stretches for k in quiet if many[k.recording_id][0] is split) for split in SHARES})
    assert all(abs(seconds[split] / seconds.total() - share) < 0.03 for split, share in SHARES.items())


def test_recordings_without_calls_need_no_released_split() -> None:
    members = [Kin(f"s/{k:02d}", "s", 3, ["train", "valid", "test"][k % 3]) for k in range(9)]
    untold = [Kin(f"s/q{k}", "s", 0) for k in range(20)]
    places = assign(members + untold, SHARES, 0)
    assert all(places[one.recording_id][0] == one.split for one in members)
    assert {places[one.recording_id][0] for one in untold} == set(SHARES)
    lacking = [replace(one, split=None if one.split == "valid" else one.split) for one in members]
    assert {place[0] for place in assign(lacking, SHARES, 0).values()} == set(SHARES)


def test_where_hardly_anything_calls_all_recordings_make_the_groups() -> None:
    members = [Kin(f"s/{k}", "s", int(k < 2), None, (), f"site{k % 4}") for k in range(16)]
    assert {name.partition(":")[0] for name in coarsest(members, 3).values()} == {"site"}
    three = [replace(one, calling=int(k in (0, 4, 8))) for k, one in enumerate(members)]
    assert {name.partition(":")[0] for name in coarsest(three, 3).values()} == {"recording"}


def test_the_coarsest_level_that_has_enough_groups() -> None:
    members = [Kin(f"s/{k}", "s", 1, None, (), f"site{k % 4}", f"session{k % 8}", "2020-01-01") for k in range(16)]
    assert {name.partition(":")[0] for name in coarsest(members, 3).values()} == {"site"}
    two_sites = [Kin(f"s/{k}", "s", 1, None, (), f"site{k % 2}", f"session{k % 8}") for k in range(16)]
    assert {name.partition(":")[0] for name in coarsest(two_sites, 3).values()} == {"session"}
    alone = [Kin(f"s/{k}", "s", 1, None, (), "here") for k in range(16)]
    assert {name.partition(":")[0] for name in coarsest(alone, 3).values()} == {"recording"}


def test_individuals_that_share_a_recording_share_a_group() -> None:
    members = [
        Kin("s/0", "s", 1, None, ("ann", "bob")),
        Kin("s/1", "s", 1, None, ("bob", "cy")),
        Kin("s/2", "s", 1, None, ("dee",)),
        Kin("s/3", "s", 1, None, ("eve",)),
        Kin("s/4", "s", 1, None, ("cy",)),
    ]
    groups = coarsest(members, 3)
    assert groups["s/0"] == groups["s/1"] == groups["s/4"]
    assert len(set(groups.values())) == 3


def test_words_of_released_splits() -> None:
    assert read_split(" Validation ") is Split.valid
    assert read_split("unbalanced_train") is Split.train
    assert read_split("fold 1") is None
    assert read_split(None) is None


def test_further_levels_are_joined_while_each_part_has_a_group() -> None:
    """Ann is heard at two of six sites: her sites become one group."""
    members = [Kin(f"s/{k}", "s", 1, None, ("ann",) if k in (0, 1) else (), f"site{k % 6}") for k in range(24)]
    groups = coarsest(members, 3)
    assert groups["s/0"] == groups["s/1"] == groups["s/6"] == groups["s/7"]
    assert len(set(groups.values())) == 5
    everywhere = [Kin(f"s/{k}", "s", 1, None, ("ann",), f"site{k % 6}") for k in range(24)]
    assert len(set(coarsest(everywhere, 3).values())) == 6
