"""Write one shard: a tar of `key.flac` and `key.json`, and beside it a sidecar that says that the tar is whole.

train/shard-000000.tar     plain WebDataset; the same bytes whenever and wherever it is written
train/shard-000000.json    counts, refused clips, SHA-256; written after the tar
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from chorus.atomic import aside, write_bytes
from chorus.errors import ReadError
from chorus.schemas.sample import Sample
from chorus.schemas.vocabulary import Presence
from chorus.shards.build import Places, build
from chorus.shards.settings import ShardSettings

PLAN = "plan.parquet"


@dataclass(frozen=True)
class ShardTask:
    """One shard to be written: row group `row_group` of the plan in `folder`."""

    folder: Path
    file: str
    row_group: int
    clips: int
    places: Places
    settings: ShardSettings

    @property
    def sidecar(self) -> Path:
        return (self.folder / self.file).with_suffix(".json")


class Hashing:
    """Passes bytes on to a file and keeps their SHA-256 and number."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)


@dataclass
class Counts:
    """What a shard holds."""

    samples: int = 0
    seconds: float = 0.0
    sample_rates: Counter[int] = field(default_factory=Counter)
    species: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    augment: Counter[str] = field(default_factory=Counter)
    recordings: set[str] = field(default_factory=set)
    refused: list[dict[str, str]] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        self.samples += 1
        self.seconds += sample.duration_s
        self.sample_rates[sample.sample_rate] += 1
        self.sources[sample.source] += 1
        self.recordings.update(sample.parents)
        self.licences.update(sample.licence.split(" AND "))
        self.augment.update(step.name for step in sample.augment if "skipped" not in step.params)
        there = [event for event in sample.events if event.presence is Presence.present]
        self.species.update(event.species for event in there if event.species)
        self.labels.update(event.label for event in there if event.label)

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it, in an order that does not depend on that of the clips."""
        content: dict[str, Any] = {"samples": self.samples, "seconds": round(self.seconds, 6)}
        content["sample_rates"] = {str(rate): self.sample_rates[rate] for rate in sorted(self.sample_rates)}
        for name in ("species", "labels", "licences", "sources", "augment"):
            content[name] = dict(sorted(getattr(self, name).items()))
        return content | {"recordings": sorted(self.recordings), "refused": self.refused}


def write_shard(task: ShardTask) -> int:
    """Write a shard and its sidecar, one clip in memory at a time; returns the number of clips in the plan.

    A clip whose sound cannot be read is left out and named in the sidecar. Raises ChorusError when the disk is full.
    """
    counts = Counts()
    path = task.folder / task.file
    entry: dict[str, Any] = {"file": task.file}
    with aside(path) as file:
        hashing = Hashing(file)
        _write_clips(task, hashing, counts)
        entry |= {"bytes": hashing.size, "sha256": hashing.sha256.hexdigest()}
    write_bytes(task.sidecar, (json.dumps(entry | counts.as_dict(), indent=1) + "\n").encode())
    return task.clips


def _write_clips(task: ShardTask, out: Hashing, counts: Counts) -> None:
    from webdataset import TarWriter

    with TarWriter(out, user="chorus", group="chorus", mode=0o644, mtime=0, encoder=False, compress=False) as tar:
        for row in rows(task):
            try:
                sound, sample = build(row, task.places, task.settings)
            except ReadError as error:
                counts.refused.append({"key": row["key"], "reason": reason(error, row)})
                continue
            tar.write({"__key__": sample.key, "flac": sound, "json": sample.model_dump_json().encode()})
            counts.add(sample)


def rows(task: ShardTask) -> Iterator[dict[str, Any]]:
    """Rows of the plan that make up a shard."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(task.folder / PLAN) as file:
        yield from file.read_row_group(task.row_group).to_pylist()


def reason(error: ReadError, row: dict[str, Any]) -> str:
    """Why a clip was refused, by the recording at fault, without the place of its file on this machine."""
    fault = next((cut for cut in row["cuts"] if error.file.endswith(cut["path"])), row["cuts"][0])
    return f"{fault['recording_id']}: {error.message}"
