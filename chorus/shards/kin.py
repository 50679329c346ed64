"""The recordings of the lake and their relatives, as they are split.

Nothing here depends on which clips are asked for: how much sound and how many calls there are in a recording is counted
in stretches of one length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from chorus.shards.clips import ends_s
from chorus.shards.splits import Kin
from chorus.shards.usable import Material, places

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Length of a stretch, seconds; that of a clip where nothing else is asked for.
STRETCH_S = 10


def kin_of(material: Material, duplicates: Mapping[str, str]) -> Iterator[Kin]:
    """What is known of the relatives of each recording; `duplicates` names the cluster of those that have copies."""
    total = _stretches(material)
    calling = _calling_stretches(material, total).tolist()
    individuals, released = _individuals(material), _released(material)
    names = ("recording_id", "source", "split", "individual", "site", "session", "recorded_at")
    columns = [material.recordings[name].to_pylist() for name in names]
    for k, (name, source, split, individual, site, session, recorded_at) in enumerate(zip(*columns, strict=True)):
        known = individuals.get(k, set()) | ({individual} if individual else set())
        yield Kin(
            name,
            source,
            calling[k],
            split or released.get(k),
            tuple(sorted(known)),
            site,
            session,
            recorded_at.date().isoformat() if recorded_at else None,
            duplicates.get(name),
            int(total[k]),
        )


def _stretches(material: Material) -> npt.NDArray[np.int64]:
    """Stretches that each recording has, the last of them often shorter."""
    return -(-material.frames // (STRETCH_S * material.rates))


def _calling_stretches(material: Material, total: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many stretches of each recording a call reaches into; `total` is how many there are."""
    import numpy as np

    calls = np.flatnonzero(material.calling & (material.start_s < (material.frames / material.rates)[material.owner]))
    owner = material.owner[calls]
    place = (np.cumsum(total) - total)[owner]
    first = place + (material.start_s[calls] // STRETCH_S).astype(np.int64)
    last = place + np.minimum((ends_s(material, calls) // STRETCH_S).astype(np.int64), total[owner] - 1)
    reached = np.concatenate([[-1], np.maximum.accumulate(last)])[:-1]
    fresh = np.maximum(last - np.maximum(first - 1, reached), 0)
    return np.bincount(owner, fresh, minlength=len(material)).astype(np.int64)


def _individuals(material: Material) -> dict[int, set[str]]:
    """Number of a recording -> the individuals that its calls name."""
    import numpy as np

    codes, names = places(material.text("individual"))
    found: dict[int, set[str]] = {}
    named = codes >= 0
    for k, code in np.unique(np.stack([material.owner[named], codes[named]]), axis=1).T.tolist():
        if names[code]:
            found.setdefault(k, set()).add(names[code])
    return found


def _released(material: Material) -> dict[int, str]:
    """Number of a recording -> the split that all of its calls state."""
    import numpy as np

    codes, names = places(material.text("split"))
    calling = np.flatnonzero(np.diff(material.edges))
    if not names or not len(calling):
        return {}
    low = np.minimum.reduceat(codes, material.edges[calling])
    same = (low == np.maximum.reduceat(codes, material.edges[calling])) & (low >= 0)
    return {int(k): names[code] for k, code in zip(calling[same], low[same], strict=True)}
