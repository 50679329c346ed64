"""Whether a finished shard still holds what its recordings hold.

Reading all sound again would take as long as writing the shards. So a recording is looked at only where its file was
changed after the shard was finished, and then by its digest (see `chorus.shards.sound.digest`). Sound that is gone, or
lies in object storage, is not looked at: what was cut from it stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chorus.shards.sound import digest
from chorus.shards.write import PLAN, ShardTask
from chorus.storage import address

#: Seconds that a shard may have taken to write: what was changed meanwhile is looked at too.
WRITING_S = 60.0


def outdated(task: ShardTask, sidecar: Mapping[str, Any]) -> bool:
    """Whether sound that a shard was cut from has changed, or sound that it lacks is there now."""
    finished = task.sidecar.stat().st_mtime
    return any(_changed(path, before, finished) for path, before in _sounds(task, sidecar))


def _sounds(task: ShardTask, sidecar: Mapping[str, Any]) -> Iterator[tuple[Path, str | None]]:
    """The files of a shard's recordings on this machine, each with the digest it had; None: it could not be read."""
    known: dict[str, str | None] = dict(sidecar["inputs"])
    if sidecar["refused"]:
        known = dict.fromkeys(_recordings(task)) | known
    for recording_id, before in known.items():
        source, _, path = recording_id.partition("/")
        root = task.places.roots.get(source)
        if root is not None and address(root) is None:
            yield Path(root) / path, before


def _changed(path: Path, before: str | None, finished: float) -> bool:
    try:
        found = path.stat()
        if before is not None and max(found.st_mtime, found.st_ctime) < finished - WRITING_S:
            return False
        return digest(str(path)) != before
    except OSError:
        return False


def _recordings(task: ShardTask) -> list[str]:
    """Ids of the recordings that the plan cuts a shard from."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(task.folder / PLAN) as file:
        cuts = file.read_row_group(task.row_group, columns=["cuts.list.element.recording_id"])["cuts"]
    found: list[str] = pc.unique(pc.struct_field(pc.list_flatten(cuts), "recording_id")).to_pylist()
    return found
