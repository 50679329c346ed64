"""Clips without labels that fine-tuning goes over beside the labelled ones: those of rates with hardly a labelled call.

A detector that is fine-tuned on finches forgets what a mouse at 250 kHz sounds like, or never knew. So clips of the
shard set that the encoder was pretrained on come along, where they lie in octaves of rates of which fewer than ENOUGH
calls are labelled; they are their own teachers (see `chorus.train.pseudo`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from chorus.shards.read import Manifest
from chorus.train.frontend import FrontEnd

if TYPE_CHECKING:
    from chorus.train.data import Step, StepBatch, Steps


#: Labelled calls in an octave of rates that make a detector of it.
ENOUGH = 10


class Rehearsal:
    """Steps of a pool that go with those of a labelled set, of `per_epoch` steps.

    Which step goes with which depends on the place in the labelled set alone, so a run that is resumed gets the same.
    """

    def __init__(self, pool: Steps, per_epoch: int) -> None:
        self._pool, self._per_epoch = pool, max(1, per_epoch)
        self._length = max(1, -(-pool.reader.batches_per_epoch() // pool.rate_groups))
        self._steps: Iterator[Step] | None = None
        self._next = (-1, -1)

    def pieces(self, epoch: int, number: int, labelled: int) -> list[StepBatch]:
        """What goes with step `number` of `epoch`, which has so many labelled clips: together the pool's count as much.
        Nothing where no clip of the pool can be read."""
        wanted = divmod(epoch * self._per_epoch + number, self._length)
        if wanted != self._next:
            self.close()
            self._steps = self._pool.made(wanted[0], wanted[1] * self._pool.rate_groups)
        step = next(self._steps, None) if self._steps else None
        if step is None:
            return []
        self._next = divmod(step.epoch * self._length + step.next_batch // self._pool.rate_groups, self._length)
        weight = labelled / max(1, sum(piece.clips for piece in step.pieces))
        return [replace(piece, pseudo=True, weight=weight) for piece in step.pieces]

    def close(self) -> None:
        """End the reading."""
        with suppress(AttributeError):
            self._steps.close()  # type: ignore[union-attr]
        self._steps, self._next = None, (-1, -1)


def unlabelled_part(pool: Manifest, labelled: Manifest, front_end: FrontEnd) -> Manifest | None:
    """The pool's training shards in octaves of rates that hardly a labelled call is in (see `labelled_octaves`); None
    without any.

    A shard of several rates is in it when all of them are.
    """
    known = labelled_octaves(labelled, front_end)
    split = pool.split("train")
    entries = [
        entry
        for entry, shard in zip(split["shards"], pool.shards("train"), strict=True)
        if not {front_end.octave(rate) for rate in shard.rates} & known
    ]
    if not entries:
        return None
    return replace(pool, data={**pool.data, "splits": {"train": {**split, "shards": entries}}})


def labelled_octaves(labelled: Manifest, front_end: FrontEnd) -> set[int]:
    """Octaves of rates with ENOUGH labelled calls for training; those of a shard that does not count them have."""
    calls: Counter[int] = Counter()
    for shard in labelled.shards("train"):
        for rate in shard.rates:
            calls[front_end.octave(rate)] += ENOUGH if shard.calls is None else shard.calls.get(rate, 0)
    return {octave for octave, number in calls.items() if number >= ENOUGH}
