"""What the lake holds for a shard set: the calls to cover, and everything else that sounds in their recordings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chorus.errors import ChorusError, UsageError
from chorus.lake.clusters import clusters_of
from chorus.lake.query import DUPLICATES
from chorus.shards.events import KEPT

if TYPE_CHECKING:
    import pyarrow as pa

    from chorus.lake import Lake

#: Columns of `calls` that the plan needs.
CALL_COLUMNS = (*KEPT, "source", "channel", "start_s", "end_s", "presence", "individual", "split")


@dataclass(frozen=True)
class Tables:
    """Input of the plan, as Arrow tables with the columns of the lake.

    `recordings` are all that are split together, `asked` the ids of those that clips are cut from (None: all). `calls`
    are all calls of the recordings; `wanted` are the ids of those that clips are cut around (None: all); `reviewed` are
    the ids of recordings whose call-free stretches may be used even if no wanted call is in them (None: all);
    `duplicates` names the cluster of each recording that has a copy, where `chorus duplicates` has run; `notes` tell
    what a user should know of them, one line each.
    """

    calls: pa.Table
    recordings: pa.Table
    sources: pa.Table
    wanted: pa.Array | None = None
    reviewed: pa.Array | None = None
    duplicates: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    asked: pa.Array | None = None


def select(lake: Lake, where: str | None) -> Tables:
    """Read from the lake what `where` (a clause over calls, or a SELECT that gives call_id) asks for.

    Clips are cut around the calls that match; other calls that fall into those clips come as events too, or the clips
    would hold sounds that their labels deny. Call-free recordings come along where the clause holds for recordings
    too (source = 'esc', say) or there is none. The other recordings of their sources, and of sources that hold copies
    of theirs, are split with them and come along for that alone. Raises UsageError for a clause that is wrong or
    matches nothing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from chorus.lake.duplicates import known_clusters

    sources = lake.query("SELECT * FROM sources").arrow()
    duplicates = known_clusters(lake)
    notes = duplicates_notes(lake)
    recordings = lake.query("SELECT * FROM recordings").arrow()
    clause = (where or "").strip().rstrip(";").strip()
    if not clause:
        return Tables(_calls(lake), recordings, sources, duplicates=duplicates, notes=notes)
    matching = lake.query(clause).arrow()
    if "call_id" not in matching.column_names:
        raise UsageError(f"--where must give calls: no column call_id among {', '.join(matching.column_names)}")
    wanted = _strings(matching["call_id"])
    reviewed = _reviewed(lake, clause)
    if not len(wanted) and not len(reviewed):
        raise UsageError(f"no call matches: {clause}")
    calls = _calls(lake)
    with_calls = calls.filter(pc.is_in(_strings(calls["call_id"]), value_set=wanted))
    asked = pa.concat_arrays([_strings(with_calls["recording_id"]), reviewed]).unique()
    related = pa.array(linked_sources(asked.to_pylist(), duplicates), pa.string())
    recordings, calls = (
        table.filter(pc.is_in(_strings(table["source"]), value_set=related)) for table in (recordings, calls)
    )
    return Tables(calls, recordings, sources, wanted, reviewed, duplicates, notes, asked)


def linked_sources(recordings: Iterable[str], duplicates: Mapping[str, str]) -> list[str]:
    """The sources of some recordings, and those that hold copies of theirs, directly or through others."""
    links = clusters_of((f"cluster {cluster}", _source(name)) for name, cluster in duplicates.items())
    own = {_source(name) for name in recordings}
    roots = {links.get(source, source) for source in own}
    linked = {name for name, root in links.items() if root in roots and name.startswith("source ")}
    return sorted(name.removeprefix("source ") for name in own | linked)


def _source(recording_id: str) -> str:
    return f"source {recording_id.partition('/')[0]}"


def state_of(lake: Lake) -> str:
    """A digest that changes whenever what the lake holds may have: with every ingest, and with every look for copies.
    It is made from names, not from tables."""
    found = hashlib.sha256()
    for source, generation in lake.layout.sources().items():
        found.update(f"{source}/{generation.name}\n".encode())
    copies = lake.root / DUPLICATES
    if copies.exists():
        found.update(copies.read_bytes())
    return found.hexdigest()


def duplicates_notes(lake: Lake) -> tuple[str, ...]:
    """One line where the table of copies is absent, or older than the last ingest of a source."""
    table = lake.root / DUPLICATES
    if not table.exists():
        return ("nobody has looked for copies of recordings, which may be in two splits: chorus duplicates finds them",)
    looked = table.stat().st_mtime_ns
    later = [
        source
        for source in lake.layout.sources()
        if (lake.layout.versions(source) / "current").lstat().st_mtime_ns > looked
    ]
    if not later:
        return ()
    return (f"ingested since copies of recordings were looked for: {', '.join(later)}; run chorus duplicates again",)


def _calls(lake: Lake) -> pa.Table:
    return lake.query(f"SELECT {', '.join(CALL_COLUMNS)} FROM calls").arrow()


def _reviewed(lake: Lake, clause: str) -> pa.Array:
    """Recordings for which the clause holds by itself; none when it speaks of things that only calls have."""
    import pyarrow as pa

    nothing = pa.array([], pa.string())
    if re.match(r"\s*\(*\s*(select|with|from|values)\b", clause, re.IGNORECASE):
        return nothing
    try:
        return _strings(lake.query(f"SELECT recording_id FROM recordings WHERE ({clause}\n)").arrow()["recording_id"])
    except ChorusError:
        return nothing


def _strings(column: Any) -> pa.Array:
    """A column as one plain string array, whatever string type it came in."""
    import pyarrow as pa

    whole = column.cast(pa.string())
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
