"""The rows of the plan: clips dealt into shards, each with its sound's place, its events and its partners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chorus.schemas.sample import Event
from chorus.schemas.vocabulary import Annotated, Presence, Split, Strength
from chorus.shards.augment.channel import choose_channel
from chorus.shards.beds import beds
from chorus.shards.clips import Heard, Windows, ends_s, key_names
from chorus.shards.draws import mixed, stream
from chorus.shards.events import KEPT
from chorus.shards.partners import Partners, Role
from chorus.shards.settings import ShardSettings
from chorus.shards.usable import Material, values

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


@cache
def event_type() -> pa.DataType:
    """An event of the plan."""
    import pyarrow as pa

    from chorus.schemas import arrow_schema

    return pa.struct([field.remove_metadata().with_nullable(True) for field in arrow_schema(Event)])


@cache
def plan_schema() -> pa.Schema:
    """Columns of the plan."""
    import pyarrow as pa

    cut = pa.struct(
        {
            "role": pa.string(),
            "recording_id": pa.string(),
            "source": pa.string(),
            "path": pa.string(),
            "licence": pa.string(),
            "medium": pa.string(),
            "channel": pa.int32(),
            "own_channel": pa.int32(),
            "first_frame": pa.int64(),
            "frames": pa.int64(),
            "sample_rate": pa.int32(),
            "recording_frames": pa.int64(),
            "time_expansion": pa.float64(),
            "annotated": pa.string(),
            "annotated_s": pa.list_(pa.list_(pa.float64())),
            "events": pa.list_(event_type()),
        }
    )
    return pa.schema(
        {
            "split": pa.string(),
            "shard": pa.int32(),
            "key": pa.string(),
            "sample_rate": pa.int32(),
            "group": pa.string(),
            "positive": pa.bool_(),
            "copy": pa.int32(),
            "cuts": pa.list_(cut),
        }
    )


#: Columns of calls and recordings that rows need.
EVENT_COLUMNS = [*(name for name in KEPT if name != "recording_id"), "presence"]
FACTS = ("recording_id", "source", "path", "licence", "medium", "annotated", "time_expansion")
RECORDING_COLUMNS = [*FACTS, "annotated_intervals"]


@dataclass(frozen=True)
class Shard:
    """One shard of the plan: its clips are the layout's versions `first:last`."""

    split: Split
    number: int
    rate: int
    first: int
    last: int


@dataclass(frozen=True)
class Layout:
    """Every clip of the plan in its order: version `v` is repeat `repeat[v]` of window `window[v]`, copy 0 as it is,
    the others augmented. Versions of one split and rate follow each other."""

    window: npt.NDArray[np.int64]
    repeat: npt.NDArray[np.int64]
    copy: npt.NDArray[np.int64]
    shards: list[Shard]


def dealt(
    windows: Windows,
    material: Material,
    splits: npt.NDArray[np.int64],
    times: npt.NDArray[np.int64],
    settings: ShardSettings,
) -> Layout:
    """Windows shuffled and dealt into shards of one split and one rate; the versions of a window lie in one shard,
    where its sound is read once, at places that are shuffled again. `splits` gives each recording's split as its place
    in `Split`, `times` how often each window is in the set."""
    import numpy as np

    chosen = np.flatnonzero(times)
    place = splits[windows.recording[chosen]]
    rate = material.clip_rates[windows.recording[chosen]]
    augmented = settings.copies if settings.recipe else 0
    versions = np.where(place == list(Split).index(Split.train), augmented + 1, 1) * times[chosen]
    window = np.repeat(chosen, versions)
    number = np.arange(len(window)) - np.repeat(np.cumsum(versions) - versions, versions)
    repeat, copy = number % times[window], number // times[window]
    deal = mixed(windows.keys[window], settings.seed, "deal")
    order = np.lexsort((number, deal, np.repeat(rate, versions), np.repeat(place, versions)))
    shards = list(_shards(window[order], windows, material, splits, settings))
    shard = np.repeat(np.arange(len(shards)), [s.last - s.first for s in shards])
    version = mixed(windows.keys[window] ^ mixed(number.astype(np.uint64), "version"), settings.seed, "order")
    order = order[np.lexsort((version[order], shard))]
    return Layout(window[order], repeat[order], copy[order], shards)


def _shards(
    window: npt.NDArray[np.int64],
    windows: Windows,
    material: Material,
    splits: npt.NDArray[np.int64],
    settings: ShardSettings,
) -> Iterator[Shard]:
    """Shards of nearly equal numbers of clips, none above the settings' limits."""
    import numpy as np

    recording = windows.recording[window]
    pools = np.stack([splits[recording], material.clip_rates[recording]])
    edges = [0, *(np.flatnonzero((pools[:, 1:] != pools[:, :-1]).any(0)) + 1).tolist(), len(window)]
    seconds = (windows.last[window] - windows.first[window]) / material.rates[recording]
    numbers: Counter[Split] = Counter()
    for first, last in pairwise(edges):
        split, rate = list(Split)[int(pools[0, first])], int(pools[1, first])
        megabytes = float(seconds[first:last].sum()) * rate * 2 / 1e6
        count = max(1, -(-(last - first) // settings.shard_clips), int(-(-megabytes // settings.shard_mb)))
        count = min(count, last - first)
        for k in range(count):
            inside = (first + (last - first) * k // count, first + (last - first) * (k + 1) // count)
            yield Shard(split, numbers[split], rate, *inside)
            numbers[split] += 1


# Rows -----------------------------------------------------------------------------------------------------------------


class Rows:
    """Makes the rows of one shard after the other, as Arrow tables with the columns of `plan_schema()`."""

    def __init__(
        self,
        windows: Windows,
        heard: Heard,
        material: Material,
        groups: Sequence[str],
        layout: Layout,
        settings: ShardSettings,
    ) -> None:
        self._windows, self._heard, self._material = windows, heard, material
        self._groups, self._layout, self._settings = groups, layout, settings
        self._sources = key_names(material)
        self._channels = values(material.recordings["channels"], 1)
        self._partners: dict[Split, Partners] = {}

    def tables(self) -> Iterator[pa.Table]:
        """One table for each shard."""
        for shard in self._layout.shards:
            yield self._table(shard)

    def _table(self, shard: Shard) -> pa.Table:
        import numpy as np
        import pyarrow as pa

        part = slice(shard.first, shard.last)
        window, copy = self._layout.window[part], self._layout.copy[part]
        recording = self._windows.recording[window]
        keys = [self._key(w, n, c) for w, n, c in zip(window, self._layout.repeat[part], copy, strict=True)]
        cuts, roles, edges = self._cuts(shard, window, copy, keys)
        channels = self._windows.channel[cuts]
        channels[edges[:-1]] = [self._channel(w, key, c) for w, key, c in zip(window, keys, copy, strict=True)]
        schema = plan_schema()
        lists = pa.ListArray.from_arrays(
            pa.array(edges, pa.int32()), self._cut_rows(cuts, roles, channels), schema.field("cuts").type
        )
        columns = {
            "split": pa.array([shard.split.value] * len(window)),
            "shard": np.full(len(window), shard.number),
            "key": pa.array(keys),
            "sample_rate": np.full(len(window), shard.rate),
            "group": pa.array([self._groups[k] for k in recording]),
            "positive": self._windows.positive[window],
            "copy": copy,
            "cuts": lists,
        }
        return pa.table([pa.array(columns[f.name]).cast(f.type) if f.name != "cuts" else lists for f in schema], schema)

    def _key(self, window: int, repeat: int, copy: int) -> str:
        name = f"{self._sources[self._windows.recording[window]]}-{int(self._windows.keys[window]):016x}"
        return name + (f"-r{repeat}" if repeat else "") + (f"-a{copy}" if copy else "")

    def _cuts(
        self, shard: Shard, window: npt.NDArray[np.int64], copy: npt.NDArray[np.int64], keys: list[str]
    ) -> tuple[npt.NDArray[np.int64], list[str], list[int]]:
        """Windows of all cuts, their roles, and where each row's cuts begin."""
        import numpy as np

        cuts, roles, edges = [], [], [0]
        for w, c, key in zip(window.tolist(), copy.tolist(), keys, strict=True):
            cuts.append(w)
            roles.append(Role.base.value)
            for role, other in self._drawn(shard, w, key) if c else ():
                cuts.append(other)
                roles.append(role.value)
            edges.append(len(cuts))
        return np.array(cuts, np.int64), roles, edges

    def _channel(self, window: int, key: str, copy: int) -> int:
        """The channel that a version is cut from: the window's own, or another one that the recipe draws."""
        own = int(self._windows.channel[window])
        step = self._settings.recipe.channel if copy and self._settings.recipe else None
        there = int(self._channels[self._windows.recording[window]])
        if step is None or there < 2:
            return own
        marked = bool(self._heard.marked[window])
        return choose_channel(stream(self._settings.seed, "augment", key, "channel"), step, own, there, marked)

    def _drawn(self, shard: Shard, window: int, key: str) -> Iterator[tuple[Role, int]]:
        if shard.split not in self._partners:
            seconds = (self._windows.last - self._windows.first) / self._material.rates[self._windows.recording]
            self._partners[shard.split] = Partners(
                self._pools(shard.split), seconds, self._windows.positive, self._beds, self._species, self._settings
            )
        return self._partners[shard.split].drawn(key, window, shard.rate)

    @cached_property
    def _beds(self) -> npt.NDArray[np.bool_]:
        return beds(self._windows, self._heard, self._material)

    def _species(self, window: int) -> frozenset[str]:
        """The animals that are known to call in a window."""
        codes, names = self._material.animals
        heard = codes[self._heard.calls[self._heard.edges[window] : self._heard.edges[window + 1]]]
        return frozenset(names[k] for k in heard.tolist() if k >= 0)

    def _pools(self, split: Split) -> dict[int, npt.NDArray[np.int64]]:
        """The windows of a split by rate, each once, in an order that does not depend on that of the lake."""
        import numpy as np

        pools: dict[int, npt.NDArray[np.int64]] = {}
        for rate in sorted({shard.rate for shard in self._layout.shards if shard.split is split}):
            mine = [s for s in self._layout.shards if s.split is split and s.rate == rate]
            pools[rate] = np.unique(self._layout.window[mine[0].first : mine[-1].last])
        return pools

    def _cut_rows(
        self, cuts: npt.NDArray[np.int64], roles: list[str], channels: npt.NDArray[np.int64]
    ) -> pa.StructArray:
        """The stretches of recordings, with the events in them in clip time."""
        import pyarrow as pa

        kind = plan_schema().field("cuts").type.value_type
        recording = self._windows.recording[cuts]
        rows = self._material.recordings.select(RECORDING_COLUMNS).take(pa.array(recording))
        first, last = self._windows.first[cuts], self._windows.last[cuts]
        columns: dict[str, Any] = {name: rows[name].combine_chunks() for name in FACTS}
        columns |= {
            "role": pa.array(roles),
            "channel": pa.array(channels),
            "own_channel": pa.array(self._windows.channel[cuts]),
            "first_frame": pa.array(first),
            "frames": pa.array(last - first),
            "sample_rate": pa.array(self._material.rates[recording]),
            "recording_frames": pa.array(self._material.frames[recording]),
            "annotated_s": pa.array(self._annotated_s(rows, first, last, recording), kind.field("annotated_s").type),
            "events": events_of(cuts, self._windows, self._heard, self._material),
        }
        return pa.StructArray.from_arrays([columns[f.name].cast(f.type) for f in kind], fields=list(kind))

    def _annotated_s(
        self,
        rows: pa.Table,
        first: npt.NDArray[np.int64],
        last: npt.NDArray[np.int64],
        recording: npt.NDArray[np.int64],
    ) -> list[list[list[float]] | None]:
        found: list[list[list[float]] | None] = [None] * len(rows)
        for k, annotated in enumerate(rows["annotated"].to_pylist()):
            if annotated == Annotated.partial:
                rate = int(self._material.rates[recording[k]])
                intervals = rows["annotated_intervals"][k].as_py()
                found[k] = annotated_stretches(intervals, int(first[k]) / rate, int(last[k]) / rate)
        return found


def annotated_stretches(
    intervals: list[dict[str, float]] | None, first_s: float, last_s: float
) -> list[list[float]] | None:
    """The annotated intervals of a recording inside a clip, in clip time; None when the recording states none."""
    if intervals is None:
        return None
    cuts = [(max(i["start_s"], first_s), min(i["end_s"], last_s)) for i in intervals]
    return [[round(start - first_s, 9), round(end - first_s, 9)] for start, end in sorted(cuts) if end > start]


def events_of(cuts: npt.NDArray[np.int64], windows: Windows, heard: Heard, material: Material) -> pa.ListArray:
    """The events of each window: its calls in clip time, cut at its edges, by start and end."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    counts, calls = heard.of(cuts)
    at = np.repeat(np.arange(len(cuts)), counts)
    start_s, end_s, whole = _times(calls, cuts[at], windows, material)
    order = np.lexsort((calls, end_s, start_s, at))
    calls = calls[order]
    rows = material.calls.select(EVENT_COLUMNS).take(pa.array(calls))
    strength, presence = rows["strength"].cast(pa.string()), rows["presence"].cast(pa.string())
    weak = pc.and_(pc.equal(strength, Strength.weak.value), pc.equal(presence, Presence.present.value))
    unsure = pc.and_(weak, pa.array(~whole[order]))
    columns: dict[str, Any] = {name: rows[name].combine_chunks() for name in EVENT_COLUMNS}
    columns["recording_id"] = material.recordings["recording_id"].take(pa.array(material.owner[calls])).combine_chunks()
    columns["start_s"], columns["end_s"] = pa.array(start_s[order]), pa.array(end_s[order])
    columns["presence"] = pc.if_else(unsure, Presence.uncertain.value, presence).combine_chunks()
    kind = event_type()
    fields = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(len(calls), f.type) for f in kind]
    edges = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(edges, pa.StructArray.from_arrays(fields, fields=list(kind)))


def _times(
    calls: npt.NDArray[np.int64], window: npt.NDArray[np.int64], windows: Windows, material: Material
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Start and end in clip time, and whether nothing was cut off, to one sample."""
    import numpy as np

    rate = material.rates[material.owner[calls]]
    first_s, inside_s = windows.first[window] / rate, (windows.last[window] - windows.first[window]) / rate
    start, end = material.start_s[calls] - first_s, ends_s(material, calls) - first_s
    whole = (np.rint(start * rate) >= 0) & (np.rint(end * rate) <= windows.last[window] - windows.first[window])
    low: npt.NDArray[np.float64] = np.minimum(np.maximum(start, 0.0), inside_s).round(9)
    high: npt.NDArray[np.float64] = np.minimum(np.maximum(end, low), inside_s).round(9)
    return low, high, whole
