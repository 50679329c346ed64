"""Many files' columns -> one table of the Call schema, its taxonomy and flags still empty."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Calls
from chorus.schemas import Call, arrow_schema
from chorus.taxonomy.resolver import COLUMNS as TAXON_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: Call fields that the engine fills; all others may be given by the adapter.
ENGINE_FIELDS = {"call_id", "recording_id", "source", "flags", "origin_file", "origin_line", *TAXON_COLUMNS}
#: Calls of one file from which on Arrow is quicker than Python.
MANY = 1000
DEFAULTS = {"strength": "strong", "presence": "present"}


@dataclass
class Batch:
    """`table` has the schema of Call. `keys` is what the resolver looks up for each row; `place[i]` is the index in
    `paths` of row i's recording."""

    table: pa.Table
    keys: pa.Array
    paths: list[str]
    place: npt.NDArray[np.int32]


class Ids:
    """Call ids: source, hash of the origin file, line, and the place within the line where one line gives several."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._files: dict[str, _Lines] = {}

    def prefix(self, file: str) -> str:
        """What the ids of a file's calls begin with."""
        digest = hashlib.blake2b(file.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
        return f"{self.source}:{digest}:"

    def of(self, calls: Calls) -> pa.Array:
        """Ids of one file's calls, in order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if isinstance(calls.origin_line, list | range) and len(calls) < MANY:
            return pa.array(self.of_few(calls), pa.string())
        lines = pa.array(calls.origin_line, pa.int64())
        places = self._files.setdefault(calls.origin_file, _Lines()).places(lines)
        ids = pc.binary_join_element_wise(self.prefix(calls.origin_file), lines.cast(pa.string()), "")
        if not places.any():
            return ids
        place = pa.array(places)
        return pc.if_else(pc.equal(place, 0), ids, pc.binary_join_element_wise(ids, place.cast(pa.string()), "."))

    def of_few(self, calls: Calls) -> list[str]:
        """The same for a small file, whose lines most often give one call each."""
        prefix, lines = self.prefix(calls.origin_file), list(calls.origin_line)
        if calls.origin_file in self._files or len(set(lines)) < len(lines):
            import pyarrow as pa

            places = self._files.setdefault(calls.origin_file, _Lines()).places(pa.array(lines, pa.int64())).tolist()
            return [f"{prefix}{n}.{place}" if place else f"{prefix}{n}" for n, place in zip(lines, places, strict=True)]
        self._files[calls.origin_file] = _Lines(lines)
        return [f"{prefix}{line}" for line in lines]


class _Lines:
    """How often each line of a file has given a call, told for calls that come in several parts."""

    def __init__(self, once: list[int] | None = None) -> None:
        """`once`: lines that have given one call each."""
        self._last, self._times = 0, 0
        self._seen: list[npt.NDArray[np.int64]] = []
        self._counts: Counter[int] | None = None
        self._once = once

    def _remember(self) -> None:
        """Take in the lines that were given at the start."""
        import numpy as np

        once, self._once = self._once, None
        if once:
            given = np.array(once, np.int64)
            if (given[1:] > given[:-1]).all():
                self._in_order(given)
            else:
                self._counts = Counter(once)

    def places(self, lines: pa.Array) -> npt.NDArray[np.int64]:
        """For each row, how many rows before it came from the same line."""
        import numpy as np

        self._remember()
        given = lines.to_numpy(zero_copy_only=False)
        if not len(given):
            return np.zeros(0, np.int64)
        if self._counts is None and given[0] >= self._last and (given[1:] >= given[:-1]).all():
            return self._in_order(given)
        if self._counts is None:
            self._counts = Counter(np.concatenate([*self._seen, given[:0]]).tolist())
        found = np.empty(len(given), np.int64)
        for i, line in enumerate(given.tolist()):
            found[i] = self._counts[line]
            self._counts[line] += 1
        return found

    def _in_order(self, given: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        import numpy as np

        self._seen.append(given)
        new = np.concatenate(([True], given[1:] != given[:-1]))
        starts = np.flatnonzero(new)
        places = np.arange(len(given)) - starts[np.cumsum(new) - 1]
        before = self._times if given[0] == self._last else 0
        if before:
            places[given == given[0]] += before
        self._last, self._times = int(given[-1]), int(places[-1]) + 1
        return places


def gather(batch: list[Calls], ids: Ids) -> Batch:
    """One table from calls of many files. Arrow columns stay what they are; lists of small files are joined first."""
    import numpy as np
    import pyarrow as pa

    codes: dict[str, int] = {}
    tables, keys, places = [], [], []
    for bulk, group in groupby(batch, key=_is_bulk):
        for part in ([calls] for calls in group) if bulk else [list(group)]:
            columns, place = _bulk(part[0], codes) if bulk else _joined(part, codes)
            columns["call_id"] = ids.of(part[0]) if bulk else _call_ids(part, ids)
            keys.append(columns.pop("taxon_key"))
            tables.append(_table(columns, ids.source, len(place)))
            places.append(place)
    table = pa.concat_tables(tables)
    place = np.concatenate(places)
    paths = list(codes)
    recordings = pa.array([f"{ids.source}/{path}" for path in paths], pa.string()).take(pa.array(place))
    table = table.set_column(table.schema.get_field_index("recording_id"), "recording_id", recordings)
    return Batch(table, pa.chunked_array(keys, pa.string()).combine_chunks(), paths, place)


def _call_ids(batch: list[Calls], ids: Ids) -> pa.Array:
    """Ids of many files' calls: those of small files as one list."""
    import pyarrow as pa

    parts: list[Any] = []
    for many, group in groupby(batch, key=lambda calls: len(calls) >= MANY):
        files = list(group)
        parts += map(ids.of, files) if many else [pa.array([i for c in files for i in ids.of_few(c)], pa.string())]
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def _is_bulk(calls: Calls) -> bool:
    import pyarrow as pa

    return isinstance(calls.recording, pa.Array)


def _table(columns: dict[str, pa.Array], source: str, n: int) -> pa.Table:
    import pyarrow as pa

    schema = arrow_schema(Call)
    columns["source"] = pa.repeat(pa.scalar(source, pa.string()), n)
    arrays = [columns[f.name] if f.name in columns else pa.nulls(n, f.type) for f in schema]
    return pa.Table.from_arrays(arrays, names=schema.names)


def _bulk(calls: Calls, codes: dict[str, int]) -> tuple[dict[str, pa.Array], npt.NDArray[np.int32]]:
    """Columns of calls that come as Arrow arrays (or one value for all)."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    n = len(calls)
    kinds = {f.name: f.type for f in arrow_schema(Call)}
    given = DEFAULTS | calls.columns
    given = {"taxon_key": given.get("label")} | given
    columns = {name: _array(value, kinds.get(name, pa.string()), n) for name, value in given.items()}
    columns["origin_file"] = _array(calls.origin_file, pa.string(), n)
    columns["origin_line"] = _array(calls.origin_line, pa.int64(), n)
    coded = pc.dictionary_encode(calls.recording)
    paths = coded.dictionary.to_pylist()
    if codes:
        new = np.array([codes.setdefault(path, len(codes)) for path in paths], np.int32)
    else:
        codes.update(zip(paths, range(len(paths)), strict=True))
        new = np.arange(len(paths), dtype=np.int32)
    return columns, new[coded.indices.to_numpy(zero_copy_only=False)]


def _array(value: Any, kind: pa.DataType, n: int) -> pa.Array:
    import pyarrow as pa

    if isinstance(value, pa.Array):
        return value if value.type == kind else value.cast(kind)
    if value is None:
        return pa.nulls(n, kind)
    return pa.array(value, kind) if isinstance(value, list | tuple | range) else pa.repeat(pa.scalar(value, kind), n)


def _joined(batch: list[Calls], codes: dict[str, int]) -> tuple[dict[str, pa.Array], npt.NDArray[np.int32]]:
    """Columns of many small files: joined as lists, made Arrow once."""
    import numpy as np
    import pyarrow as pa

    schema = arrow_schema(Call)
    columns: dict[str, list[Any]] = {f.name: [] for f in schema if f.name not in ENGINE_FIELDS}
    columns |= {"taxon_key": [], "origin_file": [], "origin_line": []}
    place: list[int] = []
    for calls in batch:
        n = len(calls)
        paths = calls.recording
        if isinstance(paths, str):
            place += [codes.setdefault(paths, len(codes))] * n
        else:
            place += [codes.setdefault(path, len(codes)) for path in paths]
        given = {"origin_file": calls.origin_file, "origin_line": calls.origin_line, **DEFAULTS, **calls.columns}
        given.setdefault("taxon_key", given.get("label"))
        for name, values in columns.items():
            values += _column(given.get(name), n)
    kinds = {f.name: f.type for f in schema}
    arrays = {name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()}
    return arrays, np.array(place, np.int32)


def _column(value: Any, n: int) -> list[Any]:
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple | range) else [value] * n
