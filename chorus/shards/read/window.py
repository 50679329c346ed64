"""Windows of open shards: the one that is read, and the next, which is opened meanwhile."""

from __future__ import annotations

import os
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chorus.errors import ReadError
from chorus.shards.read.cache import ShardCache
from chorus.shards.read.index import Index, Place, index
from chorus.shards.read.manifest import Shard
from chorus.shards.read.plan import Clips, Plan

#: Shards whose index is kept for the next epoch.
KEPT_INDICES = 256
DOWNLOADS = 4


class OpenShard:
    """A tar that is open for as long as someone needs it."""

    def __init__(self, path: Path) -> None:
        self.tar = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.tar)


@dataclass(frozen=True)
class Window:
    """Open shards, by their files, and the batches of their clips."""

    shards: dict[str, OpenShard]
    batches: list[Clips]


@dataclass
class Windows:
    """Opens the shards of the set at `place`, remote ones through `cache`; notes in `bad` what is wrong in them.

    `turn` lets processes of one machine begin with different downloads.
    """

    place: str
    cache: ShardCache | None
    turn: int
    bad: dict[str, str]
    indices: dict[str, Index] = field(default_factory=dict)

    def of(self, plan: Plan, start: int) -> Iterator[tuple[int, Window]]:
        """(number of its first batch, window) for every window that has batches from number `start` on."""
        opening: dict[int, Future[Window]] = {}
        shards, sizes, number = plan.windows(), plan.sizes(), 0
        left = threading.Event()
        with ThreadPoolExecutor(1) as opener:
            try:
                for at, size in enumerate(sizes):
                    first, number = number, number + size
                    if number <= start:
                        continue
                    for soon in range(at, min(at + 2, len(sizes))):
                        if soon not in opening:
                            opening[soon] = opener.submit(self._open, plan, soon, shards[soon], left)
                    yield first, opening.pop(at).result()
            finally:
                left.set()

    def _open(self, plan: Plan, number: int, shards: list[Shard], left: threading.Event) -> Window:
        """Open a window's shards and make up its batches."""
        turn = self.turn % len(shards)
        turned = shards[turn:] + shards[:turn]
        with ThreadPoolExecutor(DOWNLOADS if self.cache else 1) as pool:
            tars = dict(zip((s.file for s in turned), pool.map(partial(self._open_shard, left), turned), strict=True))
        places = [place for shard in shards for place in self._places(shard, tars[shard.file])]
        return Window(tars, plan.batches(number, shards, places))

    def _open_shard(self, left: threading.Event, shard: Shard) -> OpenShard:
        try:
            if self.cache is None:
                return OpenShard(Path(self.place) / shard.file)
            while not left.is_set():
                try:
                    return OpenShard(self.cache.fetch(self.place, shard))
                except FileNotFoundError:  # removed by another process just now
                    continue
        except OSError as error:
            raise self._error(shard, f"no shard that can be read ({error.strerror})") from None
        raise self._error(shard, "is not needed any more")

    def _places(self, shard: Shard, opened: OpenShard) -> list[Place]:
        """The clips of a shard that its manifest knows of; notes those that are missing or are no clips."""
        found = self.indices.get(shard.file)
        if found is None:
            found = index(opened.tar, shard.file)
            if len(self.indices) < KEPT_INDICES:
                self.indices[shard.file] = found
        for key, reason in found.bad.items():
            self.bad[f"{shard.file}:{key}".rstrip(":")] = reason
        clips = sum(shard.rates.values())
        missing = clips - len(found.places) - sum(1 for key in found.bad if key)
        if missing > 0:
            damage = f" ({found.bad['']})" if "" in found.bad else ""
            self.bad[shard.file] = f"{missing:,} of {clips:,} clips are missing{damage}"
        return list(self._known(shard, found))

    def _known(self, shard: Shard, found: Index) -> Iterator[Place]:
        counts: Counter[int] = Counter()
        for place in found.places:
            if place.rate not in shard.rates:
                self.bad[f"{shard.file}:{place.key}"] = f"at {place.rate:,} Hz, which its manifest does not state"
                continue
            counts[place.rate] += 1
            if counts[place.rate] > shard.rates[place.rate]:
                raise self._error(shard, "holds more clips than its manifest says")
            yield place

    def _error(self, shard: Shard, message: str) -> ReadError:
        return ReadError(message, f"{self.place}/{shard.file}")

    def check_files(self, shards: list[Shard]) -> None:
        """Every local shard is there, as long as it should be. Raises ReadError."""
        for shard in shards:
            try:
                size = (Path(self.place) / shard.file).stat().st_size
            except OSError as error:
                raise self._error(shard, f"no shard that can be read ({error.strerror})") from None
            if shard.bytes is not None and size != shard.bytes:
                raise self._error(shard, f"{size:,} bytes; its manifest says {shard.bytes:,}: copy the shard again")
