"""The steps of a recipe one after the other: labels stay on their sounds, draws depend on seed and clip alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.shards.augment import Recipe, Supply, augment
from tests.shards.augment.clicks import assert_none_lost, assert_on_clicks, clicks, loads, streams
from tests.shards.helpers import always

#: Loud noise would hide the clicks; these keep them in view. The rest of the steps: `test_laws`.
SEEN = {
    "stitch": {"fade_s": (0.005, 0.02), "gap_s": (0.0, 0.1)},
    "mix": {"snr_db": (-6.0, 6.0), "clips": (2, 3)},
    "noise": {"snr_db": (25.0, 35.0)},
    "reduce": {"strength": (0.3, 0.9)},
    "amplitude": {"gain_db": (-12.0, 6.0)},
    "n_fft": {},
}


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
    supply = Supply(
        mix=loads(*others[2:]), stitch=loads(*others[:3]), quiet=loads(clicks("q", 1, count=0)), frames=16000
    )
    out, log = augment(base, recipe, streams(seed), supply)
    assert [step.name for step in log] == [name for name in SEEN if name in steps]
    assert out.n_fft_scale in ((0.5, 1.0, 2.0, 4.0) if "n_fft" in steps else (None,))
    assert out.samples.dtype == np.float32 and np.isfinite(out.samples).all()
    assert all(0 <= e.start_s <= e.end_s <= out.seconds + 1e-9 for e in out.events)
    assert {e.recording_id for e in out.events} <= set(out.parents)
    assert_on_clicks(out)
    if "reduce" not in steps:
        assert_none_lost(out, log)
    if not steps & {"mix", "stitch"}:
        assert [e.call_id for e in out.events] == [e.call_id for e in base.events]


def test_a_clip_is_augmented_alike_whatever_came_before() -> None:
    base, other = clicks("a", 1), clicks("b", 2)
    recipe = always(**SEEN)
    one = augment(base, recipe, streams(3), Supply(mix=loads(other), stitch=loads(other)))
    augment(other, recipe, streams(4), Supply(mix=loads(base), stitch=loads(base)))
    two = augment(base, recipe, streams(3), Supply(mix=loads(other), stitch=loads(other)))
    assert np.array_equal(one[0].samples, two[0].samples)
    assert one[1] == two[1] and one[0].events == two[0].events


def test_what_a_step_draws_does_not_depend_on_the_others() -> None:
    base = clicks("a", 1)
    drawn = [
        {step.name: step.params for step in augment(base, always(**steps), streams(5))[1]}
        for steps in ({"amplitude": {}}, {"n_fft": {}}, {"amplitude": {}, "n_fft": {}, "reduce": {}, "noise": {}})
    ]
    assert drawn[0]["amplitude"] == drawn[2]["amplitude"] and drawn[1]["n_fft"] == drawn[2]["n_fft"]


def test_no_probability_is_identity() -> None:
    base = clicks("a", 1)
    out, log = augment(base, always(), streams(0), Supply(mix=loads(clicks("b", 2))))
    assert out is base and log == []
    assert augment(base, Recipe(), streams(0))[0] is base


def test_steps_follow_the_order_of_the_recipe() -> None:
    steps = {
        "amplitude": {"probability": 1, "gain_db": [20, 20]},
        "clipping": {"probability": 1, "below_peak_db": [6, 6], "soft": 0},
    }
    for order in (("amplitude", "clipping"), ("clipping", "amplitude")):
        recipe = Recipe.model_validate({name: steps[name] for name in order})
        log = augment(clicks("a", 1), recipe, streams(0))[1]
        assert tuple(step.name for step in log) == order
        assert Recipe.model_validate_json(recipe.model_dump_json()).order == order
