"""From the calls of recordings to the clips that will be cut from them, as columns."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chorus.schemas.vocabulary import Annotated
from chorus.shards.draws import digest, mixed, stream
from chorus.shards.settings import ShardSettings
from chorus.shards.usable import Material, Refused, values
from chorus.shards.windows import Span, apart, around_calls, free_of_calls, over_all

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NO_CHANNEL = "the channel of the call is not in the recording"
PAST_END = "the call begins after the end of its recording"
TOO_HIGH = "the call lies above half of the sample rate"
#: Frames between recordings when all are laid one after the other.
GAP = 8


@dataclass(frozen=True)
class Windows:
    """Clips to be: window `w` is frames `first[w]:last[w]` of one channel of a recording. By recording and frame.

    `keys` tell windows apart and put them into orders that look random; `positive` tells those cut around calls, and
    others in which one is heard (see `with_calls`).
    """

    recording: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    positive: npt.NDArray[np.bool_]
    keys: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Heard:
    """Which calls are in which window: window `w` holds `calls[edges[w]:edges[w + 1]]`, in the order of their starts.

    `lost` counts for each window the calls that are not in it because they lie above half of its rate. `touched` tells
    which windows share a sample with a call of any channel, `marked` which with a row whose channel is stated.
    """

    edges: npt.NDArray[np.int64]
    calls: npt.NDArray[np.int64]
    lost: npt.NDArray[np.int64]
    touched: npt.NDArray[np.bool_]
    marked: npt.NDArray[np.bool_]

    def windows(self) -> npt.NDArray[np.int64]:
        """The window of each entry of `calls`."""
        import numpy as np

        return np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))

    def of(self, windows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """How many calls each of `windows` holds, and these calls one window after the other."""
        counts = self.edges[windows + 1] - self.edges[windows]
        return counts, self.calls[spread(self.edges[windows], counts)]


def spread(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`starts[0]`, `starts[0] + 1` ... (`counts[0]` numbers), then those from `starts[1]` on, and so forth."""
    import numpy as np

    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


# Windows --------------------------------------------------------------------------------------------------------------


class _Growing:
    """Columns of windows while they are found."""

    def __init__(self) -> None:
        self.columns = tuple(array("q") for _ in range(5))

    def add(self, recording: int, channel: int, spans: list[Span], positive: bool) -> None:
        for first, last in spans:
            for column, value in zip(self.columns, (recording, channel, first, last, positive), strict=True):
                column.append(value)

    def windows(self, material: Material) -> Windows:
        import numpy as np

        recording, channel, first, last, positive = (
            np.frombuffer(c, np.int64) if c else np.empty(0, np.int64) for c in self.columns
        )
        order = np.lexsort((channel, first, recording))
        recording, channel, first, last = (column[order] for column in (recording, channel, first, last))
        keys = _keys(material, recording, channel, first, last)
        return Windows(recording, channel, first, last, positive[order].astype(bool), keys)


def _keys(
    material: Material,
    recording: npt.NDArray[np.int64],
    channel: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint64]:
    import numpy as np

    names = np.fromiter((int(digest("clip", name), 16) for name in material.ids()), np.uint64, len(material))
    keys = names[recording]
    for column in (channel, first, last, material.rates[recording]):
        keys = mixed(keys ^ mixed(column.astype(np.uint64), "place"), "clip")
    return keys


def key_names(material: Material) -> list[str]:
    """What the keys of a recording's clips begin with: its source."""
    sources = material.recordings["source"].to_pylist()
    plain = {name: re.sub(r"[^A-Za-z0-9_-]", "_", name) for name in set(sources)}
    return [plain[name] for name in sources]


def windows_of(
    material: Material, reviewed: npt.NDArray[np.bool_] | None, settings: ShardSettings, refused: Refused
) -> Windows:
    """Windows over the wanted calls of each recording, per channel, then those free of calls.

    Windows over rows of noise, of silence and of what is absent count as free of calls, unless nothing else is wanted.
    `reviewed` tells which recordings' call-free stretches may be used though no wanted call is in them; None: all.
    Unlabelled sets have windows over whole recordings instead.
    """
    if settings.unlabelled:
        return _over_recordings(material, settings)
    import numpy as np

    good = material.wanted & ~_refused_calls(material, refused)
    calling = material.calling
    if not (good & calling).any():
        calling = np.ones_like(calling)
    rates = material.rates[material.owner]
    length = material.frames[material.owner]
    start = np.minimum(np.rint(material.start_s * rates).astype(np.int64), length)
    end = np.minimum(np.rint(material.end_s * rates).astype(np.int64), length)
    channels = np.maximum(material.channel, 1)
    full = np.asarray(values(material.recordings["annotated"], "") == Annotated.full.value)
    growing = _Growing()
    for k, name in enumerate(material.ids()):
        mine = slice(int(material.edges[k]), int(material.edges[k + 1]))
        frames, rate = int(material.frames[k]), int(material.rates[k])
        clip = settings.clip_frames(rate)
        around = good[mine]
        for channel in np.unique(channels[mine][around]).tolist():
            here = around & (channels[mine] == channel)
            found: dict[str, list[Span]] = {}
            for kind, part in (("windows", here & calling[mine]), ("quiet rows", here & ~calling[mine])):
                spans = sorted(zip(start[mine][part].tolist(), end[mine][part].tolist(), strict=True))
                rng = stream(settings.seed, kind, name, str(channel))
                found[kind] = around_calls(spans, frames, clip, rng)
            growing.add(k, channel, found["windows"], True)
            growing.add(k, channel, apart(found["quiet rows"], found["windows"]), False)
        if full[k] and (around.any() or reviewed is None or reviewed[k]):
            spans = sorted(zip(start[mine].tolist(), end[mine].tolist(), strict=True))
            rng = stream(settings.seed, "negatives", name)
            margin = round(settings.negative_margin_s * rate)
            growing.add(k, 1, free_of_calls(spans, frames, clip, margin, rng), False)
    return growing.windows(material)


def _over_recordings(material: Material, settings: ShardSettings) -> Windows:
    """Over the first channel of each recording, and those that calls are marked in."""
    import numpy as np

    growing = _Growing()
    there = values(material.recordings["channels"], 1)
    for k in range(len(material)):
        marked = np.unique(material.channel[int(material.edges[k]) : int(material.edges[k + 1])])
        for channel in sorted({1, *marked[(marked > 0) & (marked <= there[k])].tolist()}):
            windows = over_all(int(material.frames[k]), settings.clip_frames(int(material.rates[k])))
            growing.add(k, channel, windows, True)
    return growing.windows(material)


def _refused_calls(material: Material, refused: Refused) -> npt.NDArray[np.bool_]:
    """Calls that no clip can be cut around; the wanted ones are counted by reason."""
    import numpy as np

    there = values(material.recordings["channels"], 1)[material.owner]
    starts = np.rint(material.start_s * material.rates[material.owner])
    reasons = {
        NO_CHANNEL: np.maximum(material.channel, 1) > there,
        PAST_END: starts >= material.frames[material.owner],
        TOO_HIGH: material.too_high,
    }
    bad = np.zeros(len(material.calls), bool)
    for reason, mask in reasons.items():
        hit = int((mask & material.wanted & ~bad).sum())
        if hit:
            refused["calls", reason] += hit
        bad |= mask
    return bad


# Calls in windows -----------------------------------------------------------------------------------------------------


def heard_in(windows: Windows, material: Material) -> Heard:
    """The calls in each window: of its channel or of none stated, sharing a sample with it, not above half its rate."""
    import numpy as np

    call, window = _touching(windows, material)
    channel = material.channel[call]
    touched = np.bincount(window[material.calling[call]], minlength=len(windows)) > 0
    marked = np.bincount(window[channel > 0], minlength=len(windows)) > 0
    keep = (channel == 0) | (channel == windows.channel[window])
    call, window = call[keep], window[keep]
    high = material.too_high[call]
    lost = np.bincount(window[high], minlength=len(windows))
    call, window = call[~high], window[~high]
    order = np.argsort(window, kind="stable")
    edges = np.concatenate([[0], np.cumsum(np.bincount(window, minlength=len(windows)))])
    return Heard(edges, call[order], lost, touched, marked)


def with_calls(windows: Windows, heard: Heard, material: Material) -> Windows:
    """The windows, those that a call is heard in among the positive ones, whatever they were cut around."""
    import numpy as np

    calling = heard.windows()[material.calling[heard.calls]]
    held = np.bincount(calling, minlength=len(windows)) > 0
    return replace(windows, positive=windows.positive | held)


def ends_s(material: Material, calls: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Ends of calls, those past the end of their recordings cut to it."""
    import numpy as np

    owner = material.owner[calls]
    return np.minimum(material.end_s[calls], material.frames[owner] / material.rates[owner])


def _touching(windows: Windows, material: Material) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(call, window) of all that share a sample. The windows of a recording have one length, so that those which a call
    touches follow each other."""
    import numpy as np

    place = np.cumsum(material.frames + GAP) - material.frames - GAP
    first, last = place[windows.recording] + windows.first, place[windows.recording] + windows.last
    owner, every = material.owner, np.arange(len(material.calls))
    inside = material.start_s < material.frames[owner] / material.rates[owner]
    calls = every[inside]
    owner = owner[inside]
    start = place[owner] + np.floor(material.start_s[calls] * material.rates[owner]).astype(np.int64) - 1
    end = place[owner] + np.ceil(ends_s(material, calls) * material.rates[owner]).astype(np.int64) + 1
    low, high = np.searchsorted(last, start), np.searchsorted(first, end, "right")
    counts = np.maximum(high - low, 0)
    call, window = np.repeat(calls, counts), spread(low, counts)
    shared = _shares_a_sample(call, window, windows, material)
    return call[shared], window[shared]


def _shares_a_sample(
    call: npt.NDArray[np.int64], window: npt.NDArray[np.int64], windows: Windows, material: Material
) -> npt.NDArray[np.bool_]:
    import numpy as np

    rate = material.rates[material.owner[call]]
    start = np.rint(material.start_s[call] * rate - windows.first[window])
    end = np.rint(ends_s(material, call) * rate - windows.first[window])
    length = windows.last[window] - windows.first[window]
    return (start < length) & ((end > 0) | ((end == 0) & (start >= 0)))
