"""No group is in two splits; released splits are respected; parts are not empty where that can be."""

from __future__ import annotations

from collections import Counter, defaultdict

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
    assert read_split("fold 1") is None
    assert read_split(None) is None
