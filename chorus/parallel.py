"""Run one function over many tasks, here or in worker processes, with results as they come."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar

from chorus.errors import ChorusError
from chorus.interrupts import interrupt_later

Task = TypeVar("Task")
Result = TypeVar("Result")

#: What may end a worker: the system, for want of memory; or a script that starts itself again in each worker.
DIED = (
    "a worker process was killed (out of memory? or, in a script of your own, no `if __name__ == '__main__':` before "
    "the work?); run again to go on"
)


def run(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    jobs: int = 1,
    preload: Iterable[str] = (),
    setup: tuple[Callable[..., None], tuple[Any, ...]] | None = None,
) -> Iterator[tuple[int, Result]]:
    """(index, result) of every task: in order with one job, as they finish with more.

    `function` must be importable (module level). `preload` names modules that the workers share, imported once;
    `setup` is a function and its arguments, called once in each worker (here too, with one job) before any task. Few
    tasks are under way at a time, so memory does not grow with their number. The first error ends the run and is
    raised here. Workers end when this process dies, however it dies.
    """
    if jobs <= 1 or len(tasks) <= 1:
        if setup:
            setup[0](*setup[1])
        for index, task in enumerate(tasks):
            yield index, function(task)
        return
    with Workers(min(jobs, len(tasks)), preload, setup) as workers:
        yield from workers.run(function, tasks)


class Workers:
    """`jobs` worker processes that start while the caller does other things. Use it in a `with` statement.

    `preload` and `setup` are those of the function `run`.
    """

    def __init__(
        self,
        jobs: int,
        preload: Iterable[str] = (),
        setup: tuple[Callable[..., None], tuple[Any, ...]] | None = None,
    ) -> None:
        self._jobs = jobs
        self._pool = ProcessPoolExecutor(
            jobs, mp_context=_context(preload), initializer=_start_worker, initargs=(setup, dict(os.environ))
        )
        self._starting = threading.Thread(target=self._start)
        self._starting.start()

    def _start(self) -> None:
        # RuntimeError: the process ends before anyone waited for its workers, as Ctrl-C came in between
        with suppress(BrokenProcessPool, RuntimeError):
            wait([self._pool.submit(_ready) for _ in range(self._jobs)])

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """(index, result) of every task as they finish. Raises as the function `run` does."""
        self._started()
        try:
            yield from _collect(self._pool, function, enumerate(tasks), 2 * self._jobs)
        except BrokenProcessPool:
            raise ChorusError(DIED) from None

    def _started(self) -> None:
        """Wait for the workers. A parent that ends while they start leaves them without the locks they are about to
        open, and each would say so with a traceback."""
        with interrupt_later():
            self._starting.join()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started()
        self._pool.shutdown(wait=True, cancel_futures=True)


def prepare(preload: Iterable[str]) -> None:
    """Begin to import what the workers of a later `run` share, while the caller does other things."""
    _context(preload)


def _collect(
    pool: ProcessPoolExecutor, function: Callable[[Task], Result], tasks: Iterator[tuple[int, Task]], ahead: int
) -> Iterator[tuple[int, Result]]:
    running: dict[Future[Result], int] = {}
    while True:
        for index, task in islice(tasks, ahead - len(running)):
            running[pool.submit(function, task)] = index
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()


def _context(preload: Iterable[str]) -> multiprocessing.context.BaseContext:
    """Fork server where there is one: its children start clean and share what it imported."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(preload))
        _start_fork_server()
        return context
    return multiprocessing.get_context("spawn")


def _ready() -> None:
    """A first task, long enough that every worker of the pool is started for one."""
    time.sleep(0.05)


def _start_fork_server() -> None:
    """Start the server deaf to Ctrl-C, which would else end its imports with a traceback of their own. It inherits what
    is blocked here meanwhile; here a Ctrl-C waits until the server runs."""
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # where it is started, it lets signals through again
    with interrupt_later():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(setup: tuple[Callable[..., None], tuple[Any, ...]] | None, environment: dict[str, str]) -> None:
    """Leave Ctrl-C to the parent, and end with it: a killed parent must not leave workers that write on. The fork
    server may have been started in another environment than the parent has now."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if setup:
        setup[0](*setup[1])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
