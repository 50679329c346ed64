"""Pretraining `1b` on one GPU against its goals: `python -m benchmarks gpu`, which needs PyTorch and a GPU alone.

Each line comes from a run of `chorus.train.bench` in a process of its own (some minutes together, most of them
compilation), whose output is printed too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus.train.device import best, is_gpu


@dataclass(frozen=True)
class Goal:
    """A figure of a run and the least, or the most, that it should be."""

    name: str
    figure: str
    bound: float
    at_least: bool = False
    shown: str = ",.2f"

    def line(self, found: dict[str, Any]) -> str:
        """What was measured, and whether it is reached."""
        value = found[self.figure]
        if value is None:
            return f"  {self.name}: not known of this device"
        reached = value >= self.bound if self.at_least else value <= self.bound
        sign = ">=" if self.at_least else "<="
        return (
            f"  {self.name}: {value:{self.shown}} (goal {sign} {self.bound:{self.shown}}): "
            f"{'reached' if reached else 'MISSED'}"
        )


RECIPE = "1b"
#: Arguments of a run of the recipe, and what it should show.
RUNS = (
    (
        ("--decode-ratio", "0.25"),
        (
            Goal("MFU", "mfu", 0.50, at_least=True, shown=".1%"),
            Goal("seconds of sound a second", "audio_s_per_s", 3800, at_least=True, shown=",.0f"),
            Goal("peak memory with 128 clips of 10 s, GB", "memory_gb", 72, shown=".1f"),
            Goal("first step, s", "first_s", 90, shown=".1f"),
            Goal("front end, share of the step", "front_end", 0.01, shown=".2%"),
        ),
    ),
    (
        ("--decode-ratio", "1"),
        (
            Goal("MFU", "mfu", 0.47, at_least=True, shown=".1%"),
            Goal("seconds of sound a second", "audio_s_per_s", 1950, at_least=True, shown=",.0f"),
        ),
    ),
    (
        ("--batch", "32", "--seconds", "2", "5", "10", "--steps", "1000"),
        (Goal("recompilations in 1,000 steps of three lengths", "recompilations", 0, shown="d"),),
    ),
    (
        ("--batch", "1", "--seconds", "600", "--warmup", "2", "--steps", "5"),
        (Goal("peak memory of 10 minutes in one pass, GB", "memory_gb", 80, shown=".1f"),),
    ),
)


def measured(arguments: tuple[str, ...]) -> tuple[str, dict[str, Any] | None]:
    """Output and figures of a run; no figures where it failed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "chorus.train.bench", "--recipe", RECIPE, *arguments, "--json", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = json.loads(path.read_text(encoding="utf-8"))[0] if path.exists() else None
        return done.stdout + (done.stderr[-2000:] if found is None else ""), found


def main() -> Iterator[str]:
    """The report's lines."""
    if not is_gpu(best()):
        yield "not measured: there is no GPU here"
        return
    for arguments, goals in RUNS:
        said, found = measured(arguments)
        yield said.rstrip()
        for goal in goals:
            yield goal.line(found) if found else f"  {goal.name}: not measured, the run failed"
