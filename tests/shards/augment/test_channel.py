"""Another channel is taken only where the labels hold for it too."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chorus.shards.augment.channel import ChannelStep, channel_step, choose_channel

ALWAYS = ChannelStep(probability=1)


@given(st.integers(0, 999), st.integers(1, 8), st.data())
def test_it_is_another_channel_of_the_recording(seed: int, channels: int, data: st.DataObject) -> None:
    own = data.draw(st.integers(1, channels))
    chosen = choose_channel(np.random.default_rng(seed), ALWAYS, own, channels, False)
    assert 1 <= chosen <= channels
    assert (chosen == own) == (channels == 1)


def test_calls_marked_in_a_channel_keep_it() -> None:
    assert choose_channel(np.random.default_rng(0), ALWAYS, 1, 4, True) == 1


def test_every_other_channel_is_taken_some_time() -> None:
    found = {choose_channel(np.random.default_rng(k), ALWAYS, 2, 4, False) for k in range(60)}
    assert found == {1, 3, 4}


def test_never() -> None:
    never = ChannelStep(probability=0)
    assert {choose_channel(np.random.default_rng(k), never, 2, 4, False) for k in range(20)} == {2}
    assert channel_step(2, 3).params == {"from": 2, "channel": 3}
