"""Many files' columns -> one table of the Call schema, its taxonomy and flags still empty."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Calls
from chorus.lake.call_ids import CallIds
from chorus.schemas import Call, arrow_schema
from chorus.taxonomy.resolver import COLUMNS as TAXON_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: Call fields that the engine fills; all others may be given by the adapter.
ENGINE_FIELDS = {"call_id", "recording_id", "source", "flags", "origin_file", "origin_line", *TAXON_COLUMNS}
DEFAULTS = {"strength": "strong", "presence": "present"}


@dataclass
class Batch:
    """`table` has the schema of Call. `keys` is what the resolver looks up for each row; `place[i]` is the index in
    `paths` of row i's recording."""

    table: pa.Table
    keys: pa.Array
    paths: list[str]
    place: npt.NDArray[np.int32]


def gather(batch: list[Calls], ids: CallIds) -> Batch:
    """One table from calls of many files. Arrow columns stay what they are; lists of small files are joined first."""
    import numpy as np
    import pyarrow as pa

    codes: dict[str, int] = {}
    tables, keys, places = [], [], []
    for bulk, group in groupby(batch, key=_is_bulk):
        for part in ([calls] for calls in group) if bulk else [list(group)]:
            columns, place = _bulk(part[0], codes) if bulk else _joined(part, codes)
            columns["call_id"] = ids.of(part[0]) if bulk else ids.of_all(part)
            keys.append(columns.pop("taxon_key"))
            tables.append(_table(columns, ids.source, len(place)))
            places.append(place)
    table = pa.concat_tables(tables)
    place = np.concatenate(places)
    paths = list(codes)
    recordings = pa.array([f"{ids.source}/{path}" for path in paths], pa.string()).take(pa.array(place))
    table = table.set_column(table.schema.get_field_index("recording_id"), "recording_id", recordings)
    return Batch(table, pa.chunked_array(keys, pa.string()).combine_chunks(), paths, place)


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
