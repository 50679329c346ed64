"""Which windows may be laid under other clips as noise: those of which it is known that nothing calls in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chorus.schemas.vocabulary import Annotated
from chorus.shards.clips import Heard, Windows
from chorus.shards.usable import Material, values

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Parts of annotated stretches that lie no farther apart than this are one, seconds.
JOINED_S = 1e-6


def beds(windows: Windows, heard: Heard, material: Material) -> npt.NDArray[np.bool_]:
    """The windows that no call of any channel touches and that lie in what was listened to as a whole."""
    import numpy as np

    annotated = values(material.recordings["annotated"], "")
    quiet = ~windows.positive & ~heard.touched
    known: npt.NDArray[np.bool_] = quiet & (annotated == Annotated.full.value)[windows.recording]
    partly = quiet & (annotated == Annotated.partial.value)[windows.recording]
    intervals = material.recordings["annotated_intervals"]
    for k in np.flatnonzero(partly).tolist():
        recording = int(windows.recording[k])
        first_s, last_s = (int(edge[k]) / int(material.rates[recording]) for edge in (windows.first, windows.last))
        known[k] = _covered(intervals[recording].as_py() or [], first_s, last_s)
    return known


def _covered(intervals: list[dict[str, Any]], first_s: float, last_s: float) -> bool:
    """Whether the intervals together hold every moment from `first_s` to `last_s`."""
    for interval in sorted(intervals, key=lambda interval: interval["start_s"]):
        if interval["start_s"] > first_s + JOINED_S:
            break
        first_s = max(first_s, interval["end_s"])
    return first_s >= last_s - JOINED_S
