"""Steps from a gathered table to rows that may enter the lake: taxonomy, kinds, flags, and the rows that break a
rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.schemas import Action, Call, Flag, Kind, arrow_schema, check_table
from chorus.taxonomy import NO_TAXON

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from chorus.lake.gather import Batch
    from chorus.lake.probing import Recordings
    from chorus.taxonomy import Resolver

REASONS = {
    "end_s < start_s": "end_before_start",
    "high_hz < low_hz": "high_below_low",
    "start_s is not finite": "time_not_finite",
    "end_s is not finite": "time_not_finite",
    "start_s < 0": "negative_time",
    "end_s < 0": "negative_time",
}
#: Formats whose `origin_line` counts records, not lines.
NOT_LINES = (".json", ".mat", ".xml", ".xlsx", ".aoef", ".svl")
#: A box may pass the end of its recording by this much before it is flagged (rounding in the releases), seconds.
END_SLACK_S = 0.01


def resolve(
    table: pa.Table, keys: pa.Array, resolver: Resolver, unnamed: Kind = Kind.unknown
) -> tuple[pa.Table, Counter[str], Counter[str]]:
    """Fill the taxonomy columns and, where the adapter left it open, `kind`: by the taxon, `unnamed` where there is
    none. A known taxon makes a known kind of an unknown one. Noise and silence have no taxon.

    Returns the table, the rows by outcome of the resolver, and the rows of each label it did not know.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pc.if_else(no_voice(table), NO_TAXON, keys)
    columns, outcomes, unresolved = resolver.columns(
        keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    )
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    nameless = pc.is_null(columns["scientific_name"])
    by_taxon = pc.if_else(
        nameless,
        unnamed.value,
        pc.if_else(pc.equal(columns["scientific_name"], "Homo sapiens"), Kind.human.value, Kind.animal.value),
    )
    kind = pc.if_else(pc.and_(pc.equal(table["kind"], Kind.unknown.value), pc.invert(nameless)), None, table["kind"])
    kind = pc.coalesce(kind, by_taxon)
    return table.set_column(table.schema.get_field_index("kind"), "kind", kind), Counter(outcomes), Counter(unresolved)


def no_voice(table: pa.Table) -> pa.Array:
    """Which rows are noise or silence."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(table["kind"], value_set=pa.array([Kind.noise.value, Kind.silence.value]))


def flag(batch: Batch, recordings: Recordings, rows: list[int]) -> pa.Table:
    """The batch's table with `flags` filled; `rows` says where its recordings stand."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = batch.table
    limits = ("duration_s", "sample_rate", "channels")
    duration, rate, channels = (_limit(recordings.facts(rows, name), batch) for name in limits)
    start, end = (table[c].to_numpy() for c in ("start_s", "end_s"))
    high = pc.fill_null(table["high_hz"], 0.0).to_numpy()
    looked_up = pc.and_(pc.is_valid(batch.keys), pc.invert(no_voice(table)))
    unresolved = pc.and_(
        pc.and_(pc.is_valid(table["label"]), pc.is_null(table["scientific_name"])),
        pc.or_(pc.equal(table["kind"], Kind.unknown.value), looked_up),
    ).to_numpy()
    masks = {
        Flag.zero_length: start == end,
        Flag.past_end: end > duration + END_SLACK_S,
        Flag.above_nyquist: high > rate / 2 + 1.0,
        Flag.no_such_channel: pc.fill_null(table["channel"], 0).to_numpy() > channels,
        Flag.unresolved_label: unresolved,
    }
    flagged, names = _hits(masks)
    offsets = pa.array(np.searchsorted(flagged, np.arange(len(table) + 1)), pa.int32())
    column = table.schema.field("flags")
    flags = pa.ListArray.from_arrays(offsets, names, type=column.type)
    return table.set_column(table.schema.get_field_index("flags"), column, flags)


def _limit(values: list[float | None] | None, batch: Batch) -> npt.NDArray[np.float64]:
    """A fact of each row's recording; infinite where it is not known."""
    import numpy as np

    if values is None:
        return np.full(len(batch.place), np.inf)
    known = np.array(values, float)  # None becomes NaN
    return np.where(np.isnan(known), np.inf, known)[batch.place]


def _hits(masks: Mapping[Flag, npt.NDArray[np.bool_]]) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """The rows that a mask marks, sorted, once for each of their flags, and the flags' names."""
    import numpy as np
    import pyarrow as pa

    found = [np.flatnonzero(mask) for mask in masks.values()]
    order = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
    rows = np.concatenate(found)
    sort = np.lexsort((order, rows))
    names = pa.array([flag.value for flag in masks], pa.string())
    return rows[sort], names.take(pa.array(order[sort]))


#: Facts of a recording that hold for its calls too, where a call does not state its own.
INHERITED = ("split", "individual")


def inherit(batch: Batch, recordings: Recordings, rows: list[int]) -> pa.Table:
    """The batch's table with `split` and `individual` from the recording where the call states none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = batch.table
    for name in INHERITED:
        values = recordings.facts(rows, name)
        if values is not None and table[name].null_count:
            column = pc.coalesce(table[name], pa.array(values, pa.string()).take(pa.array(batch.place)))
            table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def conform(table: pa.Table, model: Any) -> pa.Table:
    """Give a table the exact schema of its model (nullability, field order)."""
    import pyarrow as pa

    schema = arrow_schema(model)
    columns = [table[name] for name in schema.names]
    whole = [c.chunk(0) if c.num_chunks == 1 else c.combine_chunks() for c in columns]
    return pa.Table.from_arrays(whole, schema=schema.remove_metadata())


@dataclass
class Rejected:
    """Rows that break a rule: an issue for each, the ids of the recordings that lost a row, and a mask of the rows that
    stay (None: all)."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    recordings: set[str] = field(default_factory=set)
    good: pa.Array | None = None


def reject(table: pa.Table, root: Path) -> tuple[pa.Table, Rejected]:
    """Split off the rows that break a rule of Call. Returns the good rows, and what became of the others."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    violations = check_table(Call, table)
    if not violations:
        return table, Rejected()
    why: dict[int, list[str]] = {}
    for violation in violations:
        for i in pc.indices_nonzero(violation.mask).to_pylist():
            why.setdefault(i, []).append(violation.rule)
    lines = _Lines(root)
    issues = []
    for i in sorted(why):
        reason = REASONS.get(why[i][0], re.sub(r"\W+", "_", why[i][0]).strip("_"))
        issues.append(_issue(table, i, lines, reason, "; ".join(why[i]), Action.dropped))
    good = np.ones(len(table), bool)
    good[list(why)] = False
    lost = set(table["recording_id"].take(pa.array(list(why))).to_pylist())
    kept = pa.array(good)
    return table.filter(kept), Rejected(issues, lost, kept)


def cut_to_begin(table: pa.Table, root: Path) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Calls that begin before their recording does, and end in it, begin where it does. Returns the table, and an issue
    for each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    early = pc.and_(pc.less(table["start_s"], 0), pc.greater(table["end_s"], 0))
    rows = pc.indices_nonzero(early).to_pylist()
    if not rows:
        return table, []
    lines, why = _Lines(root), "begins before the recording does: cut to its begin"
    issues = [_issue(table, i, lines, REASONS["start_s < 0"], why, Action.repaired) for i in rows]
    starts = pc.if_else(early, pa.scalar(0.0), table["start_s"])
    return table.set_column(table.schema.get_field_index("start_s"), table.schema.field("start_s"), starts), issues


def _issue(table: pa.Table, i: int, lines: _Lines, reason: str, why: str, action: Action) -> dict[str, Any]:
    """A row of `issues` for row `i` of a table of calls."""
    row = {name: table[name][i].as_py() for name in ("source", "origin_file", "origin_line", "start_s", "end_s")}
    return {
        "source": row["source"],
        "origin_file": row["origin_file"],
        "origin_line": row["origin_line"],
        "reason": reason,
        "message": f"{why} (start {row['start_s']}, end {row['end_s']})",
        "raw": lines.get(row["origin_file"], row["origin_line"]),
        "action": action.value,
    }


class _Lines:
    """Lines of text files, for showing a bad row as it stood; None for files that are not text."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._cache: dict[str, list[str] | None] = {}

    def get(self, file: str, line: int | None) -> str | None:
        if line is None or file.lower().endswith(NOT_LINES):
            return None
        if file not in self._cache:
            try:
                data = (self.root / file).read_bytes()
            except OSError:
                data = b"\0"
            text = None if b"\0" in data[:4096] else data.decode("utf-8", errors="replace")
            self._cache = {file: text.splitlines() if text is not None else None}
        lines = self._cache[file]
        return lines[line - 1] if lines is not None and line <= len(lines) else None
