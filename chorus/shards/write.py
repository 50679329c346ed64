"""Write one shard: a tar of `key.flac` and `key.json`, and beside it a sidecar that says that the tar is whole.

train/shard-000000.tar     plain WebDataset; the same bytes whenever and wherever it is written
train/shard-000000.json    counts, refused clips, digests of tar and inputs; written after the tar
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from chorus.atomic import Flushing, aside, write_bytes
from chorus.errors import ReadError
from chorus.schemas.sample import is_strong_call
from chorus.schemas.vocabulary import Presence
from chorus.shards.build import build
from chorus.shards.settings import ShardSettings
from chorus.shards.sound import Places, Sounds
from chorus.shards.spent import Spent
from chorus.shards.tar import Tar
from chorus.storage import Bucket

PLAN = "plan.parquet"
#: Fields of an event that tell whether it is a call with marked times.
TELLING = ("kind", "presence", "strength", "start_s", "end_s")


@dataclass(frozen=True)
class ShardTask:
    """One shard to be written: row group `row_group` of the plan in `folder`, then moved to the `bucket` if there is
    one."""

    folder: Path
    file: str
    row_group: int
    clips: int
    places: Places
    settings: ShardSettings
    bucket: str | None = None

    @property
    def sidecar_name(self) -> str:
        return PurePosixPath(self.file).with_suffix(".json").as_posix()

    @property
    def sidecar(self) -> Path:
        return self.folder / self.sidecar_name


@dataclass(frozen=True)
class Written:
    """What writing a shard took: clips of the plan, those of them that are in it, hours of sound, and seconds by
    stage."""

    clips: int
    samples: int
    hours: float
    spent: Mapping[str, float]


@dataclass
class Counts:
    """What a shard holds."""

    samples: int = 0
    seconds: float = 0.0
    sample_rates: Counter[int] = field(default_factory=Counter)
    strong_calls: Counter[int] = field(default_factory=Counter)
    species: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    augment: Counter[str] = field(default_factory=Counter)
    recordings: set[str] = field(default_factory=set)
    refused: list[dict[str, str]] = field(default_factory=list)

    def add(self, sample: Mapping[str, Any]) -> None:
        """Count a clip by the fields of its `Sample`."""
        self.samples += 1
        self.seconds += sample["duration_s"]
        self.sample_rates[sample["sample_rate"]] += 1
        self.sources[sample["source"]] += 1
        self.recordings.update(sample["parents"])
        self.licences.update(sample["licence"].split(" AND "))
        self.augment.update(step["name"] for step in sample["augment"] if "skipped" not in step["params"])
        there = [event for event in sample["events"] if event["presence"] == Presence.present]
        strong = sum(is_strong_call(*(event[name] for name in TELLING)) for event in there)
        self.strong_calls[sample["sample_rate"]] += strong
        self.species.update(event["species"] for event in there if event["species"])
        self.labels.update(event["label"] for event in there if event["label"])

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it, in an order that does not depend on that of the clips."""
        content: dict[str, Any] = {"samples": self.samples, "seconds": round(self.seconds, 6)}
        for name in ("sample_rates", "strong_calls"):
            content[name] = {str(rate): number for rate, number in sorted(getattr(self, name).items())}
        for name in ("species", "labels", "licences", "sources", "augment"):
            content[name] = dict(sorted(getattr(self, name).items()))
        return content | {"recordings": sorted(self.recordings), "refused": self.refused}


def write_shard(task: ShardTask) -> Written:
    """Write a shard and its sidecar, one clip in memory at a time.

    A clip whose sound cannot be read is left out and named in the sidecar. Raises ChorusError when the disk is full.
    """
    counts, spent = Counts(), Spent()
    entry: dict[str, Any] = {"file": task.file}
    with spent.on("write"), Sounds(task.places) as sounds:
        with aside(task.folder / task.file) as file:
            tar = Tar(file)
            with Flushing(file) as flushing:
                _write_clips(task, sounds, tar, counts, spent, flushing)
            tar.close()
            entry |= {"bytes": tar.size, "sha256": tar.sha256, "inputs": dict(sorted(sounds.inputs.items()))}
        sidecar = (json.dumps(entry | counts.as_dict(), indent=1) + "\n").encode()
        if task.bucket:
            _move(task, Bucket(task.bucket), sidecar)
        write_bytes(task.sidecar, sidecar)
    return Written(task.clips, counts.samples, counts.seconds / 3600, spent)


def _write_clips(task: ShardTask, sounds: Sounds, tar: Tar, counts: Counts, spent: Spent, flushing: Flushing) -> None:
    clips = rows(task)
    sounds.expect(cut for row in clips for cut in row["cuts"])
    for row in clips:
        try:
            clip = build(row, sounds, task.settings, spent)
        except ReadError as error:
            counts.refused.append({"key": row["key"], "reason": reason(error, row)})
            continue
        tar.add(f"{row['key']}.flac", clip.sound)
        tar.add(f"{row['key']}.json", clip.json())
        flushing.grown(tar.size)
        counts.add(clip.content)


def _move(task: ShardTask, bucket: Bucket, sidecar: bytes) -> None:
    """Bring a finished shard to object storage, and then its sidecar."""
    path = task.folder / task.file
    bucket.upload(task.file, path)
    bucket.put(task.sidecar_name, sidecar)
    path.unlink()


def rows(task: ShardTask) -> list[dict[str, Any]]:
    """Rows of the plan that make up a shard."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(task.folder / PLAN) as file:
        found: list[dict[str, Any]] = file.read_row_group(task.row_group).to_pylist()
    return found


def reason(error: ReadError, row: dict[str, Any]) -> str:
    """Why a clip was refused, by the recording at fault, without the place of its file on this machine."""
    fault = next((cut for cut in row["cuts"] if error.file.endswith(cut["path"])), row["cuts"][0])
    return f"{fault['recording_id']}: {error.message}"
