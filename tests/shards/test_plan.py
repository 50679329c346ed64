"""The plan: which clips there are, what is in them, and what is refused and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.errors import ChorusError
from chorus.schemas import Event
from chorus.shards import clips, usable
from chorus.shards.augment.recipe import load_recipe
from chorus.shards.plan import plan
from chorus.shards.settings import ShardSettings
from tests.shards.helpers import call, recording, tables

SETTINGS = ShardSettings(clip_seconds=10)


def rows(planned: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = planned.table.to_pylist()
    return found


def bases(planned: Any) -> list[dict[str, Any]]:
    return [row["cuts"][0] for row in rows(planned)]


@given(
    starts=st.lists(st.floats(0, 59, allow_nan=False), min_size=1, max_size=15, unique=True),
    lengths=st.lists(st.floats(0, 25, allow_nan=False), min_size=15, max_size=15),
    seed=st.integers(0, 20),
)
@settings(max_examples=40, deadline=None)
def test_every_call_is_in_a_clip_at_its_time(starts: list[float], lengths: list[float], seed: int) -> None:
    calls = [call("s/a.wav", s, min(s + n, 60.0)) for s, n in zip(starts, lengths, strict=False)]
    planned = plan(tables([recording("s/a.wav")], calls), ShardSettings(clip_seconds=10, seed=seed))
    by_id = {c["call_id"]: c for c in calls}
    covered: dict[str, float] = defaultdict(float)
    whole = set()
    for cut in bases(planned):
        first_s, length_s = cut["first_frame"] / 1000, cut["frames"] / 1000
        assert length_s == 10
        for event in map(Event.model_validate, cut["events"]):
            source = by_id[event.call_id]
            start, end = max(source["start_s"], first_s), min(source["end_s"], first_s + length_s)
            assert event.start_s == pytest.approx(start - first_s, abs=1e-6)
            assert event.end_s == pytest.approx(max(start, end) - first_s, abs=1e-6)
            covered[event.call_id] += event.end_s - event.start_s
            if start == source["start_s"] and end == source["end_s"]:
                whole.add(event.call_id)
    for c in calls:
        length = c["end_s"] - c["start_s"]
        if length < 9.998:
            assert c["call_id"] in whole
        assert covered[c["call_id"]] >= length - 0.002


def test_same_input_in_any_order_gives_the_same_plan() -> None:
    recordings = [recording(f"s/{k}.wav") for k in range(12)]
    calls = [call(r["recording_id"], float(t), t + 0.5) for r in recordings for t in range(3, 50, 9)]
    one = plan(tables(recordings, calls), SETTINGS)
    two = plan(tables(recordings[::-1], calls[::-1]), SETTINGS)
    assert one.table.equals(two.table)
    other = plan(tables(recordings, calls), SETTINGS.model_copy(update={"seed": 1}))
    assert {c["first_frame"] for c in bases(one)} != {c["first_frame"] for c in bases(other)}


def test_other_calls_in_a_clip_are_events_too() -> None:
    calls = [call("s/a.wav", 20, 21, species="orca"), call("s/a.wav", 20.5, 20.8, species="human")]
    chosen = pa.array([calls[0]["call_id"]])
    planned = plan(tables([recording("s/a.wav")], calls, wanted=chosen, reviewed=pa.array([], pa.string())), SETTINGS)
    positive = [row for row in rows(planned) if row["positive"]]
    assert len(positive) == 1
    assert {e["species"] for e in positive[0]["cuts"][0]["events"]} == {"orca", "human"}


def test_negatives_come_from_full_recordings_only_and_at_most_at_the_ratio() -> None:
    recordings = [recording(f"s/{k}.wav") for k in range(10)] + [recording("t/p.wav", annotated="partial")]
    recordings += [recording("u/w.wav", annotated="weak")]
    calls = [call(r["recording_id"], 30, 31) for r in recordings]
    planned = plan(tables(recordings, calls), SETTINGS.model_copy(update={"negative_ratio": 0.5}))
    negative = [row for row in rows(planned) if not row["positive"]]
    assert negative
    assert {row["cuts"][0]["annotated"] for row in negative} == {"full"}
    assert not any(row["cuts"][0]["events"] for row in negative)
    for split in ("train", "valid", "test"):
        mine = [row["positive"] for row in rows(planned) if row["split"] == split]
        assert mine.count(False) <= mine.count(True) * 0.5 + 1
    assert all(
        row["positive"]
        for row in rows(plan(tables(recordings, calls), SETTINGS.model_copy(update={"negative_ratio": 0})))
    )


def test_absent_labels_are_carried_and_weak_ones_cut_short_are_uncertain() -> None:
    calls = [
        call("s/a.wav", 0, 60, label="frog", strength="weak"),
        call("s/a.wav", 30, 31, label="bird", presence="absent"),
        call("s/a.wav", 40, 41, label="toad", strength="weak"),
    ]
    planned = plan(tables([recording("s/a.wav", annotated="weak")], calls), SETTINGS)
    found: dict[str, set[str]] = defaultdict(set)
    for cut in bases(planned):
        for event in cut["events"]:
            found[event["label"]].add(event["presence"])
    assert found["frog"] == {"uncertain"}
    assert found["bird"] == {"absent"}
    assert "present" in found["toad"]


def test_refusals_are_counted_by_reason() -> None:
    recordings = [
        recording("s/ok.wav"),
        recording("s/gone.wav", audio="missing"),
        recording("s/broken.wav", audio="unreadable", frames=None, sample_rate=None),
        recording("s/short.wav", seconds=0.05),
        recording("s/fast.wav", rate=1_000_000, seconds=1),
        recording("h/held.wav"),
    ]
    calls = [
        call("s/ok.wav", 10, 11),
        call("s/ok.wav", 70, 71),
        call("s/ok.wav", 12, 13, channel=2),
        call("s/ok.wav", 14, 15, low_hz=600.0),
        call("s/gone.wav", 1, 2),
    ]
    planned = plan(tables(recordings, calls, held_out=["h"]), SETTINGS)
    assert planned.refused == Counter(
        {
            ("recordings", usable.NO_AUDIO): 1,
            ("recordings", usable.UNREADABLE): 1,
            ("recordings", usable.TOO_SHORT): 1,
            ("recordings", usable.TOO_FAST): 1,
            ("recordings", usable.HELD_OUT): 1,
            ("calls", clips.PAST_END): 1,
            ("calls", clips.NO_CHANNEL): 1,
            ("calls", clips.TOO_HIGH): 1,
        }
    )
    assert {cut["recording_id"] for cut in bases(planned)} == {"s/ok.wav"}


def test_nothing_left_tells_why() -> None:
    with pytest.raises(ChorusError, match=r"1 recordings refused: held-out source"):
        plan(tables([recording("h/a.wav")], [call("h/a.wav", 1, 2)], held_out=["h"]), SETTINGS)
    asked = SETTINGS.model_copy(update={"include_held_out": True})
    assert rows(plan(tables([recording("h/a.wav")], [call("h/a.wav", 1, 2)], held_out=["h"]), asked))


def test_short_recordings_give_short_clips() -> None:
    planned = plan(tables([recording("s/a.wav", seconds=3)], [call("s/a.wav", 1, 2.5)]), SETTINGS)
    assert [cut["frames"] for cut in bases(planned)] == [3000]


def test_a_shard_has_one_split_one_rate_and_no_more_than_the_limit() -> None:
    recordings = [recording(f"s/{k}.wav", rate=1000 * (k % 3 + 1)) for k in range(12)]
    calls = [call(r["recording_id"], float(t), t + 1.0) for r in recordings for t in range(0, 60, 6)]
    small = ShardSettings(clip_seconds=5, shard_clips=7, recipe=load_recipe(), copies=2)
    planned = plan(tables(recordings, calls), small)
    shards: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows(planned):
        shards[row["split"], row["shard"]].append(row)
    for (split, _), members in shards.items():
        assert len(members) <= 7
        assert len({m["sample_rate"] for m in members}) == 1
        assert split == "train" or not any(m["copy"] for m in members)
    for split in ("train", "valid", "test"):
        numbers = sorted(k for s, k in shards if s == split)
        assert numbers == list(range(len(numbers)))
    keys = [row["key"] for row in rows(planned)]
    assert len(set(keys)) == len(keys)
    train = [row for row in rows(planned) if row["split"] == "train"]
    assert Counter(row["copy"] for row in train) == {k: len(train) // 3 for k in range(3)}


def test_partners_come_from_the_same_split_and_rate() -> None:
    recordings = [recording(f"s/{k}.wav", rate=1000 * (k % 2 + 1)) for k in range(30)]
    calls = [call(r["recording_id"], float(t), t + 1.0) for r in recordings for t in (10, 40)]
    planned = plan(tables(recordings, calls), ShardSettings(clip_seconds=5, recipe=load_recipe(), copies=1))
    split_of = {row["cuts"][0]["recording_id"]: row["split"] for row in rows(planned)}
    mixed = [row for row in rows(planned) if len(row["cuts"]) > 1]
    assert mixed
    for row in mixed:
        assert {split_of[cut["recording_id"]] for cut in row["cuts"]} == {"train"}
        assert {cut["sample_rate"] for cut in row["cuts"]} == {row["sample_rate"]}


def test_annotated_intervals_move_into_the_clip() -> None:
    intervals = [{"start_s": 0.0, "end_s": 20.0}, {"start_s": 22.0, "end_s": 40.0}]
    row = recording("s/a.wav", annotated="partial", annotated_intervals=intervals)
    (cut,) = bases(plan(tables([row], [call("s/a.wav", 15, 24.9)]), SETTINGS))
    first_s = cut["first_frame"] / 1000
    ends = [first_s, 20.0, 22.0, first_s + 10]
    assert [t + first_s for pair in cut["annotated_s"] for t in pair] == pytest.approx(ends)
