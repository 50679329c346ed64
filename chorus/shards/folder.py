"""The folder of a shard set: its plan, who works in it, and what is finished."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.atomic import disk_error, write_bytes
from chorus.errors import ChorusError, UsageError
from chorus.shards.manifest import read_json
from chorus.shards.plan import Plan
from chorus.shards.settings import ShardSettings
from chorus.shards.write import PLAN, ShardTask

if TYPE_CHECKING:
    import pyarrow as pa


def pack(planned: Plan, where: str | None, settings: ShardSettings) -> tuple[bytes, list[tuple[str, int]]]:
    """The bytes of plan.parquet, one row group per shard, and each shard's (file, clips). Query and settings stand in
    the file's metadata, so that equal bytes mean the same shard set."""
    import pyarrow.parquet as pq

    table = planned.table
    groups = []
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, table.schema, compression="zstd", store_schema=False) as writer:
        for chunk in _shards(table):
            file = f"{chunk['split'][0].as_py()}/shard-{chunk['shard'][0].as_py():06d}.tar"
            groups.append((file, len(chunk)))
            writer.write_table(chunk, row_group_size=len(chunk))
        writer.add_key_value_metadata({"chorus.query": where or "", "chorus.settings": settings.model_dump_json()})
    return buffer.getvalue(), groups


def _shards(table: pa.Table) -> Iterator[pa.Table]:
    """Consecutive rows of one split and shard."""
    names = list(zip(table["split"].to_pylist(), table["shard"].to_pylist(), strict=True))
    first = 0
    for k in range(1, len(names) + 1):
        if k == len(names) or names[k] != names[first]:
            yield table.slice(first, k - first).combine_chunks()
            first = k


@contextmanager
def claimed(folder: Path, packed: bytes) -> Iterator[None]:
    """Hold a shard set's folder for one run, with its plan in it. The claim ends with the process, however it ends.

    Raises UsageError when the folder holds another set or other files, ChorusError when another run is at work in it.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file, expected a folder for the shards")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, folder) from None
    with _locked(folder):
        path = folder / PLAN
        if path.exists():
            if path.read_bytes() != packed:
                raise UsageError(f"{folder}: holds a shard set of another plan; give another --out, or remove it")
        elif any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise UsageError(f"{folder}: holds other files; give an empty folder")
        else:
            write_bytes(path, packed)
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ChorusError(f"{folder}: another run is writing these shards; wait for it") from None
        yield
    finally:
        os.close(handle)


def is_done(task: ShardTask, with_refused: bool) -> bool:
    """Whether a shard stands there whole: its sidecar does, and says how long the tar is.

    Unless `with_refused`, a shard that lacks clips is tried again: what kept their sound from being read may have been
    mended.
    """
    path = task.folder / task.file
    if not task.sidecar.exists():
        return False
    sidecar = read_json(task.sidecar)
    return path.exists() and path.stat().st_size == sidecar["bytes"] and (with_refused or not sidecar["refused"])
