"""How much sound and how many calls a recording has, counted without regard to any clip."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.shards.kin import STRETCH_S, kin_of
from chorus.shards.settings import ShardSettings
from chorus.shards.splits import Kin
from chorus.shards.usable import usable
from tests.shards.helpers import call, recording, tables

spans = st.lists(st.tuples(st.floats(0, 94, allow_nan=False), st.floats(0, 60, allow_nan=False)), max_size=8)


def kin(recordings: list[dict[str, object]], calls: list[dict[str, object]]) -> dict[str, Kin]:
    every = usable(tables(recordings, calls), ShardSettings(), Counter())[1]
    return {one.recording_id: one for one in kin_of(every, {})}


@given(st.lists(spans, min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_stretches_that_a_call_reaches_into_count_once(scenes: list[list[tuple[float, float]]]) -> None:
    recordings = [recording(f"s/{k}.wav", 95.0) for k in range(len(scenes))]
    calls = [call(f"s/{k}.wav", s, s + n) for k, scene in enumerate(scenes) for s, n in scene]
    found = kin(recordings, calls)
    for k, scene in enumerate(scenes):
        edges = [(int(s // STRETCH_S), int(min(s + n, 95.0) // STRETCH_S)) for s, n in scene]
        reached = {stretch for first, last in edges for stretch in range(first, last + 1)}
        assert found[f"s/{k}.wav"].calling == len(reached)
        assert found[f"s/{k}.wav"].stretches == 10


def test_noise_silence_and_what_is_absent_are_no_calls() -> None:
    calls = [call("s/a.wav", 1, 2, kind="noise"), call("s/a.wav", 11, 12, kind="silence")]
    calls += [call("s/a.wav", 21, 22, presence="absent"), call("s/a.wav", 31, 32, presence="uncertain")]
    calls += [call("s/a.wav", 70, 71)]
    assert kin([recording("s/a.wav")], calls)["s/a.wav"].calling == 1
