"""Clips without labels that fine-tuning goes over beside the labelled ones, where these are few.

A detector that is fine-tuned on finches forgets what a mouse at 250 kHz sounds like, or never knew; and one that has
seen a dozen clips takes rain for a call. So clips of the shard set that the encoder was pretrained on come along, in
octaves of rates that few calls are labelled in. Where there is hardly a labelled call they are their own teachers (see
`chorus.train.pseudo`); where there are some, a detector that learned from these marks them for another one (see
`chorus.train.student`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from chorus.shards.read import Manifest
from chorus.train.frontend import FrontEnd
from chorus.train.start import met

if TYPE_CHECKING:
    from chorus.train.data import Step, StepBatch, Steps


#: Labelled calls in an octave of rates that make a detector of it; and those that need no clips beside them.
ENOUGH, MANY = 10, 100
#: Who says where the calls of a clip are: people, the clip itself, or a detector.
Teacher = Literal["labels", "itself", "detector"]


class Rehearsal:
    """Steps of a pool that go with those of a labelled set, of `per_epoch` steps, marked by `teacher`.

    Which step goes with which depends on the place in the labelled set alone, so a run that is resumed gets the same.
    """

    def __init__(self, pool: Steps, per_epoch: int, teacher: Teacher = "itself") -> None:
        self._pool, self._per_epoch, self._teacher = pool, max(1, per_epoch), teacher
        self._length = max(1, -(-pool.reader.batches_per_epoch() // pool.rate_groups))
        self._steps: Iterator[Step] | None = None
        self._next = (-1, -1)
        self._empty = False

    def pieces(self, epoch: int, number: int) -> list[StepBatch]:
        """What goes with step `number` of `epoch`; nothing where no clip of the pool can be read."""
        if self._empty:
            return []
        wanted = divmod(epoch * self._per_epoch + number, self._length)
        step = next(self._steps, None) if self._steps and self._next == wanted else None
        if step is None or self.place(step) != wanted:  # epochs differ in length by some steps
            self.close()
            self._steps = self._pool.made(wanted[0], wanted[1] * self._pool.rate_groups)
            step = next(self._steps, None)
        if step is None:
            self._empty = True
            return []
        self._next = divmod(epoch * self._per_epoch + number + 1, self._length)
        return [replace(piece, teacher=self._teacher) for piece in step.pieces]

    def place(self, step: Step) -> tuple[int, int]:
        """Epoch and number of a step in the pool."""
        return step.epoch, step.next_batch // self._pool.rate_groups - 1

    def close(self) -> None:
        """End the reading."""
        with suppress(AttributeError):
            self._steps.close()  # type: ignore[union-attr]
        self._steps, self._next = None, (-1, -1)


@dataclass(frozen=True)
class Beside:
    """What comes along of a pool, by who marks it; None: nothing."""

    itself: Manifest | None = None
    detector: Manifest | None = None

    @classmethod
    def of(cls, pool: Manifest, labelled: Manifest, front_end: FrontEnd) -> Beside:
        """The pool's training shards none of whose rates lies in an octave of MANY labelled calls: their own teachers
        where all do in those of fewer than ENOUGH. Clips of recordings that the labelled set validates or tests on are
        left out."""
        shared = met(pool, labelled)
        if shared and shared.issuperset(pool.split("train")["recordings"]):
            return cls()
        pool = replace(pool, without=shared)
        calls = labelled_calls(labelled, front_end)
        parts: dict[str, list[Any]] = {"itself": [], "detector": []}
        split = pool.split("train")
        for entry, shard in zip(split["shards"], pool.shards("train"), strict=True):
            most = max((calls[front_end.octave(rate)] for rate in shard.rates), default=0)
            if most < MANY:
                parts["itself" if most < ENOUGH else "detector"].append(entry)
        return cls(
            **{
                name: replace(pool, data={**pool.data, "splits": {"train": {**split, "shards": entries}}})
                for name, entries in parts.items()
                if entries
            }
        )

    def manifests(self) -> dict[Teacher, Manifest]:
        """Those that there are."""
        both: dict[Teacher, Manifest | None] = {"itself": self.itself, "detector": self.detector}
        return {name: manifest for name, manifest in both.items() if manifest}


def labelled_calls(labelled: Manifest, front_end: FrontEnd) -> Counter[int]:
    """Labelled calls for training by octave of rates; a shard that does not count them has MANY."""
    calls: Counter[int] = Counter()
    for shard in labelled.shards("train"):
        for rate in shard.rates:
            calls[front_end.octave(rate)] += MANY if shard.calls is None else shard.calls.get(rate, 0)
    return calls
