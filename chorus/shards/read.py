"""The reader that training uses: exact epochs over a shard set, in an order fixed by (seed, epoch), with a position.

An epoch is planned from the manifest: shards are shuffled, then taken by windows of a few; inside a window every clip's
place in its tar is known, so clips are shuffled freely and put together into batches of one sample rate. Each clip
comes exactly once per epoch. The position is a batch number, so a run that was stopped goes on with the very next
batch. Any WebDataset reader can read the same tars; what it cannot do is go on from the middle of an epoch.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chorus.errors import ChorusError, ReadError
from chorus.schemas.sample import Sample

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WINDOW_SHARDS = 16
FORMAT, VERSION = "chorus-shards", 1

Stretch = tuple[float, float]
#: (sample, random numbers of this clip in this epoch) -> the stretch of the clip to decode, in seconds.
Choose = Callable[[Sample, random.Random], Stretch]


@dataclass(frozen=True)
class Place:
    """Where a clip lies: its shard, and offset and size of its sound and its JSON in the tar."""

    shard: Path
    key: str
    sound: tuple[int, int]
    label: tuple[int, int]


@dataclass(frozen=True)
class Clip:
    """A decoded clip, or the stretch of it that was asked for: `first_s` is where it begins in clip time."""

    sample: Sample
    first_s: float
    samples: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """Clips of one sample rate. `number` is the batch's place in its epoch."""

    epoch: int
    number: int
    sample_rate: int
    clips: list[Clip]


@dataclass
class Manifest:
    """The shard set's own account of itself. `digest` is the SHA-256 of manifest.json."""

    folder: Path
    digest: str
    data: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Manifest:
        """Read `folder/manifest.json`. Raises ChorusError when it is absent, unreadable or of another format."""
        path = folder / "manifest.json"
        try:
            raw = path.read_bytes()
            data = json.loads(raw)
        except FileNotFoundError:
            raise ChorusError(f"{folder} holds no manifest.json: expected a folder written by `chorus shard`") from None
        except (OSError, ValueError) as error:
            raise ReadError(f"no manifest that can be read ({error})", str(path)) from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ReadError(f"expected a manifest of format '{FORMAT}'", str(path))
        if data.get("version", 0) > VERSION:
            raise ReadError(f"shard format {data['version']} is newer than this Chorus reads ({VERSION})", str(path))
        return cls(folder, hashlib.sha256(raw).hexdigest(), data)

    def split(self, name: str) -> dict[str, Any]:
        """One split's entry; an empty one for a split that the set does not have."""
        found: dict[str, Any] = self.data.get("splits", {}).get(name) or {}
        return {"shards": [], "samples": 0, "recordings": [], **found}


def index_shard(shard: Path) -> list[tuple[int, Place]]:
    """(sample rate, place) of each clip of a tar, in the tar's order. A clip without its pair is left out.

    Raises ReadError when the file is absent or is no tar.
    """
    try:
        found = shard.stat()
    except OSError as error:
        raise ReadError(f"no shard that can be read ({error.strerror})", str(shard)) from None
    return _index(shard, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4 * WINDOW_SHARDS)
def _index(shard: Path, size: int, mtime_ns: int) -> list[tuple[int, Place]]:
    members: dict[str, dict[str, tuple[int, int]]] = {}
    rates: dict[str, int] = {}
    try:
        with tarfile.open(shard, "r:") as tar:
            for member in tar:
                key, _, suffix = member.name.rpartition(".")
                members.setdefault(key, {})[suffix] = (member.offset_data, member.size)
                body = tar.extractfile(member) if suffix == "json" else None
                if body is not None:
                    rates[key] = rate_of(body.read())
    except (OSError, tarfile.TarError) as error:
        raise ReadError(f"no shard that can be read ({error})", str(shard)) from None
    pairs = [(k, m) for k, m in members.items() if "flac" in m and "json" in m]
    return [(rates[k], Place(shard, k, m["flac"], m["json"])) for k, m in pairs]


def rate_of(raw: bytes) -> int:
    """The sample rate stated in a clip's JSON; 0 where it cannot be read (the clip then counts as bad)."""
    try:
        return int(json.loads(raw)["sample_rate"])
    except (ValueError, KeyError, TypeError):
        return 0


@dataclass
class Reader:
    """Batches of a split, epoch after epoch.

    `batch_size` clips to a batch (fewer where a rate runs out). `choose` picks the stretch of a clip to decode; without
    it the clip comes whole. `rank` of `world` takes every world-th batch. A clip that cannot be read is left out and
    noted in `bad`: shard and key -> reason.
    """

    manifest: Manifest
    split: str
    batch_size: int
    seed: int = 0
    choose: Choose | None = None
    shuffle: bool = True
    threads: int = 1
    rank: int = 0
    world: int = 1
    bad: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shards = [self.manifest.folder / s["file"] for s in self.manifest.split(self.split)["shards"]]

    def plan(self, epoch: int) -> Iterator[tuple[int, list[Place]]]:
        """(sample rate, places) of each batch of an epoch, in order. Reads indices only, never sound."""
        order = random.Random(f"{self.seed}/{epoch}/shards")
        shards = list(self.shards)
        if self.shuffle:
            order.shuffle(shards)
        for first in range(0, len(shards), WINDOW_SHARDS):
            batches = self.window(shards[first : first + WINDOW_SHARDS], order)
            yield from batches

    def window(self, shards: list[Path], order: random.Random) -> list[tuple[int, list[Place]]]:
        """Batches of one window of shards."""
        by_rate: dict[int, list[Place]] = {}
        for shard in shards:
            for rate, place in index_shard(shard):
                by_rate.setdefault(rate, []).append(place)
        batches = []
        for rate in sorted(by_rate):
            places = by_rate[rate]
            if self.shuffle:
                order.shuffle(places)
            batches += [(rate, places[i : i + self.batch_size]) for i in range(0, len(places), self.batch_size)]
        if self.shuffle:
            order.shuffle(batches)
        return batches

    def batches_per_epoch(self) -> int:
        """Batches of an epoch over all ranks."""
        return sum(1 for _ in self.plan(0))

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Batches `start`, start + 1 ... of an epoch, decoded a few ahead in the background.

        A batch all of whose clips are bad does not come; the numbers of the others stay as they are.
        """
        mine = ((i, b) for i, b in enumerate(self.plan(epoch)) if i >= start and i % self.world == self.rank)
        with ThreadPoolExecutor(max_workers=max(1, self.threads)) as pool:
            ahead: list[Future[Batch]] = []
            try:
                for number, (rate, places) in mine:
                    ahead.append(pool.submit(self.load, epoch, number, rate, places))
                    if len(ahead) > 2 * self.threads:
                        yield from self.filled(ahead.pop(0))
                while ahead:
                    yield from self.filled(ahead.pop(0))
            finally:
                for future in ahead:
                    future.cancel()

    @staticmethod
    def filled(future: Future[Batch]) -> Iterator[Batch]:
        batch = future.result()
        if batch.clips:
            yield batch

    def load(self, epoch: int, number: int, rate: int, places: list[Place]) -> Batch:
        """Decode one batch."""
        clips = []
        for place in places:
            try:
                clips.append(self.decode(place, rate, random.Random(f"{self.seed}/{epoch}/{place.key}")))
            except (OSError, ValueError, ReadError) as error:
                self.bad[f"{place.shard.name}:{place.key}"] = str(error) or type(error).__name__
        return Batch(epoch, number, rate, clips)

    def decode(self, place: Place, rate: int, draws: random.Random) -> Clip:
        """One clip, or the chosen stretch of it. Raises ReadError or ValueError for a clip that is damaged."""
        with place.shard.open("rb") as tar:
            tar.seek(place.label[0])
            raw = tar.read(place.label[1])
            tar.seek(place.sound[0])
            sound = tar.read(place.sound[1])
        try:
            sample = Sample.model_validate_json(raw)
        except ValidationError as error:
            raise ReadError(f"its JSON is no Sample: {error.errors()[0]['msg']}") from None
        first_s, last_s = self.choose(sample, draws) if self.choose else (0.0, sample.duration_s)
        samples, first = decode_flac(sound, rate, first_s, last_s)
        return Clip(sample, first / rate, samples)


def decode_flac(sound: bytes, rate: int, start_s: float, end_s: float) -> tuple[npt.NDArray[np.float32], int]:
    """Samples of a stretch (mono, float32) and the number of its first sample. Raises ReadError when damaged."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(sound)) as file:
            if file.samplerate != rate or file.channels != 1:
                raise ReadError(f"{file.channels} channel(s) at {file.samplerate} Hz, expected 1 at {rate} Hz")
            first = min(max(round(start_s * rate), 0), file.frames)
            count = min(max(round(end_s * rate), first), file.frames) - first
            file.seek(first)
            samples = file.read(count, dtype="float32")
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise ReadError(str(error)) from None
    if len(samples) < max(count, 1):
        raise ReadError(f"{len(samples)} of {count} samples could be decoded")
    return samples, first
