"""Progress in bytes: how much of how much, at what rate, for how long still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chorus.progress import Progress

UNITS = ("bytes", "kB", "MB", "GB", "TB")


def human(size: float) -> str:
    """A number of bytes as data repositories show it: 640 MB, 1.3 GB (decimal units, three digits)."""
    for unit in UNITS:
        if size < 999.5 or unit == UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if size >= 99.95 or unit == "bytes" else f"{size:.1f} {unit}"


def duration(seconds: float) -> str:
    """A time as one reads it: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class ByteProgress(Progress):
    """Progress over bytes, of which `already` were there before: they count as done, but not for the rate. The total
    may turn out too low, where a server does not tell the size of a file: it is not shown any more then. `fetched` are
    all that came, those too that were thrown away again."""

    def __init__(self, title: str, total: int | None, already: int = 0, quiet: bool = False) -> None:
        super().__init__(title, total, "bytes", quiet)
        self.done = self.already = already
        self.fetched = 0
        self.current = ""
        self._other: tuple[str, int] | None = None

    def advance(self, n: int = 1, **counts: int) -> None:
        """Add `n` bytes done; fewer than none when a file begins again."""
        self.fetched += max(n, 0)
        super().advance(n, **counts)

    def _bar(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        columns = [TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[detail]}")]
        return RichProgress(*columns, console=Console(stderr=True), transient=True)

    def detail(self, now: float) -> str:
        """'12.0 MB of 64.0 MB, 3.1 MB/s, 17 s left, audio.zip'; no time left where no total is known."""
        if self._other:
            return f"{self._other[0]}, {human(self._other[1])}"
        spent = max(now - self._started, 1e-9)
        rate = max(self.done - self.already, 0) / spent
        total = self.total if self.total and self.done <= self.total else None
        parts = [f"{human(self.done)} of {human(total)}" if total else human(self.done), f"{human(rate)}/s"]
        if total and rate > 0 and self.done < total:
            parts.append(f"{duration((total - self.done) / rate)} left")
        return ", ".join([*parts, self.current] if self.current else parts)

    def line(self, now: float) -> str:
        """One plain line for where there is no terminal."""
        return f"{self.title}: {self.detail(now)}"

    @contextmanager
    def aside(self, what: str) -> Iterator[Callable[[int], None]]:
        """Other work, shown by its own bytes (the function given is told of them); its time spoils no rate."""
        began = time.monotonic()

        def moved(n: int) -> None:
            self._other = what, n + (self._other[1] if self._other else 0)
            self.advance(0)

        try:
            yield moved
        finally:
            self._other = None
            self._started += time.monotonic() - began
