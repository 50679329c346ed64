"""What takes long to make, made once for all workers of pytest-xdist; processes that need not import it all anew."""

from __future__ import annotations

import fcntl
import multiprocessing
import shutil
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

#: What the processes of `fresh` have imported when they start.
SLOW = ["duckdb", "pandas", "pyarrow.parquet", "soundfile", "torch._dynamo", "torch.distributed.fsdp"]
OURS = [
    "chorus.adapters.ena_birds",
    "chorus.lake.ingest",
    "chorus.lake.run",
    "chorus.lake.catalogue",
    "chorus.train.job",
]


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Path:
    """A folder that `make` has filled, in whichever worker came first. Tests that would change it copy it."""
    base = factory.getbasetemp()
    home = base.parent if base.name.startswith("popen-") else base
    folder, whole = home / name, home / f"{name}.whole"
    with (home / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder


def fresh(work: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """A new process that does `work`, forked from one that has imported what takes seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*SLOW, *OURS])
    process = context.Process(target=work, args=arguments)
    process.start()
    return process
