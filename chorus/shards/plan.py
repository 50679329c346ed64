"""The plan: a deterministic list of clips. The same tables and settings give the same plan, row for row.

One row is one clip that will be written, and holds all that is needed for it: where its sound lies, the events in it,
and, for augmented versions, the clips of the same split and rate that may be mixed in or joined to it. Rows of one
shard follow each other and share a split and a sample rate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chorus.errors import ChorusError
from chorus.schemas.vocabulary import Split
from chorus.shards.clips import Window, windows_of
from chorus.shards.draws import digest
from chorus.shards.rows import table
from chorus.shards.settings import ShardSettings
from chorus.shards.splits import Kin, Place, assign
from chorus.shards.tables import Tables
from chorus.shards.usable import Rec, Refused, usable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Plan:
    """`table` has the columns of `plan_schema()`; `refused` counts (unit, reason)."""

    table: pa.Table
    refused: Refused = field(default_factory=Counter)


def plan(tables: Tables, settings: ShardSettings) -> Plan:
    """Which clips there will be, in which shard. Raises ChorusError when there is none, telling why."""
    refused: Refused = Counter()
    recordings = list(usable(tables, settings, refused))
    reviewed = None if tables.reviewed is None else frozenset(tables.reviewed.to_pylist())
    windows = [w for k in range(len(recordings)) for w in windows_of(k, recordings[k], reviewed, settings, refused)]
    places = assign(_kin(recordings, windows, tables.duplicates), settings.shares, settings.seed)
    kept = _thin_negatives(windows, recordings, places, settings)
    if not kept:
        raise ChorusError("no clip could be planned" + _reasons(refused))
    return Plan(table(kept, recordings, places, settings), refused)


def _reasons(refused: Refused) -> str:
    parts = [f"{count:,} {unit} refused: {reason}" for (unit, reason), count in refused.most_common(3)]
    return ": " + "; ".join(parts) if parts else ""


def _kin(recordings: list[Rec], windows: list[Window], duplicates: Mapping[str, str]) -> Iterator[Kin]:
    clips: Counter[int] = Counter()
    for window in windows:
        clips[window.recording] += window.positive
    for index, count in sorted(clips.items()):
        row, calls = recordings[index].row, recordings[index].calls
        released = {call["split"] for call in calls}
        individuals = {call["individual"] for call in calls} | {row["individual"]}
        yield Kin(
            row["recording_id"],
            row["source"],
            count,
            row["split"] or (released.pop() if len(released) == 1 else None),
            tuple(sorted(name for name in individuals if name)),
            row["site"],
            row["session"],
            row["recorded_at"].date().isoformat() if row["recorded_at"] else None,
            duplicates.get(row["recording_id"]),
        )


def _thin_negatives(
    windows: list[Window], recordings: list[Rec], places: dict[str, Place], settings: ShardSettings
) -> list[Window]:
    """All windows with calls, and of those without as many as the stated ratio allows in each split."""
    by_split: dict[Split, list[Window]] = defaultdict(list)
    positives: Counter[Split] = Counter()
    kept = [window for window in windows if window.positive]
    for window in windows:
        split = places[recordings[window.recording].id][0]
        if window.positive:
            positives[split] += 1
        else:
            by_split[split].append(window)
    for split in sorted(by_split):
        most = -(-settings.negative_ratio * positives[split] // 1)
        chosen = sorted(
            by_split[split], key=lambda w: digest(settings.seed, "negative", w.key(recordings[w.recording]))
        )
        kept += chosen[: int(most)]
    return kept
