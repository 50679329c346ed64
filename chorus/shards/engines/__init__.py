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


@contextmanager
def ready(engine: Engine, jobs: int, augment: bool) -> Iterator[Workers | None]:
    """Local workers that start while the plan is made; None where there are to be none."""
    if engine != "local" or jobs <= 1:
        yield None
        return
    from chorus.parallel import Workers

    with Workers(jobs, (*PRELOAD, *AUGMENTING) if augment else PRELOAD) as workers:
        yield workers


def written(
    engine: Engine, tasks: Sequence[ShardTask], jobs: int, address: str | None, workers: Workers | None
) -> Iterator[Written]:
    """Write shards, by `workers` if there are any. `jobs` is the number of cores that Ray may use when it is started
    here, `address` that of a Ray cluster."""
    if engine == "ray":
        from chorus.shards.engines.ray import written as on_ray

        yield from on_ray(tasks, jobs, address)
        return
    if address:
        raise UsageError("--address is that of a Ray cluster: add --engine ray")
    if workers is None or len(tasks) <= 1:
        yield from map(write_shard, tasks)
        return
    for _, result in workers.run(write_shard, tasks):
        yield result
