"""Run an adapter over a release, here or in worker processes, in chunks that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chorus.adapters.base import Adapter, Calls, Item, Problem, Rec, Recs, Release, check_length
from chorus.errors import ChorusError, ReadError
from chorus.schemas.vocabulary import Annotated

#: A chunk is given on when it holds this many calls.
ENOUGH = 200_000
#: Reading goes to worker processes when the units hold at least this many bytes: below it, starting them costs more.
WORTH_PROCESSES = 32 << 20
UNITS_PER_TASK = 64


@dataclass
class Chunk:
    """What some units, or a part of one, gave. `units` counts those that are finished."""

    units: int = 0
    rows: int = 0
    recs: list[Rec | Recs] = field(default_factory=list)
    calls: list[Calls] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, item: Item) -> None:
        if isinstance(item, Calls):
            check_length(item)
            self.calls.append(item)
            self.rows += len(item)
        elif isinstance(item, Problem):
            self.problems.append(item)
        else:
            self.recs.append(item)


def read_units(adapter: Adapter, release: Release, units: list[str]) -> Iterator[Chunk]:
    """Run the adapter over some units. A unit that fails becomes a Problem; what it gave before stays, but none of its
    recordings is fully annotated then; the others go on."""
    chunk = Chunk()
    for unit in units:
        full: list[str] = []
        done = False
        try:
            for item in adapter.read(release, unit):
                chunk.add(item)
                full += declared_full(item)
                if chunk.rows >= ENOUGH:
                    yield chunk
                    chunk = Chunk()
            done = True
        except ReadError as error:
            chunk.problems.append(Problem(error.file or unit, "unreadable_file", error.message, error.line))
        except ChorusError as error:
            chunk.problems.append(Problem(unit, "unreadable_file", str(error)))
        except Exception as error:
            message = f"the reader of {adapter.card.id} failed: {type(error).__name__}: {error}".splitlines()[0]
            chunk.problems.append(Problem(unit, "reader_failed", message))
        if not done:
            chunk.recs += [Rec(path, Annotated.partial, short=True) for path in full]
        chunk.units += 1
    yield chunk


def declared_full(item: Item) -> list[str]:
    """Paths of the recordings that an item declares fully annotated."""
    if isinstance(item, (Rec, Recs)) and item.annotated is Annotated.full:
        return [item.path] if isinstance(item, Rec) else list(item.paths)
    return []


def chunks(adapter: Adapter, release: Release, units: list[str], jobs: int) -> Iterator[Chunk]:
    """Units in order, read here or in worker processes; the result does not depend on which."""
    tasks = [units[i : i + UNITS_PER_TASK] for i in range(0, len(units), UNITS_PER_TASK)]
    volume = sum(release.files.get(unit, (0, 0))[0] for unit in units)
    if jobs == 1 or len(tasks) == 1 or volume < WORTH_PROCESSES:
        for task in tasks:
            yield from read_units(adapter, release, task)
        return
    from chorus.parallel import run

    done: dict[int, list[Chunk]] = {}
    following = 0
    for index, found in run(_work, tasks, jobs, setup=(_start_worker, (adapter, release))):
        done[index] = found
        while following in done:
            yield from done.pop(following)
            following += 1


_worker: tuple[Adapter, Release] | None = None


def _start_worker(adapter: Adapter, release: Release) -> None:
    global _worker
    _worker = (adapter, release)


def _work(units: list[str]) -> list[Chunk]:
    if _worker is None:
        raise RuntimeError("worker process was not set up")
    return list(read_units(*_worker, units))
