"""The plan: a deterministic list of clips. The same tables and settings give the same plan, row for row.

One row is one clip that will be written, and holds all that is needed for it: where its sound lies, the events in it,
and, for augmented versions, the clips of the same split that may be mixed in or joined to it. Rows of one shard follow
each other and share a split and a sample rate. Clips are columns of numbers until the rows of their shard are made, so
that memory grows by some hundred bytes for each clip and call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chorus.errors import ChorusError
from chorus.schemas.vocabulary import Split
from chorus.shards import balance, resampling
from chorus.shards.clips import Heard, Windows, heard_in, windows_of, with_calls
from chorus.shards.draws import mixed
from chorus.shards.kin import kin_of
from chorus.shards.rows import Layout, Rows, dealt, plan_schema
from chorus.shards.settings import ShardSettings
from chorus.shards.splits import Divided, Kin, of_set, read_split
from chorus.shards.tables import Tables
from chorus.shards.usable import Material, Refused, places, usable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

SPLIT_ALONE = (
    "too few of its recordings are in some of the lake's splits: split by itself, so a recording may be in another "
    "split than in other sets of this lake"
)


@dataclass(frozen=True)
class Plan:
    """`shards()` gives the rows, `refused` counts (unit, reason), `account` is what the manifest tells of it,
    `notes` what a user should know."""

    windows: Windows
    heard: Heard
    material: Material
    recordings: pa.Table
    groups: list[str]
    layout: Layout
    settings: ShardSettings
    refused: Refused
    account: dict[str, Any]
    notes: tuple[str, ...] = ()

    def shards(self) -> Iterator[pa.Table]:
        """The rows of one shard after the other, with the columns of `plan_schema()`."""
        return Rows(self.windows, self.heard, self.material, self.groups, self.layout, self.settings).tables()

    @cached_property
    def table(self) -> pa.Table:
        """All rows at once."""
        import pyarrow as pa

        return pa.concat_tables(self.shards()) if self.layout.shards else plan_schema().empty_table()

    def splits(self) -> dict[Split, tuple[int, int, float, int]]:
        """Shards, clips, hours and recordings of each split."""
        import numpy as np

        found = {}
        for split in Split:
            mine = [shard for shard in self.layout.shards if shard.split is split]
            window = np.concatenate([self.layout.window[s.first : s.last] for s in mine] or [np.empty(0, np.int64)])
            hours = float(resampling.seconds(window, self.windows, self.material).sum()) / 3600
            found[split] = (len(mine), len(window), hours, len(np.unique(self.windows.recording[window])))
        return found


def plan(tables: Tables, settings: ShardSettings) -> Plan:
    """Which clips there will be, in which shard. Raises ChorusError when there is none, telling why."""
    import numpy as np
    import pyarrow.compute as pc

    refused: Refused = Counter()
    material, every = usable(tables, settings, refused)
    reviewed = None
    if tables.reviewed is not None:
        reviewed = np.asarray(pc.is_in(material.recordings["recording_id"], value_set=tables.reviewed))
    windows = windows_of(material, reviewed, settings, refused)
    heard = heard_in(windows, material)
    windows = with_calls(windows, heard, material)
    divided = _divided(every, material, windows, tables.duplicates, settings)
    splits = np.full(len(material), -1)
    groups = [""] * len(material)
    for k, name in enumerate(material.ids()):
        if name in divided.places:
            splits[k], groups[k] = list(Split).index(divided.places[name][0]), divided.places[name][1]
    kept = _thinned(windows, splits, settings)
    if not len(kept):
        raise ChorusError("no clip could be planned" + _reasons(refused))
    times, account = _balanced(windows, heard, material, splits, kept, settings)
    account |= resampling.account(kept, windows, heard, material) | {"copies_looked_for": not tables.notes}
    account["split_as_other_sets"] = divided.as_in_others
    used = np.zeros(len(material), bool)
    used[windows.recording[times > 0]] = True
    layout = dealt(windows, material, splits, times, settings)
    recordings = _recordings(material, divided.kin, splits, groups, used)
    notes = tables.notes if divided.as_in_others else (*tables.notes, SPLIT_ALONE)
    return Plan(windows, heard, material, recordings, groups, layout, settings, refused, account, notes)


def _reasons(refused: Refused) -> str:
    parts = [f"{count:,} {unit} refused: {reason}" for (unit, reason), count in refused.most_common(3)]
    return ": " + "; ".join(parts) if parts else ""


# Splits ---------------------------------------------------------------------------------------------------------------


def _divided(
    every: Material, material: Material, windows: Windows, duplicates: Mapping[str, str], settings: ShardSettings
) -> Divided:
    """The splits of the recordings that have windows, taken from those of everything."""
    import numpy as np

    number = np.bincount(windows.recording, minlength=len(material))
    clips = np.bincount(windows.recording[windows.positive], minlength=len(material)).tolist()
    counted = {name: clips[k] for k, name in enumerate(material.ids()) if number[k]}
    return of_set(list(kin_of(every, duplicates)), counted, settings.shares, settings.seed)


def _recordings(
    material: Material,
    kin: list[Kin],
    splits: npt.NDArray[np.int64],
    groups: list[str],
    used: npt.NDArray[np.bool_],
) -> pa.Table:
    """What is known of each used recording: its split, its group and its relatives. Written beside the shards."""
    import pyarrow as pa

    numbers = {name: k for k, name in enumerate(material.ids()) if used[k]}
    mine = [one for one in kin if one.recording_id in numbers]
    place = [numbers[one.recording_id] for one in mine]
    facts = ("recording_id", "source", "site", "session", "day", "individuals", "duplicates")
    columns: dict[str, Any] = {name: [getattr(one, name) for one in mine] for name in facts}
    columns |= {
        "split": [list(Split)[splits[k]].value for k in place],
        "group": [groups[k] for k in place],
        "released_split": [read_split(one.split) for one in mine],
        "calling": [one.calling > 0 for one in mine],
        "licence": material.recordings["licence"].take(pa.array(place)),
        "sample_rate": material.rates[place],
    }
    return pa.table({field.name: columns[field.name] for field in recordings_schema()}, recordings_schema())


def recordings_schema() -> pa.Schema:
    """Columns of recordings.parquet."""
    import pyarrow as pa

    texts = ("recording_id", "source", "split", "group", "released_split", "site", "session", "day", "duplicates")
    text = {name: pa.string() for name in (*texts, "licence")}
    other = {"individuals": pa.list_(pa.string()), "calling": pa.bool_(), "sample_rate": pa.int64()}
    return pa.schema(text | other)


# Which windows --------------------------------------------------------------------------------------------------------


def _thinned(windows: Windows, splits: npt.NDArray[np.int64], settings: ShardSettings) -> npt.NDArray[np.int64]:
    """All windows with calls, and of those without as many as the stated ratio allows in each split."""
    import numpy as np

    place = splits[windows.recording]
    kept = [np.flatnonzero(windows.positive)]
    order = mixed(windows.keys, settings.seed, "negative")
    for number in range(len(Split)):
        most = int(-(-settings.negative_ratio * int((windows.positive & (place == number)).sum()) // 1))
        free = np.flatnonzero(~windows.positive & (place == number))
        kept.append(free[np.argsort(order[free], kind="stable")[:most]])
    return np.sort(np.concatenate(kept))


def _balanced(
    windows: Windows,
    heard: Heard,
    material: Material,
    splits: npt.NDArray[np.int64],
    kept: npt.NDArray[np.int64],
    settings: ShardSettings,
) -> tuple[npt.NDArray[np.int64], dict[str, Any]]:
    """How often each window is in the set, and the distribution of the training clips before and after."""
    import numpy as np

    times = np.zeros(len(windows), np.int64)
    times[kept] = 1
    train = kept[splits[windows.recording[kept]] == list(Split).index(Split.train)]
    codes, sources = places(material.recordings["source"])
    source = codes[windows.recording[train]]
    species = _labels(train, heard, material)
    by_source = balance.Labels(np.arange(len(train)), source, np.ones(len(train), np.int64), sources)
    times[train] = balance.times(windows.keys[train], by_source if settings.balance == "source" else species, settings)
    before = balance.distribution(species, source, sources, np.ones(len(train), np.int64))
    after = balance.distribution(species, source, sources, times[train])
    return times, {"balance": {"by": settings.balance, "before": before, "after": after}}


def _labels(clips: npt.NDArray[np.int64], heard: Heard, material: Material) -> balance.Labels:
    """The classes that are heard in some windows, each counted by its events."""
    import numpy as np

    codes, names = material.classes
    counts, calls = heard.of(clips)
    clip = np.repeat(np.arange(len(clips)), counts)[codes[calls] >= 0]
    code = codes[calls][codes[calls] >= 0]
    pairs, events = np.unique(clip * max(len(names), 1) + code, return_counts=True)
    return balance.Labels(*np.divmod(pairs, max(len(names), 1)), events, names)
