"""Labels move with the audio. Clips here hold single-sample clicks in faint noise, so every event can be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.audio.level import band_power
from chorus.errors import UsageError
from chorus.schemas import Annotated, AugmentStep, Event
from chorus.shards.augment import Clip, augment
from chorus.shards.augment.amplitude import amplitude
from chorus.shards.augment.mix import mix
from chorus.shards.augment.noise import noise
from chorus.shards.augment.recipe import Recipe, load_recipe
from chorus.shards.augment.reduce import gated, reduce
from chorus.shards.augment.stitch import crossfaded, stitch
from chorus.shards.draws import stream
from tests.shards.helpers import always

RATE = 8000
FAINT = 1e-4
#: Loud noise would hide the clicks; these keep them in view and still use every step.
SEEN = {
    "stitch": {"fade_s": (0.005, 0.02)},
    "mix": {"snr_db": (-6.0, 6.0)},
    "reduce": {"strength": (0.3, 0.9)},
    "noise": {"snr_db": (25.0, 35.0)},
    "amplitude": {"gain_db": (-12.0, 6.0)},
    "n_fft": {},
}


def clicks(name: str, seed: int, frames: int = 16000, count: int = 8, **facts: object) -> Clip:
    """A clip of `count` clicks, at least 400 samples apart, each an event of one sample."""
    rng = np.random.default_rng(seed)
    samples = (FAINT * rng.standard_normal(frames)).astype(np.float32)
    slots = rng.choice(frames // 800, min(count, frames // 800), replace=False)
    events = []
    for slot in sorted(slots):
        place = int(slot) * 800 + int(rng.integers(200, 600))
        samples[place] = rng.choice([-1, 1]) * rng.uniform(0.4, 0.6)
        events.append(event(f"{name}:{place}", place / RATE, (place + 1) / RATE))
    known = {"annotated": Annotated.full, "annotated_s": None, "parents": (name,), "licences": ("CC0-1.0",)} | facts
    return Clip(samples, RATE, tuple(events), **known)  # type: ignore[arg-type]


def event(call_id: str, start_s: float, end_s: float, **facts: object) -> Event:
    known = {"kind": "animal", "strength": "strong", "presence": "present"} | facts
    return Event(call_id=call_id, start_s=start_s, end_s=end_s, **known)  # type: ignore[arg-type]


def streams(seed: int) -> Callable[[str], np.random.Generator]:
    return partial(stream, seed)


def assert_on_clicks(clip: Clip) -> None:
    """Every event's first sample is, within one, the greatest in its neighbourhood and far above the noise."""
    size = np.abs(clip.samples)
    noise_level = float(np.median(size))
    for e in clip.events:
        place = round(e.start_s * clip.rate)
        near = slice(max(0, place - 40), place + 41)
        at = size[max(0, place - 1) : place + 2].max()
        assert at > 12 * noise_level
        others = [round(o.start_s * clip.rate) for o in clip.events if o is not e]
        if not any(abs(o - place) <= 41 for o in others):
            assert at == size[near].max()


def assert_none_lost(clip: Clip, steps: list[AugmentStep]) -> None:
    """Every loud sample outside cross-fades is an event; not asked of added noise, whose drops of rain are as loud."""
    if any(step.name == "noise" for step in steps):
        return
    size = np.abs(clip.samples)
    starts = np.array([round(e.start_s * clip.rate) for e in clip.events] or [-(10**6)])
    fading = np.zeros(clip.frames, bool)
    for step in steps:
        for joint in step.params.get("joints", []) if step.name == "stitch" else []:
            half = step.params["fade_s"] / 2 + 2 / clip.rate
            fading[round((joint["at_s"] - half) * clip.rate) : round((joint["at_s"] + half) * clip.rate) + 1] = True
    for place in np.flatnonzero((size > max(0.05, 12 * float(np.median(size)))) & ~fading):
        assert np.abs(starts - place).min() <= 1


@given(
    seed=st.integers(0, 10_000),
    steps=st.sets(st.sampled_from(sorted(SEEN)), max_size=6),
    frames=st.sampled_from([4000, 16000, 15999]),
)
@settings(max_examples=50, deadline=None)
def test_every_event_lies_on_its_click(seed: int, steps: set[str], frames: int) -> None:
    base = clicks("base", seed, frames)
    others = [clicks(f"other{k}", seed + 1 + k, n) for k, n in enumerate((3000, 16000, 20001, 16000))]
    recipe = always(**{name: SEEN[name] for name in steps})
    out, log, scale = augment(base, recipe, streams(seed), [partial(replace, other) for other in others], 16000)
    assert [step.name for step in log] == [name for name in SEEN if name in steps and name != "n_fft"]
    assert scale in ((0.5, 1.0, 2.0, 4.0) if "n_fft" in steps else (1.0,))
    assert out.samples.dtype == np.float32 and np.isfinite(out.samples).all()
    assert all(0 <= e.start_s <= e.end_s <= out.seconds + 1e-9 for e in out.events)
    assert_on_clicks(out)
    if "reduce" not in steps:
        assert_none_lost(out, log)
    if not steps & {"mix", "stitch"}:
        assert [e.call_id for e in out.events] == [e.call_id for e in base.events]


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_a_clip_is_augmented_alike_whatever_came_before(seed: int) -> None:
    base, other = clicks("a", 1), clicks("b", 2)
    recipe = always(**SEEN)
    one = augment(base, recipe, streams(seed), [lambda: other], 16000)
    augment(other, recipe, streams(seed + 1), [lambda: base], 16000)
    two = augment(base, recipe, streams(seed), [lambda: other], 16000)
    assert np.array_equal(one[0].samples, two[0].samples)
    assert one[1:] == two[1:] and one[0].events == two[0].events


def test_no_probability_is_identity() -> None:
    base = clicks("a", 1)
    out, log, scale = augment(base, always(), streams(0), [lambda: clicks("b", 2)], 16000)
    assert out is base and log == [] and scale == 1.0


def test_mix_keeps_all_events_at_the_drawn_ratio() -> None:
    base, other = clicks("a", 1), clicks("b", 2)
    params = always(mix={"snr_db": (6.0, 6.0)}).mix
    out, step = mix(base, np.random.default_rng(0), params, other)
    assert step.params["snr_db"] == 6.0
    assert {e.call_id for e in out.events} == {e.call_id for e in base.events + other.events}
    assert out.parents == ("a", "b") and out.licences == ("CC0-1.0",)
    added = out.samples - base.samples
    loud = [
        np.sqrt(np.mean([c[round(e.start_s * RATE)] ** 2 for e in src.events]))
        for c, src in ((base.samples, base), (added, other))
    ]
    assert 20 * np.log10(loud[0] / loud[1]) == pytest.approx(6.0, abs=0.2)


def test_mix_of_unlike_lengths() -> None:
    params = always(mix={"snr_db": (0.0, 0.0)}).mix
    for frames in (4000, 30000):
        base, other = clicks("a", 1), clicks("b", 2, frames)
        for seed in range(5):
            out, _ = mix(base, np.random.default_rng(seed), params, other)
            assert out.frames == base.frames
            assert_on_clicks(out)
            assert_none_lost(out, [])


def test_mix_with_a_partly_annotated_clip_is_complete_only_outside_it() -> None:
    base = clicks("a", 1)
    other = clicks("b", 2, 4000, annotated=Annotated.weak)
    out, step = mix(base, np.random.default_rng(3), always(mix={}).mix, other)
    assert out.annotated is Annotated.partial and out.annotated_s is not None
    at_s = step.params["at_s"]
    assert np.allclose(out.annotated_s, [(0.0, at_s), (at_s + 0.5, 2.0)])
    whole, _ = mix(base, np.random.default_rng(3), always(mix={}).mix, clicks("b", 2, 4000))
    assert whole.annotated is Annotated.full and whole.annotated_s is None


def test_mix_with_silence_is_skipped_and_said() -> None:
    silent = replace(clicks("b", 2), samples=np.zeros(16000, np.float32), events=())
    out, step = mix(clicks("a", 1), np.random.default_rng(0), always(mix={}).mix, silent)
    assert "silent" in step.params["skipped"] and out.parents == ("a",)


def test_known_snr_falls_by_what_was_added() -> None:
    rng = np.random.default_rng(0)
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(16000) / RATE) * (np.arange(16000) // 4000 == 1)
    hiss = 0.01 * rng.standard_normal(16000)
    snr_db = 10 * np.log10(0.1**2 / 2 / band_power(hiss[4000:8000], RATE, 900, 1100))
    marked = event("t", 0.5, 1.0, low_hz=900.0, high_hz=1100.0, snr_db=snr_db)
    clip = replace(clicks("a", 1), samples=(tone + hiss).astype(np.float32), events=(marked,))
    out, _ = noise(
        clip,
        np.random.default_rng(1),
        always(noise={"snr_db": (10.0, 10.0), "beds": ["white"], "most_rise_db": 60.0}).noise,
    )
    added = out.samples - clip.samples
    under = band_power((hiss + added)[4000:8000], RATE, 900, 1100)
    assert out.events[0].snr_db == pytest.approx(10 * np.log10(0.1**2 / 2 / under), abs=0.5)
    assert 10 * np.log10(
        band_power(clip.samples[4000:8000], RATE, 900, 1100) / band_power(added[4000:8000], RATE, 900, 1100)
    ) == pytest.approx(10, abs=0.3)


def test_noise_is_never_much_louder_than_the_clip() -> None:
    params = always(noise={"snr_db": (-60.0, -60.0), "beds": ["brown"], "most_rise_db": 10.0}).noise
    clip = clicks("a", 1)
    out, step = noise(clip, np.random.default_rng(1), params)
    added = np.sqrt(np.mean((out.samples - clip.samples) ** 2.0))
    assert added <= 10 ** (10.1 / 20) * np.sqrt(np.mean(clip.samples**2.0))
    assert step.params["snr_db"] > -60


def test_amplitude_is_its_gain() -> None:
    clip = clicks("a", 1)
    out, step = amplitude(clip, np.random.default_rng(0), always(amplitude={}).amplitude)
    assert out.samples == pytest.approx(clip.samples * 10 ** (step.params["gain_db"] / 20), rel=1e-5)
    assert out.events == clip.events


@given(frames=st.integers(300, 5000), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_gating_without_strength_gives_the_samples_back(frames: int, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(frames).astype(np.float32)
    assert gated(samples, 256, 0.0) == pytest.approx(samples, abs=1e-5)
    assert np.mean(gated(samples, 256, 0.8) ** 2) < np.mean(samples**2)


def test_reduction_raises_the_contrast_and_says_by_how_much() -> None:
    rng = np.random.default_rng(0)
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(16000) / RATE) * (np.arange(16000) // 4000 == 1)
    marked = event("t", 0.5, 1.0, low_hz=900.0, high_hz=1100.0, snr_db=30.0)
    clip = replace(
        clicks("a", 1), samples=(tone + 0.01 * rng.standard_normal(16000)).astype(np.float32), events=(marked,)
    )
    out, step = reduce(clip, np.random.default_rng(1), always(reduce={"strength": (0.8, 0.8)}).reduce)
    assert step.params["snr_change_db"] > 6
    assert step.params["event_gain_db"] == pytest.approx(0.0, abs=0.5)
    assert out.events[0].snr_db == pytest.approx(30 + step.params["snr_change_db"])
    short, said = reduce(clip.part(0, 500), np.random.default_rng(1), always(reduce={}).reduce)
    assert "short" in said.params["skipped"] and short.frames == 500


def test_crossfade_keeps_the_power_of_unrelated_sounds() -> None:
    rng = np.random.default_rng(0)
    one, two = (rng.standard_normal(30000).astype(np.float32) for _ in range(2))
    out = crossfaded(one, two, 20000)
    assert len(out) == 40000
    assert np.mean(out[10000:30000] ** 2) == pytest.approx(1.0, abs=0.05)
    assert np.array_equal(out[:10000], one[:10000]) and np.array_equal(out[30000:], two[20000:])


def test_stitching_makes_short_clips_longer_and_keeps_full_ones() -> None:
    others = [clicks(f"o{k}", 10 + k, 4000) for k in range(4)]
    out, step = stitch(clicks("a", 1, 4000), np.random.default_rng(0), always(stitch={}).stitch, others, 16000)
    assert 15000 < out.frames <= 16000
    assert len(step.params["joints"]) >= 3 and out.parents[0] == "a"
    full, _ = stitch(clicks("a", 1), np.random.default_rng(0), always(stitch={}).stitch, [clicks("b", 2)], 16000)
    assert full.frames == 16000 and full.parents == ("a", "b")
    alone, said = stitch(clicks("a", 1), np.random.default_rng(0), always(stitch={}).stitch, [], 16000)
    assert alone.frames == 16000 and "skipped" in said.params


def test_recipes(tmp_path: object) -> None:
    from pathlib import Path

    default = load_recipe()
    assert default.copies >= 1
    path = Path(str(tmp_path)) / "r.toml"
    text = (Path(load_recipe.__code__.co_filename).with_name("default.toml")).read_text()
    path.write_text(text)
    assert load_recipe(path) == default
    for old, new, what in (
        ("copies = 1", "copies = 0", "copies"),
        ("probability = 0.25", "probability = 2", "stitch.probability"),
        ("snr_db = [5.0, 25.0]", "snr_db = [25.0, 5.0]", "snr_db goes from 25.0 down to 5.0"),
        ('"rain"', '"thunder"', "no bed 'thunder'"),
        ("copies = 1", "copies = ", "no TOML"),
        ("copies = 1", "copies = 1\nloudness = 2", "loudness"),
    ):
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(UsageError, match=what):
            load_recipe(path)
    with pytest.raises(UsageError, match="No such file"):
        load_recipe(path.with_name("none.toml"))
    assert isinstance(default, Recipe)
