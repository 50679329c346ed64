"""Adapters' columns -> tables of the schema: ids, kinds, flags, and the rows that break a rule."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Calls
from chorus.schemas import Action, Call, Flag, Kind, arrow_schema, check_table
from chorus.taxonomy import NO_TAXON
from chorus.taxonomy.resolver import COLUMNS as TAXON_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

    from chorus.taxonomy import Resolver

#: Call fields that the engine fills; all others may be given by the adapter.
ENGINE_FIELDS = {"call_id", "recording_id", "source", "flags", "origin_file", "origin_line", *TAXON_COLUMNS}
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


class Ids:
    """Call ids: source, hash of the origin file, line, and the place within the line where one line gives several."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._prefix: dict[str, str] = {}
        self._used: dict[str, Counter[int | None]] = {}

    def of(self, calls: Calls) -> list[str]:
        """Ids of one file's calls, in order."""
        file = calls.origin_file
        if file not in self._prefix:
            digest = hashlib.blake2b(file.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
            self._prefix[file] = f"{self.source}:{digest}:"
            self._used[file] = Counter()
        prefix, used = self._prefix[file], self._used[file]
        if not used and len(set(calls.origin_line)) == len(calls.origin_line):
            used.update(calls.origin_line)
            return [f"{prefix}{line}" for line in calls.origin_line]
        ids = []
        for line in calls.origin_line:
            place = used[line]
            used[line] += 1
            ids.append(f"{prefix}{line}.{place}" if place else f"{prefix}{line}")
        return ids


def gather(batch: list[Calls], ids: Ids) -> tuple[pa.Table, pa.Array]:
    """One table of the Call schema from many files' columns, taxonomy still empty, and the column of taxon keys."""
    import pyarrow as pa

    schema = arrow_schema(Call)
    source = ids.source
    columns: dict[str, list[Any]] = {name: [] for name in schema.names if name not in ENGINE_FIELDS}
    keys: list[str | None] = []
    call_ids: list[str] = []
    recordings: list[str] = []
    files: list[str] = []
    lines: list[int | None] = []
    for calls in batch:
        n = len(calls)
        call_ids += ids.of(calls)
        files += [calls.origin_file] * n
        lines += calls.origin_line
        if isinstance(calls.recording, str):
            recordings += [f"{source}/{calls.recording}"] * n
        else:
            recordings += [f"{source}/{path}" for path in calls.recording]
        given = calls.columns
        for name, values in columns.items():
            values += _column(given.get(name, DEFAULTS.get(name)), n)
        keys += _column(given["taxon_key"], n) if "taxon_key" in given else _column(given.get("label"), n)
    total = len(call_ids)
    arrays = {name: pa.array(values, schema.field(name).type) for name, values in columns.items()}
    arrays |= {
        "call_id": pa.array(call_ids, pa.string()),
        "recording_id": pa.array(recordings, pa.string()),
        "source": pa.repeat(pa.scalar(source, pa.string()), total),
        "origin_file": pa.array(files, pa.string()),
        "origin_line": pa.array(lines, pa.int64()),
    }
    empty = pa.nulls(total, pa.string())
    arrays["flags"] = pa.nulls(total, schema.field("flags").type)
    table = pa.Table.from_arrays([arrays.get(name, empty) for name in schema.names], names=schema.names)
    return table, pa.array(keys, pa.string())


DEFAULTS = {"strength": "strong", "presence": "present"}


def _column(value: Any, n: int) -> list[Any]:
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple | range) else [value] * n


def resolve(table: pa.Table, keys: pa.Array, resolver: Resolver) -> tuple[pa.Table, Counter[str], Counter[str]]:
    """Fill the taxonomy columns and, where the adapter left it open, `kind`. Noise and silence have no taxon.

    Returns the table, the rows by outcome of the resolver, and the rows of each label it did not know.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    soundless = pc.is_in(table["kind"], value_set=pa.array([Kind.noise.value, Kind.silence.value]))
    keys = pc.if_else(soundless, NO_TAXON, keys)
    columns, outcomes, unresolved = resolver.columns(
        keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    )
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    by_taxon = pc.if_else(
        pc.is_null(columns["scientific_name"]),
        Kind.unknown.value,
        pc.if_else(pc.equal(columns["scientific_name"], "Homo sapiens"), Kind.human.value, Kind.animal.value),
    )
    kind = pc.coalesce(table["kind"], by_taxon)
    return table.set_column(table.schema.get_field_index("kind"), "kind", kind), Counter(outcomes), Counter(unresolved)


def flag(table: pa.Table, known: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """Fill `flags`. `known`: recording id -> facts, of which `duration_s` and `sample_rate` matter where given."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    recordings = pc.dictionary_encode(table["recording_id"].combine_chunks())
    facts = [known.get(r, {}) for r in recordings.dictionary.to_pylist()]
    pairs = [(f.get("duration_s", math.inf), f.get("sample_rate", math.inf) / 2) for f in facts]
    limits = np.array(pairs).reshape(-1, 2)
    limits = limits[recordings.indices.to_numpy(zero_copy_only=False)]
    start, end = (table[c].to_numpy() for c in ("start_s", "end_s"))
    high = pc.fill_null(table["high_hz"], 0.0).to_numpy()
    unresolved = pc.and_(
        pc.and_(pc.is_valid(table["label"]), pc.is_null(table["scientific_name"])),
        pc.is_in(table["kind"], value_set=pa.array(["unknown"])),
    ).to_numpy(zero_copy_only=False)
    masks = {
        Flag.zero_length: start == end,
        Flag.past_end: end > limits[:, 0] + END_SLACK_S,
        Flag.above_nyquist: high > limits[:, 1] + 1.0,
        Flag.unresolved_label: unresolved,
    }
    counts = sum((m.astype(np.int64) for m in masks.values()), start=np.zeros(len(table), np.int64))
    hits = sorted(
        (int(i), order, name.value) for order, (name, m) in enumerate(masks.items()) for i in np.flatnonzero(m)
    )
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
    field = table.schema.field("flags")
    flags = pa.ListArray.from_arrays(offsets, pa.array([name for _, _, name in hits], pa.string()), type=field.type)
    return table.set_column(table.schema.get_field_index("flags"), field, flags)


#: Facts of a recording that hold for its calls too, where a call does not state its own.
INHERITED = ("split", "individual")


def inherit(table: pa.Table, known: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """Fill `split` and `individual` from the recording where the call states none. `known`: recording id -> facts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    recordings = pc.dictionary_encode(table["recording_id"].combine_chunks())
    for name in INHERITED:
        values = [known.get(r, {}).get(name) for r in recordings.dictionary.to_pylist()]
        if any(value is not None for value in values):
            column = pc.coalesce(table[name], pa.array(values, pa.string()).take(recordings.indices))
            table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def conform(table: pa.Table, model: Any) -> pa.Table:
    """Give a table the exact schema of its model (nullability, field order)."""
    import pyarrow as pa

    schema = arrow_schema(model)
    return pa.Table.from_arrays(
        [table[name].combine_chunks() for name in schema.names], schema=schema.remove_metadata()
    )


def reject(table: pa.Table, root: Path) -> tuple[pa.Table, list[dict[str, Any]], set[str]]:
    """Split off the rows that break a rule of Call.

    Returns the good rows, one issue per bad row, and the ids of the recordings that lost a row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    violations = check_table(Call, table)
    if not violations:
        return table, [], set()
    why: dict[int, list[str]] = {}
    for violation in violations:
        for i in pc.indices_nonzero(violation.mask).to_pylist():
            why.setdefault(i, []).append(violation.rule)
    lines = _Lines(root)
    issues = []
    for i in sorted(why):
        row = {name: table[name][i].as_py() for name in ("source", "origin_file", "origin_line", "start_s", "end_s")}
        issues.append(
            {
                "source": row["source"],
                "origin_file": row["origin_file"],
                "origin_line": row["origin_line"],
                "reason": REASONS.get(why[i][0], re.sub(r"\W+", "_", why[i][0]).strip("_")),
                "message": f"{'; '.join(why[i])} (start {row['start_s']}, end {row['end_s']})",
                "raw": lines.get(row["origin_file"], row["origin_line"]),
                "action": Action.dropped.value,
            }
        )
    good = pa.array([i not in why for i in range(len(table))])
    lost = set(table["recording_id"].filter(pc.invert(good)).to_pylist())
    return table.filter(good), issues, lost


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
