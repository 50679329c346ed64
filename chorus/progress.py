"""Progress on standard error: a live line on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

PLAIN_EVERY_S = 5.0


class Progress:
    """`with Progress("ingest esc", total=40, unit="files") as p: p.advance(1, calls=12)`.

    Counts given to `advance` add up and are shown with their rate. `quiet` shows nothing. A total of None means that
    the end is not known: no ETA then.
    """

    def __init__(self, title: str, total: int | None, unit: str = "files", quiet: bool = False) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.done = 0
        self.counts: dict[str, int] = {}
        self._quiet = quiet
        self._started = self._shown = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            self._live = self._bar()
            self._live.start()
            self._task = self._live.add_task(self.title, total=self.total, detail="")
        return self

    def _bar(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = [
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn(self.unit),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        ]
        return RichProgress(*columns, console=Console(stderr=True), transient=True)

    def advance(self, n: int = 1, **counts: int) -> None:
        """Add `n` units done, and named counts (calls=..., clips=...)."""
        self.done += n
        for name, value in counts.items():
            self.counts[name] = self.counts.get(name, 0) + value
        if self._quiet:
            return
        now = time.monotonic()
        if self._live:
            self._live.update(self._task, completed=self.done, detail=self.detail(now))
        elif now - self._shown >= PLAIN_EVERY_S:
            self._shown = now
            print(self.line(now), file=sys.stderr, flush=True)

    def detail(self, now: float) -> str:
        """The counts with their rates, e.g. '6,125 calls (3,100/s)'."""
        spent = max(now - self._started, 1e-9)
        parts = [f"{value:,} {name} ({value / spent:,.0f}/s)" for name, value in self.counts.items()]
        return ", ".join(parts) or f"{self.done / spent:,.1f} {self.unit}/s"

    def line(self, now: float) -> str:
        """One plain line: title, done of total, counts, ETA."""
        of = f" of {self.total:,}" if self.total else ""
        left = self.seconds_left(now)
        eta = f", {left:,.0f} s left" if left else ""
        return f"{self.title}: {self.done:,}{of} {self.unit}, {self.detail(now)}{eta}"

    def seconds_left(self, now: float) -> float | None:
        """Seconds to the end at the rate so far; None while that is not known."""
        if not self.total or not self.done:
            return None
        return (now - self._started) / self.done * (self.total - self.done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
