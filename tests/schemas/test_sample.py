"""Events of a clip."""

from __future__ import annotations

from typing import Any

import pytest

from chorus.schemas.sample import is_strong_call


@pytest.mark.parametrize(
    ("changes", "strong"),
    [
        ({}, True),
        ({"kind": "human"}, True),
        ({"kind": "noise"}, False),
        ({"presence": "absent"}, False),
        ({"presence": "uncertain"}, False),
        ({"strength": "weak"}, False),
        ({"end_s": 1.0}, False),
    ],
)
def test_a_strong_call_is_there_and_has_marked_times(changes: dict[str, Any], strong: bool) -> None:
    event = {"kind": "animal", "presence": "present", "strength": "strong", "start_s": 1.0, "end_s": 1.5}
    assert is_strong_call(**event | changes) == strong
