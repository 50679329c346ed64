"""The result of an evaluation: figures per detector, as a text table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chorus.atomic import write_bytes
from chorus.evaluate.metrics import IOUS, SEGMENT_S, Counts, Outcome, bootstrap_f1, bootstrap_gain, by_recording, total
from chorus.evaluate.seen import Seen

Interval = tuple[float, float]


@dataclass
class Row:
    """One detector's figures. `f1_ci` and `segment_f1_ci`: 95 % bootstrap intervals over recordings, None for one."""

    detector: str
    events: dict[float, Counts]
    f1_ci: dict[float, Interval | None]
    segments: Counts
    segment_f1_ci: Interval | None
    onset_error_ms: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        events = {str(iou): {**figures(c), "f1_ci95": self.f1_ci[iou]} for iou, c in self.events.items()}
        segment = {**figures(self.segments), "f1_ci95": self.segment_f1_ci, "segment_s": SEGMENT_S}
        return {
            "detector": self.detector,
            "event": events,
            "segment": segment,
            "median_onset_error_ms": self.onset_error_ms,
        }


def figures(counts: Counts) -> dict[str, float]:
    """Counts with precision, recall and F1."""
    return {**vars(counts), "precision": counts.precision, "recall": counts.recall, "f1": counts.f1}


def make_row(detector: str, outcomes: Sequence[Outcome]) -> Row:
    """Sum the outcomes of the recordings. The onset error is the median distance, of pairs at the lowest IoU."""
    errors = np.concatenate([o.onset_errors_s for o in outcomes]) if outcomes else np.empty(0)
    return Row(
        detector=detector,
        events={iou: total([o.events[iou] for o in outcomes]) for iou in IOUS},
        f1_ci={iou: bootstrap_f1(by_recording(outcomes, iou)) for iou in IOUS},
        segments=total([o.segments for o in outcomes]),
        segment_f1_ci=bootstrap_f1(by_recording(outcomes, None)),
        onset_error_ms=float(np.median(np.abs(errors)) * 1000) if len(errors) else None,
    )


@dataclass
class Report:
    """An evaluation. `gains`: the model's event F1 at the lowest IoU less that of each baseline, with its interval from
    drawing the recordings again in pairs. `seen`: what the model has heard of the evaluated recordings before."""

    model: str
    selection: str
    recordings: int
    calls: int
    ignored: int
    hours: float
    seen: Seen
    rows: list[Row]
    gains: dict[str, tuple[float, Interval | None]] = field(default_factory=dict)
    energy: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def leak(self) -> str:
        """Whether the model was trained on what it is judged by, in words."""
        return self.seen.line(self.recordings)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        kept = ("model", "selection", "recordings", "calls", "ignored", "hours")
        whole = {name: getattr(self, name) for name in kept}
        return {
            **whole,
            **self.seen.as_dict(),
            "rows": [r.as_dict() for r in self.rows],
            "gains": self.gains,
            "energy": self.energy,
            "notes": self.notes,
        }

    def as_json(self) -> str:
        """The report as JSON."""
        return json.dumps(self.as_dict(), indent=2)

    def save(self, path: Path) -> None:
        """Write the JSON to a file."""
        write_bytes(path, (self.as_json() + "\n").encode())

    def table(self) -> str:
        """The report as plain text."""
        head = [
            f"calls: {self.selection}",
            f"{self.calls:,} calls in {self.recordings:,} recordings ({self.hours:.2f} h); "
            f"{self.ignored:,} other calls neither asked for nor wrong to find",
            self.leak,
            "",
        ]
        names = ["", *(f"event F1 @IoU {iou}" for iou in IOUS), "precision", "recall", "segment F1", "onset error"]
        lines = aligned([names, *(cells(row) for row in self.rows)])
        gains = [f"{gain:+.3f}{bracket(ci)} over '{name}'" for name, (gain, ci) in self.gains.items()]
        foot = [
            "",
            f"The model's event F1 @IoU {IOUS[0]}: {', '.join(gains)}",
            f"Brackets: 95 % bootstrap interval over recordings. Precision and recall at IoU {IOUS[0]}; segments of "
            f"{SEGMENT_S * 1000:g} ms; onset error: median of matched calls.",
            *self.notes,
        ]
        return "\n".join([*head, *lines, *foot])


def cells(row: Row) -> list[str]:
    """A row of the text table."""
    scores = [with_interval(row.events[iou].f1, row.f1_ci[iou]) for iou in IOUS]
    first = row.events[IOUS[0]]
    onset = "-" if row.onset_error_ms is None else f"{row.onset_error_ms:.1f} ms"
    segment = with_interval(row.segments.f1, row.segment_f1_ci)
    return [row.detector, *scores, f"{first.precision:.3f}", f"{first.recall:.3f}", segment, onset]


def with_interval(value: float, interval: Interval | None) -> str:
    """'0.912 [0.87-0.95]'."""
    return f"{value:.3f}" + (f" [{interval[0]:.2f}-{interval[1]:.2f}]" if interval else "")


def bracket(interval: Interval | None) -> str:
    """' [+0.05 to +0.21]'."""
    return f" [{interval[0]:+.2f} to {interval[1]:+.2f}]" if interval else ""


def gains_of(scores: dict[str, list[Outcome]]) -> dict[str, tuple[float, Interval | None]]:
    """The first detector's gain over each other one; see `Report`."""
    iou = IOUS[0]
    (_, ours), *others = scores.items()
    mine = by_recording(ours, iou)
    found = {}
    for name, outcomes in others:
        theirs = by_recording(outcomes, iou)
        found[name] = (total(mine).f1 - total(theirs).f1, bootstrap_gain(mine, theirs))
    return found


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as lines of equal columns, with a rule under the first."""
    sizes = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * size for size in sizes), *lines[1:]]
