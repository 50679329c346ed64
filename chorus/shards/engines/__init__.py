"""Where the shards of a plan are written: by processes of this machine, or as tasks of a Ray cluster.

An engine gives the result of every task as it comes; the first error ends it. Tasks write the same bytes wherever they
run, and however often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from chorus.errors import UsageError
from chorus.shards.write import ShardTask, Written, write_shard

Engine = Literal["local", "ray"]
#: What workers share, imported once; and what augmentation needs besides.
PRELOAD = ("chorus.shards.write", "soundfile", "soxr", "pyarrow.parquet")
AUGMENTING = ("scipy.fft",)


def prepare(engine: Engine, jobs: int, augment: bool) -> None:
    """Begin what takes long before the first shard can be written: called before the plan is made."""
    if engine == "local" and jobs > 1:
        from chorus.parallel import prepare as begin

        begin(preloaded(augment))


def preloaded(augment: bool) -> tuple[str, ...]:
    """Modules that workers begin with."""
    return (*PRELOAD, *AUGMENTING) if augment else PRELOAD


def written(engine: Engine, tasks: Sequence[ShardTask], jobs: int, address: str | None = None) -> Iterator[Written]:
    """Write shards. `jobs` is the number of local processes, `address` that of the Ray cluster."""
    if engine == "ray":
        from chorus.shards.engines.ray import written as on_ray

        yield from on_ray(tasks, jobs, address)
        return
    if address:
        raise UsageError("--address is that of a Ray cluster: add --engine ray")
    from chorus.parallel import run

    augment = any(task.settings.recipe for task in tasks[:1])

    for _, result in run(write_shard, tasks, jobs, preload=preloaded(augment)):
        yield result
