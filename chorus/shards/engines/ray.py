"""Shards as Ray Core tasks: on a cluster that is there, or on one that is started here for the run.

All machines must see the same recordings and the same output, through a shared file system or object storage. A task
whose machine dies is run again on another one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from typing import Any

from chorus.errors import ChorusError, MissingExtra
from chorus.shards.write import ShardTask, Written, write_shard

#: How often a task is run again when its worker or its machine dies.
RETRIES = 20
#: Tasks under way for each core of the cluster: its next one waits there when one is done.
AHEAD = 2


def written(tasks: Sequence[ShardTask], jobs: int, address: str | None) -> Iterator[Written]:
    """Write shards on the cluster at `address`, else at $RAY_ADDRESS, else on `jobs` cores of this machine.

    Raises MissingExtra without ray, ChorusError when the cluster cannot be reached or gives up a task.
    """
    if find_spec("ray") is None:
        raise MissingExtra("--engine ray", "ray")
    import ray

    with _connected(jobs, address):
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)(write_shard)
        ahead = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting = iter(tasks)
        running = [remote.remote(task) for task in islice(waiting, ahead)]
        while running:
            done, running = ray.wait(running, num_returns=1)
            running += [remote.remote(task) for task in islice(waiting, 1)]
            yield _result(done[0])


def _result(reference: Any) -> Written:
    import ray

    try:
        result: Written = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause if isinstance(error.cause, ChorusError) else error from None
    except ray.exceptions.RayError as error:
        raise ChorusError(f"ray gave up a shard ({_first_line(error)}); run again to go on") from None
    return result


@contextmanager
def _connected(jobs: int, address: str | None) -> Iterator[None]:
    """A connection to Ray; one that was there before is left as it is."""
    import os

    import ray

    if ray.is_initialized():
        yield
        return
    chosen = address or os.environ.get("RAY_ADDRESS")
    try:
        _reachable(chosen)
        ray.init(
            address=chosen,
            num_cpus=None if chosen else jobs,
            include_dashboard=None if chosen else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise ChorusError(f"no Ray cluster at {chosen or 'this machine'}: {_first_line(error)}") from None
    try:
        yield
    finally:
        ray.shutdown()


def _reachable(address: str | None) -> None:
    """Raise OSError when nothing listens at host:port; Ray itself would try for minutes."""
    import socket

    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
