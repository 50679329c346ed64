"""Laws of all steps together, on clips of tone bursts: any set of steps, in any order, keeps every label on its sound.

Each event's band is followed through time: inside its span it stands far above the quiet of that band.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.schemas import AugmentStep, Event
from chorus.shards.augment import Clip, Recipe, Supply, augment
from chorus.shards.augment.compose import ALONE
from chorus.shards.augment.recipe import load_recipe
from chorus.shards.encode import to_16_bit
from tests.shards.augment.bursts import bursts
from tests.shards.augment.clicks import loads, streams

#: All steps that change a clip, so mildly that every burst can still be found.
MILD: dict[str, dict[str, Any]] = {
    "stitch": {"fade_s": (0.005, 0.02), "gap_s": (0.0, 0.1), "match_db": 12.0},
    "shift": {"share": (-1.0, 1.0)},
    "stretch": {"semitones": (-3.0, 3.0)},
    "distance": {"medium": "air", "metres": (1.0, 20.0)},
    "mix": {"clips": (2, 3), "snr_db": (-3.0, 3.0)},
    "reverb": {"rt60_s": (0.05, 0.2), "wet": (0.0, 0.2)},
    "noise": {"snr_db": (25.0, 35.0), "beds": ["white", "pink", "wind"], "lake_share": 0.5, "most_rise_db": -10.0},
    "reduce": {"strength": (0.3, 0.9)},
    "filter": {"depth_db": (1.0, 3.0)},
    "amplitude": {"gain_db": (-12.0, 30.0)},
    "clipping": {"below_peak_db": (0.5, 3.0), "soft": 0.5},
    "n_fft": {"scales": [0.5, 1.0, 2.0]},
}
#: What makes each step do nothing.
NOTHING: dict[str, dict[str, Any]] = {
    "shift": {"share": (0.0, 0.0)},
    "stretch": {"semitones": (0.0, 0.0)},
    "distance": {"medium": "air", "metres": (1.0, 1.0)},
    "reverb": {"rt60_s": (0.1, 0.1), "wet": (0.0, 0.0)},
    "noise": {"snr_db": (1000.0, 1000.0), "beds": ["white"], "most_rise_db": -10.0},
    "reduce": {"strength": (0.0, 0.0)},
    "filter": {"depth_db": (0.0, 0.0)},
    "amplitude": {"gain_db": (0.0, 0.0)},
    "clipping": {"below_peak_db": (0.0, 0.0), "soft": 0.5},
    "n_fft": {"scales": [1.0]},
}


def named(name: str, seed: int, **facts: Any) -> Clip:
    clip = bursts(seed, **facts)
    events = (e.model_copy(update={"call_id": f"{name}:{e.call_id}", "recording_id": name}) for e in clip.events)
    return replace(clip, events=tuple(events), parents=(name,))


def supply(seed: int) -> Supply:
    others = [named(f"o{k}", seed + k, seconds=length) for k, length in enumerate((1.0, 1.6, 2.0), 1)]
    quiet = replace(named("q", seed, count=0))
    return Supply(mix=loads(*others[:2]), stitch=loads(*others), quiet=loads(quiet), frames=16000)


def recipe_of(steps: list[str], parameters: dict[str, dict[str, Any]]) -> Recipe:
    return Recipe.model_validate({name: {"probability": 1.0} | parameters[name] for name in steps})


def test_the_laws_are_asked_of_every_step() -> None:
    every = {name for name, _ in load_recipe().steps()}
    assert set(MILD) == every and set(ALONE) | {"stitch", "mix", "noise"} == every
    assert set(NOTHING) == every - {"stitch", "mix"}


orders = st.lists(st.sampled_from(sorted(MILD)), max_size=4, unique=True) | st.permutations(sorted(MILD))


@given(seed=st.integers(0, 10_000), steps=orders, count=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_events_stay_on_their_sounds(seed: int, steps: list[str], count: int) -> None:
    base = named("base", seed, count=count)
    before, events = base.samples.copy(), base.events
    out, log = augment(base, recipe_of(steps, MILD), streams(seed), supply(seed))
    assert [step.name for step in log] == steps
    assert np.array_equal(base.samples, before) and base.events == events
    assert out.samples.dtype == np.float32 and np.isfinite(out.samples).all() and out.rate == base.rate
    assert all(0 <= e.start_s <= e.end_s <= out.seconds + 1e-9 for e in out.events)
    assert_conserved(base, out, log, seed)
    powers = grid(out)
    cuts = cuts_of(out, log)
    for event in out.events:
        if not any(event.start_s - 0.03 <= cut <= event.end_s + 0.03 for cut in cuts):
            assert contrast_db(event, out, powers) > 10
    if not {"noise", "reverb"} & set(steps):
        assert_all_marked(out, cuts)
    assert_fits_16_bit(out)


def assert_conserved(base: Clip, out: Clip, log: list[AugmentStep], seed: int) -> None:
    """No event is there twice or from nowhere; and without cuts, none is lost."""
    steps = {step.name for step in log}
    there = [e.call_id for e in out.events]
    own = {e.call_id for e in base.events}
    others = {clip.parents[0]: {e.call_id for e in clip.events} for clip in (load() for load in supply(seed).stitch)}
    assert set(there) <= own.union(*others.values()) and {e.recording_id for e in out.events} <= set(out.parents)
    if "stitch" not in steps:
        laid = {o["other"] for step in log if step.name == "mix" for o in step.params["others"]}
        whole = own.union(*(others[name] for name in laid))
        assert len(there) == len(set(there)) and own <= set(there) <= whole
        assert set(there) == whole or {"mix", "stretch"} <= steps


def cuts_of(out: Clip, log: list[AugmentStep]) -> list[float]:
    """Where sounds were cut in two; everywhere, once the cuts were moved by another step."""
    cuts: list[float] = []
    names: list[str] = []
    for step in log:
        if cuts and step.name in ("shift", "stretch"):
            return np.arange(0, out.seconds, 0.01).tolist()
        if step.name == "stitch":
            cuts += [
                time for joint in step.params.get("joints", []) for time in (joint["at_s"], joint.get("gap_at_s", 0))
            ]
        if step.name == "stitch" or (step.name == "mix" and "stretch" in names):
            cuts += [0.0, out.seconds]
        names.append(step.name)
    return cuts


def grid(clip: Clip) -> npt.NDArray[np.float64]:
    """Power by (frame of 16 ms, hop 4 ms; frequency)."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(clip.samples, 64), 128)[::32]
    return np.abs(np.fft.rfft(frames * np.hanning(128), axis=1)) ** 2


def contrast_db(event: Event, clip: Clip, powers: npt.NDArray[np.float64]) -> float:
    """The loudest of the event's band inside its span above the quieter tenth of the band."""
    assert event.low_hz is not None and event.high_hz is not None
    first, last = (round(hz / clip.rate * 128) for hz in (event.low_hz, event.high_hz))
    band = powers[:, first : max(last, first + 1) + 1].sum(axis=1) + 1e-14
    inside = band[round(event.start_s * clip.rate / 32) : round(event.end_s * clip.rate / 32) + 1]
    return float(10 * np.log10(inside.max() / np.quantile(band, 0.1)))


def assert_all_marked(clip: Clip, cuts: list[float]) -> None:
    """What is loud lies in an event, but for what a cut or a fade left of one."""
    size = np.abs(clip.samples)
    marked = np.zeros(clip.frames, bool)
    spans = [(e.start_s, e.end_s) for e in clip.events] + [(cut - 0.15, cut + 0.15) for cut in cuts]
    for start_s, end_s in spans:
        marked[max(0, round((start_s - 0.012) * clip.rate)) : round((end_s + 0.012) * clip.rate) + 1] = True
    assert size[~marked].max(initial=0.0) <= 0.05 * size.max(initial=0.0) + 12 * float(np.median(size))


def assert_fits_16_bit(clip: Clip) -> None:
    """Below full scale, or lowered to it and told."""
    whole, log = to_16_bit(clip.samples)
    peak = float(np.abs(clip.samples).max(initial=0.0))
    assert [step.name for step in log if step.name == "peak"] == (["peak"] if peak > 0.999 else [])
    assert np.abs(whole.astype(int)).max(initial=0) <= 32767


@pytest.mark.parametrize("name", sorted(NOTHING))
@pytest.mark.parametrize("seed", [1, 2])
def test_no_strength_changes_nothing(name: str, seed: int) -> None:
    base = named("base", seed, snr_db=20.0)
    out, _ = augment(base, recipe_of([name], NOTHING), streams(seed), Supply())
    assert np.array_equal(out.samples, base.samples)
    kept = [e.model_copy(update={"mixed_snr_db": None}) for e in out.events]
    assert kept == list(base.events) and out.frames == base.frames


@given(seed=st.integers(0, 10_000), steps=orders)
@settings(max_examples=10, deadline=None)
def test_only_seed_and_clip_decide(seed: int, steps: list[str]) -> None:
    recipe = recipe_of(steps, MILD)
    one = augment(named("base", seed), recipe, streams(seed), supply(seed))
    augment(named("other", seed + 7), recipe, streams(seed + 1), supply(seed + 3))
    two = augment(named("base", seed), recipe, streams(seed), supply(seed))
    assert np.array_equal(one[0].samples, two[0].samples) and one[1] == two[1]
    assert one[0].events == two[0].events and one[0].annotated_s == two[0].annotated_s


@pytest.mark.parametrize("name", sorted(MILD))
def test_silence_and_single_samples_survive(name: str) -> None:
    for samples in (np.zeros(8000, np.float32), np.zeros(1, np.float32), np.ones(3, np.float32)):
        clip = replace(named("base", 1, count=0), samples=samples)
        out, log = augment(clip, recipe_of([name], MILD), streams(1), supply(1))
        assert np.isfinite(out.samples).all() and len(log) == 1
