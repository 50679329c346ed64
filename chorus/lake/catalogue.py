"""The two tables that belong to the lake as a whole: `sources.parquet` and `taxa.parquet`."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from chorus.atomic import aside
from chorus.lake.layout import SOURCE_FILE, Layout
from chorus.schemas import Source, Taxon, arrow_schema
from chorus.schemas.fields import Count


class IngestedSource(Source):
    """A card together with what the lake holds of it: one row of the `sources` table."""

    root: str = Field(description="Folder that the recordings' paths are relative to, at ingest")
    recordings: Count = Field(description="Recordings in the lake")
    recordings_missing: Count = Field(description="Recordings whose sound was not at hand")
    hours: float = Field(ge=0, allow_inf_nan=False, description="Hours of sound at hand")
    calls: Count = Field(description="Calls in the lake")
    counted: Count = Field(description="Calls that Table 1 of the paper counts")
    ingested_at: str = Field(description="When, UTC, ISO 8601")
    chorus_version: str = Field(description="By which Chorus")


def taxon_rows() -> list[dict[str, Any]]:
    """The packaged taxonomy as rows of `Taxon`."""
    from chorus.taxonomy import taxa

    plain = [name for name in Taxon.model_fields if name not in ("other_names", "names")]
    return [
        {name: getattr(entry, name) for name in plain}
        | {"other_names": list(entry.other_names), "names": entry.names()}
        for entry in taxa().values()
    ]


def write_taxa(layout: Layout) -> None:
    """Write `taxa.parquet` when there is none, or the packaged tables or the code that reads them changed since."""
    import pyarrow.parquet as pq

    from chorus.taxonomy import tables

    files = [*sorted(tables.DATA.glob("*.csv")), Path(tables.__file__)]
    mark = hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest().encode()
    path = layout.root / "taxa.parquet"
    if path.exists() and (pq.read_schema(path).metadata or {}).get(b"chorus_taxonomy") == mark:
        return
    _replace(_taxon_table().replace_schema_metadata({b"chorus_taxonomy": mark}), path)


@cache
def _taxon_table() -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(taxon_rows(), schema=arrow_schema(Taxon))


def write_sources(layout: Layout) -> None:
    """Bring `sources.parquet` in line with the generations in force."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(IngestedSource)
    files = [folder / SOURCE_FILE for folder in layout.sources().values()]
    table = pa.concat_tables([pq.ParquetFile(file).read() for file in files]) if files else schema.empty_table()
    path = layout.root / "sources.parquet"
    if path.exists() and pq.ParquetFile(path).read().equals(table):
        return
    _replace(table, path)


def _replace(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    with aside(path) as file:
        pq.write_table(table, file)
