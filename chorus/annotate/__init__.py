"""Annotate recordings with a trained model: one table of calls per recording, for files of any length and rate."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chorus import export
from chorus.annotate.files import Job, plan
from chorus.errors import ChorusError, UsageError

if TYPE_CHECKING:
    from chorus.progress import Progress
    from chorus.train.infer import Predictor

__all__ = ["AnnotateSummary", "annotate"]

Format = Literal["raven", "audacity", "csv", "jsonl", "parquet"]
COLUMNS = ["recording", "channel", "start_s", "end_s", "low_hz", "high_hz", "label", "score"]
LABEL = "call"


@dataclass
class Annotated:
    """One recording that was annotated. `kept`: the table that was there before, where it was another one; `turned`:
    its channels cancel each other, and some were turned over before they were mixed."""

    recording: Path
    table: Path
    calls: int
    seconds: float
    sample_rate: int
    pictures: list[Path] = field(default_factory=list)
    kept: Path | None = None
    turned: bool = False


@dataclass
class AnnotateSummary:
    """What was done. `failed` holds (file, reason) of skipped recordings; `channels` says how they were heard."""

    format: str
    channels: str
    done: list[Annotated] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wall_s: float = 0.0

    @property
    def calls(self) -> int:
        """Calls in all tables."""
        return sum(a.calls for a in self.done)

    @property
    def seconds(self) -> float:
        """Seconds of sound that were annotated."""
        return sum(a.seconds for a in self.done)

    def table(self) -> str:
        """Plain lines: one per recording, then what failed, then the sum."""
        lines = [f"{a.recording}: {a.calls:,} calls in {a.seconds:,.1f} s -> {a.table}" for a in self.done]
        lines += [f"the table that was there before is kept: {a.kept}" for a in self.done if a.kept]
        lines += [f"skipped: {reason}" for _, reason in self.failed] + self.notes
        speed = f", {self.seconds / self.wall_s:,.0f} times real time" if self.wall_s > 0 else ""
        skipped = f"; {len(self.failed):,} skipped" if self.failed else ""
        heard = "channels mixed down" if self.channels == "mix" else "each channel by itself"
        done = f"{self.calls:,} calls in {len(self.done):,} recordings ({self.seconds / 3600:,.2f} h{speed}; {heard})"
        return "\n".join([*lines, done + skipped])

    def as_json(self) -> str:
        """The same as JSON."""
        entries = [
            {
                **vars(a),
                "recording": str(a.recording),
                "table": str(a.table),
                "pictures": [str(p) for p in a.pictures],
                "kept": a.kept and str(a.kept),
            }
            for a in self.done
        ]
        failed = [{"recording": str(path), "reason": reason} for path, reason in self.failed]
        whole = {"format": self.format, "channels": self.channels, "wall_s": self.wall_s, "calls": self.calls}
        return json.dumps({**whole, "done": entries, "failed": failed, "notes": self.notes}, indent=2)


def annotate(
    paths: Sequence[str | Path],
    *,
    model: str | Path,
    out: str | Path | None = None,
    format: Format = "raven",
    threshold: float | None = None,
    picture: bool = False,
    channels: Literal["mix", "each"] = "mix",
    quiet: bool = False,
    device: str | None = None,
) -> AnnotateSummary:
    """Mark the calls in sound files, and in all sound files under folders; one table per recording.

    `model` is a run folder. Tables go beside the recordings, or under `out` in the folders they had; `threshold`
    (0 to 1) replaces the one that was tuned. Several channels are mixed down, turned over first where they cancel each
    other, or with `channels="each"` searched one by one. A file that cannot be read is named in `failed` and skipped.
    Times count from the start of each file.
    Raises UsageError when there is nothing to annotate, ChorusError when the model or the output folder is unusable.
    """
    from chorus.progress import Progress
    from chorus.train.export import load_predictor
    from chorus.train.rates import told

    if format not in export.FORMATS:
        raise UsageError(f"format '{format}'; known: {', '.join(export.FORMATS)}")
    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"threshold {threshold:g}; expected above 0, at most 1")
    jobs = plan([Path(p) for p in paths], None if out is None else Path(out), export.FORMATS[format][1])
    predictor = load_predictor(Path(model), device)
    summary = AnnotateSummary(format, channels)
    started = time.monotonic()
    with Progress("annotate", len(jobs), "files", quiet) as progress:
        for job in jobs:
            before = summary.calls
            one_file(job, predictor, summary, threshold, picture, progress)
            progress.advance(1, calls=summary.calls - before)
    summary.notes += told(Path(model), predictor, (a.sample_rate for a in summary.done))
    summary.notes += turned_over(summary.done)
    summary.wall_s = time.monotonic() - started
    return summary


def turned_over(done: Sequence[Annotated]) -> list[str]:
    """A line, if any, on recordings whose channels cancel each other."""
    names = [a.recording.name for a in done if a.turned]
    if not names:
        return []
    among = f"{names[0]} and {len(names) - 1:,} more" if len(names) > 1 else names[0]
    return [f"channels that cancel each other, one the reverse of the other, were turned over to be mixed: {among}"]


def one_file(
    job: Job,
    predictor: Predictor,
    summary: AnnotateSummary,
    threshold: float | None,
    picture: bool,
    progress: Progress,
) -> None:
    """Annotate one recording; a file that cannot be read is noted as failed."""
    from chorus.annotate.detect import detect
    from chorus.audio import probe
    from chorus.audio.mono import Mixer
    from chorus.errors import ReadError

    mixer = Mixer()
    try:
        found = probe(job.recording)
        calls = detect(
            predictor,
            job.recording,
            summary.channels == "each",
            threshold,
            lambda seconds: progress.advance(0, **{"audio-s": round(seconds)}),
            mixer,
        )
        drawn = draw(job, calls) if picture else []
    except ReadError as error:
        summary.failed.append((job.recording, str(error)))
        return
    rows = [{"recording": job.recording.name, "label": LABEL, **vars_of(call)} for call in calls]
    with export.kept(job.table) as aside:
        write_table(summary.format, rows, job.table, found.sample_rate / 2, found.channels)
    done = Annotated(job.recording, job.table, len(calls), found.duration_s, found.sample_rate, drawn)
    done.kept = aside if aside and aside.exists() else None
    done.turned = mixer.turned
    summary.done.append(done)


def vars_of(call: Any) -> dict[str, Any]:
    """A call's columns."""
    names = ("channel", "start_s", "end_s", "low_hz", "high_hz", "score")
    return {name: getattr(call, name) for name in names}


def write_table(format: str, rows: list[dict[str, Any]], path: Path, nyquist_hz: float, channels: int) -> None:
    """Write a recording's table, whole or not at all."""
    writer: Callable[..., int] = export.FORMATS[format][0]
    if format == "raven":
        writer(rows, path, nyquist_hz, channels)
    elif format == "audacity":
        writer(rows, path)
    else:
        writer(rows, path, COLUMNS)


def draw(job: Job, calls: list[Any]) -> list[Path]:
    """Pictures of a recording."""
    try:
        from chorus.annotate.picture import draw_pages
    except ImportError as error:
        raise ChorusError(
            f"--picture needs matplotlib ({error.name}): pip install 'chorus-bioacoustics[train]'"
        ) from None
    return draw_pages(job.recording, calls, job.picture)
