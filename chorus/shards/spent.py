"""Where the time of writing goes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: Stages of writing a clip, in their order.
STAGES = ("read", "augment", "encode", "write")


class Spent(Counter[str]):
    """Seconds by stage; a stage inside another takes its time from that."""

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        before = self.total()
        started = time.perf_counter()
        try:
            yield
        finally:
            within = self.total() - before
            self[stage] += time.perf_counter() - started - within  # type: ignore[assignment]


def shares(spent: Mapping[str, float]) -> dict[str, float]:
    """Each stage's part of the whole, 0..1; nothing where no time was taken."""
    whole = sum(spent.get(stage, 0.0) for stage in STAGES)
    return {stage: spent.get(stage, 0.0) / whole for stage in STAGES} if whole else {}
