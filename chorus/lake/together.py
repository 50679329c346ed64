"""Several sources at once, each in a worker process of its own: they share nothing but the lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    from chorus.startup import without_pandas

    within = max(1, jobs // max(1, len(releases)))
    tasks = [Task(source, root, lake, within, strict) for source, root in releases]
    yield from run(_ingest, tasks, jobs, preload=["chorus.lake.run", "chorus.lake.writer"], setup=(without_pandas, ()))


def _ingest(task: Task) -> IngestReport | ChorusError:
    try:
        return ingest(Layout(task.lake), task.source, task.root, jobs=task.jobs, strict=task.strict)
    except ChorusError as error:
        return error
