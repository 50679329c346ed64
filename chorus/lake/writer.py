"""Stream a source's three tables into Parquet files; memory holds one batch."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.schemas import Call, Issue, Recording, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

MODELS = {"calls": Call, "recordings": Recording, "issues": Issue}
COMPRESSION = "zstd"


def file_schema(model: Any) -> pa.Schema:
    """Columns of a table's Parquet file: the model's without `source`, which the folder's name holds (Hive style)."""
    schema = arrow_schema(model)
    return schema.remove(schema.get_field_index("source")) if "source" in schema.names else schema


class TableWriter:
    """Writes the `calls`, `recordings` or `issues` file of one generation, in a thread of its own so that the next
    batch is made meanwhile. Use as a context manager."""

    def __init__(self, folder: Path, table: str) -> None:
        import pyarrow.parquet as pq

        self.schema = file_schema(MODELS[table])
        self.rows = 0
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None
        self._writer = pq.ParquetWriter(folder / f"{table}.parquet", self.schema, compression=COMPRESSION)

    def write(self, table: pa.Table) -> None:
        """Append a table of the model's schema."""
        import pyarrow as pa

        if len(table):
            arrays = [table[name] for name in self.schema.names]
            self._wait()
            whole = pa.Table.from_arrays(arrays, schema=self.schema)
            self._writing = self._thread.submit(self._writer.write_table, whole, row_group_size=1 << 17)
            self.rows += len(table)

    def _wait(self) -> None:
        """Until the last batch is written; raises what went wrong."""
        if self._writing:
            self._writing.result()
            self._writing = None

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        """Append rows given as dicts; absent keys become null."""
        import pyarrow as pa

        if rows:
            self.write(pa.Table.from_pylist(rows, schema=self.schema))

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._wait()
        finally:
            self._thread.shutdown()
            self._writer.close()
