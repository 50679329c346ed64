"""Several sources at once, each in a worker process of its own: they share nothing but the lake."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus.errors import ChorusError
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.lake.report import IngestReport


@dataclass(frozen=True)
class Task:
    """A source and the folder of its release."""

    source: str
    root: Path
    lake: Path
    jobs: int = 1
    strict: bool = False


def ingest_together(
    lake: Path, releases: Sequence[tuple[str, Path]], *, jobs: int = 1, strict: bool = False
) -> Iterator[tuple[int, IngestReport | ChorusError]]:
    """Ingest (source, folder of its release) pairs, `jobs` of them at a time.

    Gives the place in `releases` and the report of each as it is finished, or the error that kept it out: the others go
    on.
    """
    from chorus.parallel import run

    within = max(1, jobs // max(1, len(releases)))
    tasks = [Task(source, root, lake, within, strict) for source, root in releases]
    yield from run(_ingest, tasks, jobs, preload=["chorus.lake.run", "chorus.lake.writer"], setup=(without_pandas, ()))


def _ingest(task: Task) -> IngestReport | ChorusError:
    try:
        return ingest(Layout(task.lake), task.source, task.root, jobs=task.jobs, strict=task.strict)
    except ChorusError as error:
        return error


def without_pandas() -> None:
    """Keep pyarrow from importing pandas, which it does at its first `pa.array` to recognise pandas objects.

    None are used in an ingest, and the import takes longer than reading 50,000 calls. Once the first attempt has failed
    pyarrow does without; where pandas is asked for by name it is imported as usual.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow

    class Blocked:
        """A finder that knows no pandas."""

        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "pandas":
                raise ModuleNotFoundError(name=name)

    blocked: Any = Blocked()
    sys.meta_path.insert(0, blocked)
    try:
        pyarrow.array([0])
    finally:
        sys.meta_path.remove(blocked)
