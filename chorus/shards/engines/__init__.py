"""Where the shards of a plan are written: by processes of this machine, or as tasks of a Ray cluster.

An engine gives the result of every task as it comes; the first error ends it. Tasks write the same bytes wherever they
run, and however often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from chorus.errors import UsageError
from chorus.shards.write import ShardTask, Written, write_shard

if TYPE_CHECKING:
    from chorus.parallel import Workers

Engine = Literal["local", "ray"]
#: What workers share, imported once; and what augmentation needs besides.
PRELOAD = ("chorus.shards.write", "soundfile", "soxr", "pyarrow.parquet")
AUGMENTING = ("scipy.fft",)
#: At most so many workers are started before anyone knows how many shards there will be.
EARLY = 8


@contextmanager
def ready(engine: Engine, jobs: int, augment: bool) -> Iterator[Workers | None]:
    """Local workers that start while the plan is made. None for one job and for more than EARLY: how many are of use is
    known when the plan is, and until then what they share is imported."""
    if engine != "local" or jobs <= 1:
        yield None
        return
    from chorus.parallel import Workers, prepare

    if jobs > EARLY:
        prepare(preloaded(augment))
        yield None
        return
    with Workers(jobs, preloaded(augment)) as workers:
        yield workers


def preloaded(augment: bool) -> tuple[str, ...]:
    """Modules that workers begin with."""
    return (*PRELOAD, *AUGMENTING) if augment else PRELOAD


def written(
    engine: Engine, tasks: Sequence[ShardTask], jobs: int, address: str | None, workers: Workers | None
) -> Iterator[Written]:
    """Write shards, by `workers` where `ready` gave some. `jobs` is the number of local processes or of cores for Ray,
    `address` that of a Ray cluster."""
    if engine == "ray":
        from chorus.shards.engines.ray import written as on_ray

        yield from on_ray(tasks, jobs, address)
        return
    if address:
        raise UsageError("--address is that of a Ray cluster: add --engine ray")
    from chorus.parallel import run

    augment = any(task.settings.recipe for task in tasks[:1])
    early = workers if len(tasks) > 1 else None
    done = early.run(write_shard, tasks) if early else run(write_shard, tasks, jobs, preload=preloaded(augment))
    for _, result in done:
        yield result
