"""Clips at the same time: drawn ratios, events of all, labels complete where those of all are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.schemas import Annotated
from chorus.shards.augment.mix import MixStep, Relation, mix, related, species
from tests.shards.augment.bursts import bursts, event
from tests.shards.augment.clicks import RATE, assert_none_lost, assert_on_clicks, clicks, loads


def params(low_db: float, high_db: float, most: int = 2) -> MixStep:
    return MixStep(probability=1, snr_db=(low_db, high_db), clips=(most, most))


def test_mix_keeps_all_events_at_the_drawn_ratio() -> None:
    base, other = clicks("a", 1), clicks("b", 2)
    out, step = mix(base, np.random.default_rng(0), params(6, 6), loads(other))
    (laid,) = step.params["others"]
    assert laid["other"] == "b" and laid["snr_db"] == 6.0
    assert {e.call_id for e in out.events} == {e.call_id for e in base.events + other.events}
    assert {e.recording_id for e in out.events} == {"a", "b"}
    assert out.parents == ("a", "b") and out.licences == ("CC0-1.0",)
    added = out.samples - base.samples
    loud = [
        np.sqrt(np.mean([c[round(e.start_s * RATE)] ** 2 for e in src.events]))
        for c, src in ((base.samples, base), (added, other))
    ]
    assert 20 * np.log10(loud[0] / loud[1]) == pytest.approx(6.0, abs=0.2)


@given(seed=st.integers(0, 1000), most=st.integers(2, 4))
@settings(max_examples=10, deadline=None)
def test_each_of_many_clips_has_its_own_ratio(seed: int, most: int) -> None:
    base, *others = (clicks(f"c{k}", seed + k) for k in range(5))
    out, step = mix(base, np.random.default_rng(seed), params(-6, 12, most), loads(*others))
    assert [laid["other"] for laid in step.params["others"]] == [f"c{k}" for k in range(1, most)]
    assert len({laid["snr_db"] for laid in step.params["others"]}) == most - 1
    assert len(out.events) == sum(len(c.events) for c in (base, *others[: most - 1]))
    again = base.samples.astype(float)
    for laid, other in zip(step.params["others"], others, strict=False):
        again += other.samples * 10 ** (laid["gain_db"] / 20)
        powers = [np.mean([c.samples[round(e.start_s * RATE)] ** 2 for e in c.events]) for c in (base, other)]
        assert 10 * np.log10(powers[0] / powers[1]) == pytest.approx(laid["gain_db"] + laid["snr_db"], abs=0.2)
    assert out.samples == pytest.approx(again, abs=1e-5)


def test_events_tell_how_far_they_stand_above_the_rest() -> None:
    base, other = bursts(1), bursts(2)
    other = replace(other, events=tuple(e.model_copy(update={"call_id": "b" + e.call_id}) for e in other.events))
    out, step = mix(base, np.random.default_rng(1), params(3, 3), loads(other))
    weaker = other.samples * 10 ** (step.params["others"][0]["gain_db"] / 20)
    heard = {e.call_id: e for e in out.events}
    for clip, own, rest in ((base, base.samples, weaker), (other, weaker, base.samples)):
        for e in clip.events:
            first, last = round(e.start_s * base.rate), round(e.end_s * base.rate)
            up, down = (band_power(s[first:last], base.rate, e.low_hz, e.high_hz) for s in (own, rest))
            assert heard[e.call_id].mixed_snr_db == pytest.approx(10 * np.log10(up / down), abs=1)
            assert heard[e.call_id].snr_db is None


def test_mix_of_unlike_lengths() -> None:
    for frames in (4000, 30000):
        base, other = clicks("a", 1), clicks("b", 2, frames)
        for seed in range(5):
            out, _ = mix(base, np.random.default_rng(seed), params(0, 0), loads(other))
            assert out.frames == base.frames
            assert_on_clicks(out)
            assert_none_lost(out, [])


def test_mix_with_a_partly_annotated_clip_is_complete_only_outside_it() -> None:
    base = clicks("a", 1)
    other = clicks("b", 2, 4000, annotated=Annotated.weak)
    out, step = mix(base, np.random.default_rng(3), params(0, 15), loads(other))
    assert out.annotated is Annotated.partial and out.annotated_s is not None
    at_s = step.params["others"][0]["at_s"]
    assert np.allclose(out.annotated_s, [(0.0, at_s), (at_s + 0.5, 2.0)])
    whole, _ = mix(base, np.random.default_rng(3), params(0, 15), loads(clicks("b", 2, 4000)))
    assert whole.annotated is Annotated.full and whole.annotated_s is None


def test_mix_with_silence_or_nothing_is_skipped_and_said() -> None:
    silent = replace(clicks("b", 2), samples=np.zeros(16000, np.float32), events=())
    out, step = mix(clicks("a", 1), np.random.default_rng(0), params(0, 15), loads(silent))
    assert "silent" in step.params["skipped"] and out.parents == ("a",)
    alone, step = mix(clicks("a", 1), np.random.default_rng(0), params(0, 15))
    assert step.params["skipped"] == "no clip to mix with" and alone.parents == ("a",)


def test_the_log_tells_the_relation_and_the_band_limit() -> None:
    base = clicks("a", 1, species="orca")
    for other, relation in (("orca", "group"), ("human", "chorus"), (None, None)):
        limited = clicks("b", 2, species=other, band_limit_hz=1000.0)
        (laid,) = mix(base, np.random.default_rng(0), params(0, 0), loads(limited))[1].params["others"]
        assert laid.get("relation") == relation and laid["band_limit_hz"] == 1000.0


def test_relations_of_species() -> None:
    a, b = frozenset("a"), frozenset("b")
    assert related(a, a) is related(a | b, a) is Relation.group
    assert related(a, b) is Relation.chorus
    assert related(a, a | b) is related(a, frozenset()) is related(frozenset(), b) is Relation.any
    heard = [event("1", 0, 1, species="orca"), event("2", 0, 1, species="wolf", presence="absent")]
    assert species(heard) == {"orca"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"relation": {"any": 0.0}}, "above 0"),
        ({"clips": (1, 2)}, "greater than"),
        ({"relation": {"pair": 1.0}}, "chorus"),
    ],
)
def test_bad_parameters(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        MixStep.model_validate({"probability": 1, "snr_db": (0, 1)} | wrong)
