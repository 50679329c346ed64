"""Checkpoints: folders of tensors that any number of processes can write and any other number can read.

<folder>/step-00000120/  *.distcp, .metadata   tensors in the format of torch.distributed.checkpoint
                         facts.json            numbers and texts beside them, and the size of each file

A checkpoint is written aside, flushed to the disk and renamed; the one before it is kept. So the last good one survives
a kill at any moment, and where the newest was damaged since, the one before it is taken.
"""

from __future__ import annotations

import json
import pickle
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import Tensor
from torch.distributed.checkpoint import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.metadata import Metadata, StorageMeta

from chorus.atomic import PART, disk_error, sync
from chorus.errors import ReadError
from chorus.train.distributed import World

FACTS = "facts.json"
#: Checkpoints that stay: the newest, and the one before it.
KEPT = 2
NAME = "step-{:08d}"


def save(folder: Path, step: int, tensors: dict[str, Tensor], facts: dict[str, Any], world: World) -> None:
    """Write the checkpoint of `step`; all processes call it together. `facts` must fit into JSON.

    Raises ChorusError with one line when the disk is full or the place cannot be written; older ones stay.
    """
    path = folder / NAME.format(step)
    part = folder / f".{path.name}{PART}"
    if world.first:
        _on_disk(folder, lambda: _start(folder, part))
    world.wait()
    _on_disk(folder, lambda: _quietly(dcp.save, tensors, FileSystemWriter(part), world))
    if world.first:
        _on_disk(folder, lambda: _finish(part, path, {**facts, "step": step}))
        every = _all(folder)
        kept = [path for path in every if _whole(path)][-KEPT:]
        for old in every:
            if old not in kept:
                shutil.rmtree(old, ignore_errors=True)
    world.wait()


def _start(folder: Path, part: Path) -> None:
    """An empty place to write to; what killed writers left is removed."""
    for left in folder.glob(f".*{PART}"):
        shutil.rmtree(left, ignore_errors=True)
    part.mkdir(parents=True)


def _finish(part: Path, path: Path, facts: dict[str, Any]) -> None:
    """Make the checkpoint whole and visible. A folder of that name was found to be damaged before, and goes."""
    sizes = {file.name: file.stat().st_size for file in sorted(part.iterdir())}
    (part / FACTS).write_text(json.dumps({**facts, "files": sizes}), encoding="utf-8")
    sync(part / FACTS)
    sync(part)
    if path.exists():
        shutil.rmtree(path)
    part.rename(path)
    sync(path.parent)


def newest(folder: Path) -> Path | None:
    """The newest checkpoint whose files are all there, in their full size; None when there is none at all. Raises
    ReadError as `newest_first` does."""
    return next(iter(newest_first(folder)), None)


def newest_first(folder: Path) -> list[Path]:
    """The checkpoints whose files are all there, in their full size. Raises ReadError when there are some but none is
    whole."""
    found = _all(folder)
    whole = [path for path in reversed(found) if _whole(path)]
    if found and not whole:
        raise ReadError("no checkpoint that can be read: each lacks a file or a part of one", str(folder))
    return whole


def passed_over(folder: Path, step: int) -> list[str]:
    """The names of checkpoints that are newer than that of `step`, which was loaded: they are damaged."""
    return [path.name for path in _all(folder) if path.name > NAME.format(step)]


def _all(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("step-*") if p.is_dir())


def _whole(path: Path) -> bool:
    try:
        return all((path / name).stat().st_size == size for name, size in read_facts(path)["files"].items())
    except (OSError, ReadError):
        return False


def read_facts(path: Path) -> dict[str, Any]:
    """The facts of a checkpoint. Raises ReadError when they are damaged."""
    try:
        facts = json.loads((path / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReadError(f"no checkpoint that can be read ({type(error).__name__})", str(path / FACTS)) from None
    if not isinstance(facts, dict) or not isinstance(facts.get("files"), dict):
        raise ReadError("no facts of a checkpoint", str(path / FACTS))
    return facts


def load(path: Path, tensors: dict[str, Tensor], world: World) -> None:
    """Fill `tensors` in place, however many processes wrote them; nothing in the files is executed.

    Raises ReadError when a tensor is missing, has another shape, or cannot be read.
    """
    try:
        _quietly(dcp.load, tensors, PlainReader(path), world)
    except CheckpointException as error:
        cause = next(iter(error.failures.values()))[0]
        reason = [] if isinstance(cause, pickle.UnpicklingError) else str(cause).strip().splitlines()
        what = reason[0] if reason else "damaged"  # torch would advise to run what stands in it
        raise ReadError(f"no checkpoint of this model that can be read: {what}", str(path)) from None


def _quietly(act: Callable[..., Any], tensors: dict[str, Tensor], storage: Any, world: World) -> None:
    """Save or load without torch's remark that there is one process only."""
    role = "storage_writer" if act is dcp.save else "storage_reader"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is (disabled|unavailable)")
        act(tensors, no_dist=world.size == 1, **{role: storage})


def _on_disk(folder: Path, act: Callable[[], None]) -> None:
    """Tell errors of the disk in one line."""
    try:
        act()
    except OSError as error:
        raise disk_error(error, folder) from error
    except CheckpointException as error:
        for cause, _ in error.failures.values():
            if isinstance(cause, OSError):
                raise disk_error(cause, folder) from error
        raise


class PlainReader(FileSystemReader):
    """torch's reader, but the table of contents (a pickle) may name nothing but what such a table is made of."""

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        with (Path(self.path) / ".metadata").open("rb") as file:
            metadata: Metadata = PlainUnpickler(file).load()
        metadata.storage_meta = metadata.storage_meta or StorageMeta()
        metadata.storage_meta.load_id = self.load_id
        return metadata


class PlainUnpickler(pickle.Unpickler):
    """Knows a few classes by name and calls nothing else."""

    allowed = {
        "torch.distributed.checkpoint.metadata": {
            *("Metadata", "MetadataIndex", "StorageMeta", "TensorStorageMetadata", "TensorProperties"),
            *("ChunkStorageMetadata", "BytesStorageMetadata", "_MEM_FORMAT_ENCODING"),
        },
        "torch.distributed.checkpoint.filesystem": {"_StorageInfo", "_StoragePrefix"},
        "torch.serialization": {"_get_layout"},
        "pathlib": {"PosixPath", "WindowsPath"},
        "pathlib._local": {"PosixPath", "WindowsPath"},
        "torch": {"Size", *(name for name, value in vars(torch).items() if isinstance(value, torch.dtype))},
    }

    def find_class(self, module: str, name: str) -> Any:
        if name not in self.allowed.get(module, ()):
            raise pickle.UnpicklingError(f"names {module}.{name}, which no table of tensors does")
        return super().find_class(module, name)
