"""The folder of a shard set: its plan, who works in it, and what is finished. A set in object storage has a local
folder too, for its plan, its sidecars and the shard that is being written."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chorus.atomic import disk_error, remove_parts, write_bytes
from chorus.errors import ChorusError, UsageError
from chorus.schemas.vocabulary import Split
from chorus.shards.manifest import MANIFEST, read_json
from chorus.shards.outdated import outdated
from chorus.shards.plan import Plan
from chorus.shards.rows import plan_schema
from chorus.shards.settings import ShardSettings
from chorus.shards.write import PLAN, ShardTask
from chorus.storage import Bucket, address

#: Beside the plan: the state of the lake that it was made from. Another state may give the same plan.
PLANNED_FROM = ".planned-from"
#: What a lock can fail with where the file system has none.
NO_LOCKS = (errno.ENOLCK, errno.EBADF, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


def pack(planned: Plan, where: str | None, settings: ShardSettings) -> bytes:
    """The bytes of plan.parquet, one row group per shard. Query and settings stand in the file's metadata, so that
    equal bytes mean the same shard set."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    with pq.ParquetWriter(
        buffer, plan_schema(), compression="zstd", store_schema=False, write_statistics=False
    ) as writer:
        for chunk in planned.shards():
            writer.write_table(chunk, row_group_size=len(chunk))
        writer.add_key_value_metadata(
            {name.decode(): value.decode() for name, value in _asked(where, settings).items()}
        )
    return buffer.getvalue()


def _asked(where: str | None, settings: ShardSettings) -> dict[bytes, bytes]:
    return {b"chorus.query": (where or "").encode(), b"chorus.settings": settings.model_dump_json().encode()}


@dataclass(frozen=True)
class Shard:
    """A shard of the plan: its file, its row group, the number of its clips, the sources of their sound."""

    file: str
    row_group: int
    clips: int
    sources: frozenset[str]


@dataclass
class Folder:
    """`place` is what the user named, `local` the folder on this machine: the same, but for object storage."""

    place: Path | str
    local: Path
    bucket: Bucket | None = None
    _there: dict[str, int] = field(default_factory=dict)

    @classmethod
    def at(cls, place: str | os.PathLike[str], scratch: Path) -> Folder:
        """The shard set at a local path or an address; `scratch` is where sets in object storage are worked on."""
        remote = address(place)
        if remote is None:
            path = Path(place).expanduser().absolute()
            return cls(path, path)
        return cls(remote, scratch / hashlib.sha256(remote.encode()).hexdigest()[:16], Bucket(remote))

    @contextmanager
    def claimed(self, shared: bool = False, wait: bool = False) -> Iterator[None]:
        """Hold the folder for one run, or, `shared`, for one of many tasks. The claim ends with the process, however
        it ends. What object storage holds of the set, the shards apart, is then here.

        Raises UsageError when the folder holds other files, ChorusError (unless it may `wait`) when another run is at
        work in it.
        """
        folder = self.local
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: is a file, expected a folder for the shards")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(error, folder) from None
        with _locked(folder, shared, wait):
            if self.bucket:
                self._fetch(self.bucket, shared)
            if not (folder / PLAN).exists() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
                raise UsageError(f"{self.place}: holds other files; give an empty folder")
            yield

    def _fetch(self, bucket: Bucket, shared: bool) -> None:
        self._there = bucket.listing()
        if self._there and PLAN not in self._there:
            raise UsageError(f"{self.place}: holds other files; give an empty folder")
        if not shared:
            _emptied(self.local)
        for name in self._there:
            if not name.endswith(".tar"):
                bucket.download(name, self.local / name)

    # Plan -------------------------------------------------------------------------------------------------------------

    def has_plan_for(self, where: str | None, settings: ShardSettings, state: str) -> bool:
        """Whether a plan lies there that was made from this state of the lake. Raises UsageError for one that answers
        to another query or other settings."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.local / PLAN
        if not path.exists():
            return False
        try:
            found = pq.read_metadata(path).metadata
        except (OSError, pa.ArrowException) as error:
            raise UsageError(f"{self.place}: its plan cannot be read ({error}); remove the folder") from None
        if any(found.get(name) != value for name, value in _asked(where, settings).items()):
            raise UsageError(self._other())
        return self._planned_from() == state

    def put_plan(self, packed: bytes, state: str) -> None:
        """Keep a plan, made from a state of the lake. Raises UsageError when another plan lies there."""
        path = self.local / PLAN
        if not path.exists():
            self._put(PLAN, packed)
        elif path.read_bytes() != packed:
            raise UsageError(self._other())
        if self._planned_from() != state:
            self._put(PLANNED_FROM, state.encode())

    def _planned_from(self) -> str | None:
        path = self.local / PLANNED_FROM
        return path.read_text(encoding="utf-8") if path.exists() else None

    def _put(self, name: str, content: bytes) -> None:
        write_bytes(self.local / name, content)
        if self.bucket:
            self.bucket.upload(name, self.local / name)

    def _other(self) -> str:
        return (
            f"{self.place}: holds a shard set of another plan (other arguments, or another state of the lake); give "
            "another --out, or remove it"
        )

    def shards(self) -> list[Shard]:
        """The shards of the plan, in its order."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        found = []
        with pq.ParquetFile(self.local / PLAN) as file:
            for k in range(file.num_row_groups):
                rows = file.read_row_group(k, columns=["split", "shard", "cuts.list.element.source"])
                name = f"{rows['split'][0].as_py()}/shard-{rows['shard'][0].as_py():06d}.tar"
                sources = pc.unique(pc.struct_field(pc.list_flatten(rows["cuts"]), "source")).to_pylist()
                found.append(Shard(name, k, len(rows), frozenset(sources)))
        return found

    # Shards -----------------------------------------------------------------------------------------------------------

    def is_done(self, task: ShardTask, with_refused: bool = True) -> bool:
        """Whether a shard stands there whole: its sidecar does, and says how long the tar is; and the sound is what it
        was (see `chorus.shards.outdated`).

        Unless `with_refused`, a shard that lacks clips is tried again: what kept their sound from being read may have
        been mended.
        """
        if self.bucket:
            if task.sidecar_name not in self._there:
                return False
            if not task.sidecar.exists():
                self.bucket.download(task.sidecar_name, task.sidecar)
        elif not task.sidecar.exists():
            return False
        sidecar = read_json(task.sidecar)
        whole = self._size(task.file) == sidecar["bytes"] and (with_refused or not sidecar["refused"])
        return whole and not outdated(task, sidecar)

    def _size(self, name: str) -> int | None:
        if self.bucket:
            return self._there.get(name)
        path = self.local / name
        return path.stat().st_size if path.exists() else None

    def refresh(self) -> None:
        """See what other tasks have finished since."""
        self._there = self.bucket.listing() if self.bucket else {}

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The set's account of itself, None before it is finished."""
        path = self.local / MANIFEST
        return read_json(path) if path.exists() else None

    def clean(self) -> None:
        """Remove what killed runs left."""
        for place in (self.local, *(self.local / split.value for split in Split)):
            remove_parts(place)

    def publish(self) -> None:
        """Bring the account to object storage, the manifest last."""
        if self.bucket:
            names = sorted(path.name for path in self.local.iterdir() if path.is_file() and path.name != PLAN)
            for name in sorted(names, key=lambda name: name == MANIFEST):
                self.bucket.upload(name, self.local / name)


def _emptied(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@contextmanager
def _locked(folder: Path, shared: bool, wait: bool) -> Iterator[None]:
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ChorusError(f"{folder}: another run is writing these shards; wait for it") from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise disk_error(error, folder) from None
        yield
    finally:
        os.close(handle)
