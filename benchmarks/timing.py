"""Paired timings: A and B in turn, medians, ratio pair by pair."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Pair:
    """Median seconds of two things measured in turn, and the median of the ratios."""

    a_s: float
    b_s: float
    ratio: float
    low: float
    high: float


def pair(a: Callable[[], object], b: Callable[[], object], runs: int = 5) -> Pair:
    """Time `a` and `b` alternately after one warm-up each."""
    a()
    b()
    times = [(_seconds(a), _seconds(b)) for _ in range(runs)]
    ratios = sorted(x / y for x, y in times)
    return Pair(
        statistics.median(x for x, _ in times),
        statistics.median(y for _, y in times),
        statistics.median(ratios),
        ratios[0],
        ratios[-1],
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def process(*command: str) -> Callable[[], object]:
    """A whole process as a thing to time; its output is read and dropped. Raises when it fails."""

    def work() -> object:
        return subprocess.run(command, check=True, capture_output=True)

    return work


def python(code: str) -> Callable[[], object]:
    """A fresh Python process running `code`."""
    return process(sys.executable, "-c", code)


def report(name: str, measured: Pair, goal: float | None, peer: str) -> str:
    """One line of the closing table."""
    aim = f"  goal <= {goal:g}: {'met' if measured.ratio <= goal else 'MISSED'}" if goal else ""
    ratio = f"{measured.ratio:.2f} ({measured.low:.2f}-{measured.high:.2f})"
    return f"{name}: {measured.a_s:.3f} s against {measured.b_s:.3f} s of {peer}: ratio {ratio}{aim}"
