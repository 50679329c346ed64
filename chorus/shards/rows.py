"""The rows of the plan: clips dealt into shards, each with its sound's place, its events and its partners."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chorus.schemas.sample import Event
from chorus.schemas.vocabulary import Annotated, Split
from chorus.shards.clips import Window, too_high
from chorus.shards.draws import digest, stream
from chorus.shards.events import from_call, ordered
from chorus.shards.settings import ShardSettings
from chorus.shards.splits import Place
from chorus.shards.usable import Rec

if TYPE_CHECKING:
    import pyarrow as pa

#: Clips drawn for each augmented version: the last may be mixed in, the others joined to it.
PARTNERS = 4


def plan_schema() -> pa.Schema:
    """Columns of the plan."""
    import pyarrow as pa

    from chorus.schemas import arrow_schema

    event = pa.struct([f.remove_metadata() for f in arrow_schema(Event)])
    cut = pa.struct(
        {
            "recording_id": pa.string(),
            "source": pa.string(),
            "path": pa.string(),
            "licence": pa.string(),
            "channel": pa.int32(),
            "first_frame": pa.int64(),
            "frames": pa.int64(),
            "sample_rate": pa.int32(),
            "annotated": pa.string(),
            "annotated_s": pa.list_(pa.list_(pa.float64())),
            "events": pa.list_(event),
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


def table(windows: list[Window], recordings: list[Rec], places: dict[str, Place], settings: ShardSettings) -> pa.Table:
    """Rows grouped by split and rate, shuffled, dealt into shards."""
    import pyarrow as pa

    pools: dict[tuple[int, int], list[tuple[str, Window]]] = defaultdict(list)
    for window in windows:
        recording = recordings[window.recording]
        split = places[recording.id][0]
        rate = settings.sample_rate or recording.rate
        pools[list(Split).index(split), rate].append((window.key(recording), window))
    chunks = []
    counters: Counter[Split] = Counter()
    for order, rate in sorted(pools):
        split = list(Split)[order]
        pool = sorted(pools[order, rate], key=lambda entry: digest(settings.seed, "order", entry[0]))
        copies = settings.copies if split is Split.train and settings.recipe else 0
        versions = [(key, window, copy) for key, window in pool for copy in range(copies + 1)]
        versions.sort(key=lambda v: digest(settings.seed, "order", v[0], v[2]))
        for shard in _dealt(versions, recordings, rate, settings):
            rows = [_row(v, pool, recordings, places, rate, settings) for v in shard]
            for row in rows:
                row |= {"split": split.value, "shard": counters[split]}
            counters[split] += 1
            chunks.append(pa.Table.from_pylist(rows, schema=plan_schema()))
    return pa.concat_tables(chunks)


Version = tuple[str, Window, int]


def _dealt(
    versions: list[Version], recordings: list[Rec], rate: int, settings: ShardSettings
) -> Iterator[list[Version]]:
    """Shards of nearly equal numbers of clips, none above the settings' limits."""
    seconds = sum((w.last - w.first) / recordings[w.recording].rate for _, w, _ in versions)
    megabytes = seconds * rate * 2 / 1e6
    count = max(1, -(-len(versions) // settings.shard_clips), int(-(-megabytes // settings.shard_mb)))
    count = min(count, len(versions))
    edges = [len(versions) * k // count for k in range(count + 1)]
    for first, last in pairwise(edges):
        yield versions[first:last]


def _row(
    version: Version,
    pool: list[tuple[str, Window]],
    recordings: list[Rec],
    places: dict[str, Place],
    rate: int,
    settings: ShardSettings,
) -> dict[str, Any]:
    key, window, copy = version
    cuts = [window]
    if copy:
        rng = stream(settings.seed, "partners", key, str(copy))
        others = [pool[int(k)][1] for k in rng.integers(0, len(pool), PARTNERS)]
        cuts += [other for other in others if other != window]
    recording = recordings[window.recording]
    return {
        "key": f"{key}-a{copy}" if copy else key,
        "sample_rate": rate,
        "group": places[recording.id][1],
        "positive": window.positive,
        "copy": copy,
        "cuts": [cut_row(cut, recordings[cut.recording], settings) for cut in cuts],
    }


def cut_row(window: Window, recording: Rec, settings: ShardSettings) -> dict[str, Any]:
    """A stretch of a recording with the events in it, in clip time."""
    first_s, last_s = window.first / recording.rate, window.last / recording.rate
    return {
        **{name: recording.row[name] for name in ("recording_id", "source", "path", "licence", "annotated")},
        "channel": window.channel,
        "first_frame": window.first,
        "frames": window.last - window.first,
        "sample_rate": recording.rate,
        "annotated_s": annotated_stretches(recording.row, first_s, last_s),
        "events": _events(window, recording, settings),
    }


def _events(window: Window, recording: Rec, settings: ShardSettings) -> list[dict[str, Any]]:
    first_s, last_s = window.first / recording.rate, window.last / recording.rate
    heard = (
        call
        for call in recording.calls_near(first_s, last_s)
        if call["channel"] in (None, window.channel) and not too_high(call, recording, settings)
    )
    length_s = recording.frames / recording.rate
    ended = (c if c["end_s"] <= length_s else c | {"end_s": length_s} for c in heard if c["start_s"] < length_s)
    found = (from_call(call, first_s, last_s, recording.rate) for call in ended)
    return [event.model_dump(mode="json") for event in ordered(e for e in found if e is not None)]


def annotated_stretches(row: dict[str, Any], first_s: float, last_s: float) -> list[list[float]] | None:
    """The annotated intervals of a recording inside a clip, in clip time; None when the recording states none."""
    if row["annotated"] != Annotated.partial or row["annotated_intervals"] is None:
        return None
    cuts = [(max(i["start_s"], first_s), min(i["end_s"], last_s)) for i in row["annotated_intervals"]]
    return [[round(start - first_s, 9), round(end - first_s, 9)] for start, end in sorted(cuts) if end > start]
