"""The plan: which clips there are, what is in them, and what is refused and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.errors import ChorusError, UsageError
from chorus.schemas import Event, Sample
from chorus.shards import clips, usable
from chorus.shards.augment.recipe import load_recipe
from chorus.shards.events import cut as cut_of
from chorus.shards.plan import plan
from chorus.shards.settings import ShardSettings
from tests.shards.helpers import always, call, recording, tables

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


def test_rows_of_silence_are_no_calls() -> None:
    recordings = [recording(f"s/{k}.wav", 600.0) for k in range(5)]
    quiet = [
        call(r["recording_id"], t, t + 1, label="SIL", kind="silence") for r in recordings for t in range(60, 600, 12)
    ]
    calls = [call(r["recording_id"], 20, 21) for r in recordings]
    planned = rows(plan(tables(recordings, calls + quiet), SETTINGS.model_copy(update={"negative_ratio": 0.4})))
    assert [row["positive"] for row in planned].count(True) == 5
    assert len(planned) <= 5 * 1.4 + 3
    alone = rows(plan(tables(recordings, quiet), SETTINGS.model_copy(update={"negative_ratio": 0})))
    assert alone and all(row["positive"] for row in alone)


def test_a_clip_around_noise_that_holds_a_call_counts_as_one_with_calls() -> None:
    recordings = [recording(f"s/{k}.wav") for k in range(8)]
    names = [row["recording_id"] for row in recordings]
    asked = [call(n, 5, 6, label="A") for n in names] + [call(n, 40, 41, label="wind", kind="noise") for n in names]
    other = [call(n, 41.5, 43, label="B") for n in names[::2]]
    wanted, nothing = pa.array([row["call_id"] for row in asked]), pa.array([], pa.string())
    found = tables(recordings, asked + other, wanted=wanted, reviewed=nothing)
    planned = rows(plan(found, SETTINGS.model_copy(update={"negative_ratio": 5.0})))
    labels = {row["key"]: {event["label"] for event in row["cuts"][0]["events"]} for row in planned}
    assert {"wind", "B"} in labels.values() and {"wind"} in labels.values()
    assert all(row["positive"] == bool(labels[row["key"]] & {"A", "B"}) for row in planned)


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


def test_versions_of_a_clip_lie_in_one_shard_and_apart() -> None:
    recordings = [recording(f"s/{k}.wav") for k in range(30)]
    calls = [call(r["recording_id"], 20, 21) for r in recordings]
    small = ShardSettings(clip_seconds=5, shard_clips=24, recipe=load_recipe(), copies=2, negative_ratio=0)
    places = defaultdict(list)
    for place, row in enumerate(rows(plan(tables(recordings, calls), small))):
        if row["split"] == "train":
            places[row["key"].split("-a")[0]].append((row["shard"], place))
    assert all(len(found) == 3 for found in places.values())
    split_up = sum(len({shard for shard, _ in found}) > 1 for found in places.values())
    assert split_up <= len({shard for found in places.values() for shard, _ in found}) - 1
    gaps = [place - found[0][1] for found in places.values() for _, place in found[1:]]
    assert sum(gap > 2 for gap in gaps) > len(gaps) / 2


def test_partners_come_from_the_same_split_and_never_a_higher_rate() -> None:
    recordings = [recording(f"s/{k}.wav", rate=1000 * (k % 2 + 1)) for k in range(30)]
    calls = [call(r["recording_id"], float(t), t + 1.0) for r in recordings for t in (10, 40)]
    planned = plan(tables(recordings, calls), ShardSettings(clip_seconds=5, recipe=load_recipe(), copies=1))
    split_of = {row["cuts"][0]["recording_id"]: row["split"] for row in rows(planned)}
    mixed = [row for row in rows(planned) if len(row["cuts"]) > 1]
    assert mixed
    for row in mixed:
        assert {split_of[cut["recording_id"]] for cut in row["cuts"]} == {"train"}
        assert all(cut["sample_rate"] <= row["sample_rate"] or cut["role"] == "noise" for cut in row["cuts"])


def test_annotated_intervals_move_into_the_clip() -> None:
    intervals = [{"start_s": 0.0, "end_s": 20.0}, {"start_s": 22.0, "end_s": 40.0}]
    row = recording("s/a.wav", annotated="partial", annotated_intervals=intervals)
    (cut,) = bases(plan(tables([row], [call("s/a.wav", 15, 24.9)]), SETTINGS))
    first_s = cut["first_frame"] / 1000
    ends = [first_s, 20.0, 22.0, first_s + 10]
    assert [t + first_s for pair in cut["annotated_s"] for t in pair] == pytest.approx(ends)


# Rates and lengths ----------------------------------------------------------------------------------------------------


def test_rates_are_kept_unless_a_limit_is_asked_for_and_the_loss_is_told() -> None:
    recordings = [recording("s/bat.wav", rate=8000), recording("s/frog.wav", rate=2000)]
    calls = [
        call("s/bat.wav", 10, 11, low_hz=3000.0, high_hz=3500.0),
        call("s/bat.wav", 10.2, 11, low_hz=500.0, high_hz=1500.0),
        call("s/bat.wav", 30, 31),
        call("s/frog.wav", 10, 11, low_hz=100.0, high_hz=900.0),
    ]
    found = tables(recordings, calls)
    kept = plan(found, SETTINGS)
    assert {row["sample_rate"] for row in rows(kept)} == {8000, 2000}
    assert kept.account["resampled"]["clips"] == 0
    limited = plan(found, SETTINGS.model_copy(update={"max_rate": 2000, "negative_ratio": 0}))
    assert {(row["sample_rate"], row["cuts"][0]["sample_rate"]) for row in rows(limited)} == {
        (2000, 8000),
        (2000, 2000),
    }
    assert limited.account["resampled"] == {
        "clips": 2,
        "hours": round(20 / 3600, 6),
        "to_lower_rates": 2,
        "from_hz": {"8000": {"clips": 2, "hours": round(20 / 3600, 6)}},
        "clips_with_loss": 1,
        "events_lost": 1,
        "events_cut": 1,
        "events_of_unknown_band": 1,
    }
    assert limited.refused["calls", clips.TOO_HIGH] == 1
    one = plan(found, SETTINGS.model_copy(update={"sample_rate": 4000}))
    assert {row["sample_rate"] for row in rows(one)} == {4000}
    assert one.account["resampled"]["from_hz"].keys() == {"2000", "8000"}
    assert one.account["resampled"]["to_lower_rates"] < one.account["resampled"]["clips"]


def test_a_rate_that_flac_cannot_state_becomes_the_nearest() -> None:
    recordings = [recording(f"s/{rate}.wav", 12, rate=rate) for rate in (48_828, 65_536, 97_656, 195_312)]
    calls = [call(r["recording_id"], 5, 6) for r in recordings]
    planned = plan(tables(recordings, calls), SETTINGS)
    rates = {cut["sample_rate"]: row["sample_rate"] for row in rows(planned) for cut in row["cuts"]}
    assert rates == {48_828: 48_828, 65_536: 65_535, 97_656: 97_660, 195_312: 195_310}
    assert planned.account["resampled"]["from_hz"].keys() == {"65536", "97656", "195312"}
    assert planned.account["resampled"]["events_lost"] == planned.account["resampled"]["events_cut"] == 0
    limited = plan(tables(recordings, calls), SETTINGS.model_copy(update={"max_rate": 97_660}))
    assert {row["sample_rate"] for row in rows(limited)} == {48_828, 65_535, 97_660}


@pytest.mark.parametrize("name", ["sample_rate", "max_rate"])
def test_a_limit_that_flac_cannot_state_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot state it; the nearest that it can is 97660"):
        ShardSettings(**{name: 97_656})
    assert getattr(ShardSettings(**{name: 97_660}), name) == 97_660


def test_length_in_time_steps_follows_the_octave_of_the_rate() -> None:
    grid = pytest.importorskip("chorus.train.grid")
    rates = (2500, 22_050, 48_000, 96_000, 250_000)
    recordings = [recording(f"s/{rate}.wav", rate=rate) for rate in rates]
    calls = [call(r["recording_id"], 20.0, 20.01) for r in recordings]
    stepped = plan(tables(recordings, calls), ShardSettings(clip_steps=300))
    for row in rows(stepped):
        assert row["cuts"][0]["frames"] == 300 * grid.frame_geometry(row["sample_rate"]).hop
    halves = plan(tables(recordings, calls), ShardSettings(clip_steps=300, max_rate=24_000))
    for row in rows(halves):
        cut, hop = row["cuts"][0], grid.frame_geometry(row["sample_rate"]).hop
        assert cut["frames"] == pytest.approx(300 * hop * cut["sample_rate"] / row["sample_rate"], abs=1)


def test_settings_that_exclude_each_other() -> None:
    for choices in ({"clip_seconds": 2, "clip_steps": 100}, {"sample_rate": 4000, "max_rate": 8000}):
        with pytest.raises(ValueError, match="not both"):
            ShardSettings(**choices)
    assert ShardSettings().clip_seconds == 10 and ShardSettings(clip_steps=5).clip_seconds is None


# Unlabelled -----------------------------------------------------------------------------------------------------------


def test_unlabelled_sets_cover_whole_recordings_with_and_without_calls() -> None:
    recordings = [recording("s/a.wav"), recording("s/b.wav", annotated="none"), recording("s/c.wav", seconds=24)]
    recordings += [recording("s/d.wav", seconds=26), recording("s/e.wav", seconds=3, annotated="weak")]
    planned = plan(tables(recordings, [call("s/a.wav", 12, 13)]), SETTINGS.model_copy(update={"unlabelled": True}))
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for cut in bases(planned):
        spans[cut["recording_id"]].append((cut["first_frame"], cut["first_frame"] + cut["frames"]))
    tens = [(k * 10_000, (k + 1) * 10_000) for k in range(6)]
    assert sorted(spans["s/a.wav"]) == sorted(spans["s/b.wav"]) == tens
    assert sorted(spans["s/c.wav"]) == tens[:2]
    assert sorted(spans["s/d.wav"]) == [*tens[:2], (16_000, 26_000)]
    assert spans["s/e.wav"] == [(0, 3000)]
    events = [(cut["first_frame"], event["start_s"]) for cut in bases(planned) for event in cut["events"]]
    assert events == [(10_000, 2.0)]
    nothing = plan(tables(recordings, []), SETTINGS.model_copy(update={"unlabelled": True}))
    assert len(rows(nothing)) == len(rows(planned))


def test_unlabelled_sets_cover_the_channels_that_calls_are_marked_in() -> None:
    recordings = [recording("s/a.wav", seconds=20, channels=4), recording("s/b.wav", seconds=20, channels=2)]
    calls = [call("s/a.wav", 2, 3, channel=3), call("s/a.wav", 12, 13, channel=9), call("s/b.wav", 2, 3)]
    planned = plan(tables(recordings, calls), SETTINGS.model_copy(update={"unlabelled": True}))
    found = {(cut["recording_id"], cut["channel"], cut["first_frame"]): len(cut["events"]) for cut in bases(planned)}
    assert found == {
        ("s/a.wav", 1, 0): 0, ("s/a.wav", 1, 10_000): 0, ("s/a.wav", 3, 0): 1, ("s/a.wav", 3, 10_000): 0,
        ("s/b.wav", 1, 0): 1, ("s/b.wav", 1, 10_000): 0,
    }  # fmt: skip


def test_another_channel_is_taken_only_where_no_channel_is_marked() -> None:
    recordings = [recording(f"s/{k}.wav", channels=2) for k in range(12)]
    names = [row["recording_id"] for row in recordings]
    anywhere = [call(n, 20, 21, label="any") for n in names]
    second = [call(n, 22, 23, label="second", channel=2) for n in names]
    chosen = SETTINGS.model_copy(update={"recipe": always(channel={}), "copies": 1, "negative_ratio": 0})

    def moved(calls: list[dict[str, Any]], **more: Any) -> set[tuple[int, int]]:
        found = plan(tables(recordings, calls), chosen.model_copy(update=more))
        return {
            (cut["own_channel"], cut["channel"])
            for row in rows(found)
            for cut in row["cuts"]
            if row["copy"] and cut["first_frame"] < 22_000 < cut["first_frame"] + cut["frames"]
        }

    assert moved(anywhere, unlabelled=True) == {(1, 2)}
    assert moved(second, unlabelled=True) == {(1, 1), (2, 2)}
    assert moved([*anywhere, *second]) == {(1, 1), (2, 2)}


# Held out -------------------------------------------------------------------------------------------------------------


def test_sources_are_held_out_by_name_and_their_copies_too() -> None:
    recordings = [recording(f"{source}/{k}.wav") for source in ("s", "esc", "dcase") for k in range(3)]
    calls = [call(r["recording_id"], 10, 11) for r in recordings]
    copies = {"s/0.wav": "esc/0.wav", "esc/0.wav": "esc/0.wav", "s/1.wav": "dcase/1.wav", "dcase/1.wav": "dcase/1.wav"}
    found = tables(recordings, calls, held_out=["dcase"], duplicates=copies)
    by_card = plan(found, SETTINGS)
    assert {cut["recording_id"] for cut in bases(by_card)} == {
        "s/0.wav",
        "s/2.wav",
        *(f"esc/{k}.wav" for k in range(3)),
    }
    assert by_card.refused["recordings", usable.COPY_OF_HELD_OUT] == 1
    named = plan(found, SETTINGS.model_copy(update={"hold_out": ("esc", "watkins")}))
    assert {cut["recording_id"] for cut in bases(named)} == {"s/2.wav"}
    asked = SETTINGS.model_copy(update={"hold_out": ("esc",), "include_held_out": True})
    assert len({cut["recording_id"] for cut in bases(plan(found, asked))}) == 9
    with pytest.raises(UsageError, match="no such source; nearest: esc"):
        plan(found, SETTINGS.model_copy(update={"hold_out": ("ecs",)}))


# Events ---------------------------------------------------------------------------------------------------------------


def test_strength_travels_with_each_event_and_the_detector_ignores_weak_ones() -> None:
    targets = pytest.importorskip("chorus.train.targets")
    calls = [call("s/a.wav", 2, 4), call("s/a.wav", 6, 8, strength="weak")]
    row = recording("s/a.wav", seconds=10)
    (cut,) = bases(plan(tables([row], calls), SETTINGS))
    events = [Event(**event) for event in cut["events"]]
    assert [(event.start_s, event.strength) for event in events] == [(2, "strong"), (6, "weak")]
    facts = {
        "key": "k",
        "split": "train",
        "source": "s",
        "recording_id": "s/a.wav",
        "parents": ["s/a.wav"],
        "group": "g",
    }
    facts |= {
        "start_s": 0,
        "duration_s": 10,
        "sample_rate": 1000,
        "frames": 10_000,
        "annotated": "full",
        "licence": "x",
    }
    found = targets.frame_targets(Sample(**facts, events=events), 0.0, 1000, 0.01)
    active, known = found.activity[0], found.activity_known[0]
    assert active[200:400].all() and known[200:400].all()
    assert not active[600:800].any() and not known[600:800].any()
    assert known[:200].all() and known[800:].all() and active.sum() == 200


@given(
    starts=st.lists(st.floats(0, 58, allow_nan=False), min_size=1, max_size=12),
    lengths=st.lists(st.floats(0, 70, allow_nan=False), min_size=12, max_size=12),
    channels=st.lists(st.sampled_from([None, 1, 2]), min_size=12, max_size=12),
)
@settings(max_examples=40, deadline=None)
def test_the_events_of_a_clip_are_all_calls_that_share_a_sample_with_it(
    starts: list[float], lengths: list[float], channels: list[int | None]
) -> None:
    facts = zip(starts, lengths, channels, strict=False)
    calls = [call("s/a.wav", s, s + n, channel=c, label=str(k)) for k, (s, n, c) in enumerate(facts)]
    for cut in bases(plan(tables([recording("s/a.wav", channels=2)], calls), ShardSettings(clip_seconds=7))):
        first_s, last_s = cut["first_frame"] / 1000, (cut["first_frame"] + cut["frames"]) / 1000
        heard = [c for c in calls if c["channel"] in (None, cut["channel"])]
        expected = {c["label"]: cut_of(c["start_s"], min(c["end_s"], 60.0), first_s, last_s, 1000) for c in heard}
        found = {e["label"]: (e["start_s"], e["end_s"]) for e in cut["events"]}
        assert found.keys() == {label for label, span in expected.items() if span}
        for label, span in found.items():
            assert span == pytest.approx(expected[label][:2], abs=1e-9)
        assert [(e["start_s"], e["end_s"]) for e in cut["events"]] == sorted(found.values())


def test_a_day_of_sound_with_many_calls_and_one_label_over_all_of_it() -> None:
    """Work must grow with calls and clips, not with their product: at 30,000 calls that would take minutes."""
    day = 86_400.0
    calls = [call("s/day.wav", t * 2.5, t * 2.5 + 0.3, label=str(t)) for t in range(30_000)]
    calls.append(call("s/day.wav", 0, day, strength="weak", label="all day"))
    found = plan(tables([recording("s/day.wav", seconds=day)], calls), ShardSettings(clip_seconds=5, negative_ratio=0))
    wanted = found.heard.of(np.arange(len(found.windows)))[1]
    assert len(set(wanted.tolist())) == len(calls)
    assert sum(len(chunk) for chunk in found.shards()) == len(found.windows) >= day / 5


def test_a_cut_says_whether_it_was_recorded_in_air_or_water() -> None:
    rows = [recording(f"{source}/{k}.wav", source=source) for source in ("land", "sea") for k in range(3)]
    calls = [call(row["recording_id"], 1, 2) for row in rows]
    cuts = bases(plan(tables(rows, calls), ShardSettings(clip_seconds=7)))
    assert {(cut["source"], cut["medium"]) for cut in cuts} == {("land", "air"), ("sea", "water")}
