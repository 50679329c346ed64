"""Ids of calls: the same for the same line of the same file, however often and in whatever parts it is read."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chorus.adapters.base import Calls

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

#: Calls of one file from which on Arrow is quicker than Python.
MANY = 1000


class CallIds:
    """Ids of one source: hash of the origin file, line, and the place within the line where one line gives several."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._files: dict[str, _Lines] = {}

    def prefix(self, file: str) -> str:
        """What the ids of a file's calls begin with."""
        digest = hashlib.blake2b(file.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
        return f"{self.source}:{digest}:"

    def of(self, calls: Calls) -> pa.Array:
        """Ids of one file's calls, in order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if isinstance(calls.origin_line, list | range) and len(calls) < MANY:
            return pa.array(self.of_few(calls), pa.string())
        lines = pa.array(calls.origin_line, pa.int64())
        places = self._files.setdefault(calls.origin_file, _Lines()).places(lines)
        ids = pc.binary_join_element_wise(self.prefix(calls.origin_file), lines.cast(pa.string()), "")
        if not places.any():
            return ids
        place = pa.array(places)
        return pc.if_else(pc.equal(place, 0), ids, pc.binary_join_element_wise(ids, place.cast(pa.string()), "."))

    def of_all(self, files: list[Calls]) -> pa.Array:
        """Ids of many files' calls: those of small files as one list."""
        import pyarrow as pa

        parts: list[Any] = []
        for many, group in groupby(files, key=lambda calls: len(calls) >= MANY):
            some = list(group)
            parts += map(self.of, some) if many else [pa.array([i for c in some for i in self.of_few(c)], pa.string())]
        return pa.chunked_array(parts, pa.string()).combine_chunks()

    def of_few(self, calls: Calls) -> list[str]:
        """The same for a small file, whose lines most often give one call each."""
        prefix, lines = self.prefix(calls.origin_file), list(calls.origin_line)
        if calls.origin_file in self._files or len(set(lines)) < len(lines):
            import pyarrow as pa

            places = self._files.setdefault(calls.origin_file, _Lines()).places(pa.array(lines, pa.int64())).tolist()
            return [f"{prefix}{n}.{place}" if place else f"{prefix}{n}" for n, place in zip(lines, places, strict=True)]
        self._files[calls.origin_file] = _Lines(lines)
        return [f"{prefix}{line}" for line in lines]


class _Lines:
    """How often each line of a file has given a call, told for calls that come in several parts."""

    def __init__(self, once: list[int] | None = None) -> None:
        """`once`: lines that have given one call each."""
        self._last, self._times = 0, 0
        self._seen: list[npt.NDArray[np.int64]] = []
        self._counts: Counter[int] | None = None
        self._once = once

    def _remember(self) -> None:
        """Take in the lines that were given at the start."""
        import numpy as np

        once, self._once = self._once, None
        if once:
            given = np.array(once, np.int64)
            if (given[1:] > given[:-1]).all():
                self._in_order(given)
            else:
                self._counts = Counter(once)

    def places(self, lines: pa.Array) -> npt.NDArray[np.int64]:
        """For each row, how many rows before it came from the same line."""
        import numpy as np

        self._remember()
        given = lines.to_numpy(zero_copy_only=False)
        if not len(given):
            return np.zeros(0, np.int64)
        if self._counts is None and given[0] >= self._last and (given[1:] >= given[:-1]).all():
            return self._in_order(given)
        if self._counts is None:
            self._counts = Counter(np.concatenate([*self._seen, given[:0]]).tolist())
        found = np.empty(len(given), np.int64)
        for i, line in enumerate(given.tolist()):
            found[i] = self._counts[line]
            self._counts[line] += 1
        return found

    def _in_order(self, given: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        import numpy as np

        self._seen.append(given)
        new = np.concatenate(([True], given[1:] != given[:-1]))
        starts = np.flatnonzero(new)
        places = np.arange(len(given)) - starts[np.cumsum(new) - 1]
        before = self._times if given[0] == self._last else 0
        if before:
            places[given == given[0]] += before
        self._last, self._times = int(given[-1]), int(places[-1]) + 1
        return places
