"""Bring a lake of an older schema up to date, one version after the other. Every step may be killed and run again: the
marker is written last."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from chorus.atomic import aside, disk_error, write_bytes
from chorus.errors import ChorusError

if TYPE_CHECKING:
    from chorus.lake.layout import Layout


def migrate(layout: Layout, version: int) -> None:
    """Migrate a lake from `version` to the schema of this Chorus. Raises ChorusError, in one line, for a version that
    nothing leads away from, or when the lake cannot be written."""
    from chorus.lake.layout import marker
    from chorus.schemas import SCHEMA_VERSION

    if version not in STEPS:
        raise ChorusError(
            f"{layout.root}: schema {version} is too old for this Chorus ({SCHEMA_VERSION}): ingest into a new --home"
        )
    try:
        with (layout.root / ".versions" / ".migrate.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            while (now := int(json.loads((layout.root / "lake.json").read_text())["schema_version"])) < SCHEMA_VERSION:
                STEPS[now](layout)
                write_bytes(layout.root / "lake.json", marker(now + 1))
    except OSError as error:
        raise disk_error(error, layout.root) from None


def _ledger_columns(layout: Layout) -> None:
    """1 -> 2: the cards have gained the columns of the ledger; the rows of the sources in the lake get them, empty."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from chorus.lake.catalogue import IngestedSource, write_sources
    from chorus.lake.layout import SOURCE_FILE
    from chorus.schemas import arrow_schema

    schema = arrow_schema(IngestedSource)
    for folder in layout.sources().values():
        row = pq.ParquetFile(folder / SOURCE_FILE).read().to_pylist()[0]
        row = {name: row.get(name) for name in schema.names} | {"set_aside": row.get("set_aside") or []}
        with aside(folder / SOURCE_FILE) as file:
            pq.write_table(pa.Table.from_pylist([row], schema=schema), file)
    write_sources(layout)


#: Version -> the step that leads to the next one.
STEPS: dict[int, Callable[[Layout], None]] = {1: _ledger_columns}
