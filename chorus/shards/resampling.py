"""What resampling takes away, counted when the set is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chorus.shards.clips import Heard, Windows
from chorus.shards.usable import Material, values

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def seconds(clips: npt.NDArray[np.int64], windows: Windows, material: Material) -> npt.NDArray[np.float64]:
    """Length of some windows."""
    lengths: npt.NDArray[np.float64] = (windows.last[clips] - windows.first[clips]) / material.rates[
        windows.recording[clips]
    ]
    return lengths


def account(
    clips: npt.NDArray[np.int64], windows: Windows, heard: Heard, material: Material
) -> dict[str, dict[str, Any]]:
    """`resampled`: the clips whose rate is changed, as they are before balancing and augmentation, and what was lost.

    `events_lost` lie above the new Nyquist frequency as a whole and are not in their clips any more, `events_cut` reach
    above it, of `events_of_unknown_band` nobody knows; `clips_with_loss` hold one of the first two.
    """
    import numpy as np

    recording = windows.recording[clips]
    changed = clips[material.rates[recording] != material.clip_rates[recording]]
    down = changed[material.rates[windows.recording[changed]] > material.clip_rates[windows.recording[changed]]]
    counts, calls = heard.of(down)
    nyquist = np.repeat(material.clip_rates[windows.recording[down]] / 2, counts)
    high_hz = values(material.calls["high_hz"], np.nan)[calls]
    above = np.bincount(np.repeat(np.arange(len(down)), counts), high_hz > nyquist, len(down))
    return {
        "resampled": {
            "clips": len(changed),
            "hours": round(float(seconds(changed, windows, material).sum()) / 3600, 6),
            "to_lower_rates": len(down),
            "from_hz": _by_rate(changed, windows, material),
            "clips_with_loss": int(((above > 0) | (heard.lost[down] > 0)).sum()),
            "events_lost": int(heard.lost[down].sum()),
            "events_cut": int(above.sum()),
            "events_of_unknown_band": int(np.isnan(high_hz).sum()),
        }
    }


def _by_rate(clips: npt.NDArray[np.int64], windows: Windows, material: Material) -> dict[str, dict[str, float]]:
    """Clips and hours by the rate of their recordings."""
    import numpy as np

    rates = material.rates[windows.recording[clips]]
    hours = seconds(clips, windows, material) / 3600
    return {
        str(rate): {"clips": int((rates == rate).sum()), "hours": round(float(hours[rates == rate].sum()), 6)}
        for rate in np.unique(rates).tolist()
    }
