"""Run a model and the two baselines over the selected recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chorus.annotate.detect import find_calls, mono_blocks
from chorus.errors import ChorusError, ReadError, UsageError
from chorus.evaluate.baselines import Energy, Levels, always_positive, energy_events, measure_levels, tune_energy
from chorus.evaluate.metrics import Floats, Outcome, as_spans, outcome
from chorus.evaluate.report import Report, gains_of, make_row
from chorus.evaluate.seen import Seen, seen
from chorus.evaluate.truth import Selection, Subject, select
from chorus.shards.read import Manifest

if TYPE_CHECKING:
    from chorus.lake import Lake
    from chorus.progress import Progress
    from chorus.train.infer import Predictor

#: The energy detector is tuned on the first recordings that make up this much sound, seconds.
TUNE_S = 2 * 3600.0
#: The two energy detectors: tuned where the model learned, and tuned where both are judged.
TUNED, BEST_HERE = "energy, tuned", "energy, best here"


def evaluate(
    lake: Lake, *, model: str | Path, where: str | None = None, quiet: bool = False, device: str | None = None
) -> Report:
    """How well the model of a run folder finds the calls that `where` selects; see `chorus.lake.Lake.query`.

    All recordings with a selected call and their sound at hand are searched. Their other animal and human calls, and
    doubtful labels, are neither asked for nor counted as wrong. Without `where` all calls of the run's test split are
    asked for, recordings without calls included. The energy detector is tuned like the model, on the run's training and
    validation recordings of the same sources; a second row tunes it on the evaluated recordings themselves, which is
    the best such a detector can do. Raises UsageError when nothing can be evaluated.
    """
    from chorus.progress import Progress
    from chorus.train.export import load_predictor
    from chorus.train.rates import told

    run = Path(model)
    predictor = load_predictor(run, device)
    manifest = Manifest.open(run)
    selection = select(lake, where, manifest.split("test")["recordings"])
    learned = learned_from(lake, manifest, selection)
    scores: dict[str, list[Outcome]] = {"model": [], "always positive": []}
    with Progress("evaluate", 2 * len(selection.subjects), "recordings", quiet) as progress:
        for subject, found in searched(predictor, selection, progress):
            scores["model"].append(outcome(found, subject.truth))
            scores["always positive"].append(outcome(always_positive(subject.truth), subject.truth))
        kept = [(measured(predictor, subject), subject) for subject in beginning(selection.subjects)]
        detectors = {BEST_HERE: tune(kept)}
        if before := list(readable(predictor, learned, selection.left_out)):
            detectors = {TUNED: tune(before), **detectors}
        for subject, levels in with_levels(predictor, selection.subjects, kept):
            for name, how in detectors.items():
                scores.setdefault(name, []).append(outcome(energy_events(levels, how), subject.truth))
            progress.advance(1)
    heard = seen(lake, run, manifest, selection.recordings)
    report = make_report(run, where, selection, heard, scores, detectors)
    return replace(report, notes=report.notes + told(run, predictor, (s.sample_rate for s in selection.subjects)))


def learned_from(lake: Lake, manifest: Manifest, selection: Selection) -> list[Subject]:
    """The run's training and validation recordings of the evaluated sources, those that are evaluated left out."""
    sources = {name.partition("/")[0] for name in selection.recordings}
    seen = [*manifest.split("train")["recordings"], *manifest.split("valid")["recordings"]]
    ids = [n for n in seen if n.partition("/")[0] in sources and n not in selection.recordings]
    try:
        return select(lake, None, ids).subjects if ids else []
    except UsageError:
        return []


def searched(predictor: Predictor, selection: Selection, progress: Progress) -> Iterator[tuple[Subject, Floats]]:
    """Each recording with the model's events in seconds, (n, 2). One that cannot be decoded is left out and counted."""
    for subject in list(selection.subjects):
        try:
            subject.check()
            events = list(find_calls(predictor, subject.path, subject.channel, subject.sample_rate))
        except ReadError:
            selection.subjects.remove(subject)
            selection.left_out["recording that cannot be read, or has changed since its ingest"] += 1
            continue
        progress.advance(1)
        yield subject, as_spans([(e.start, e.end) for e in events])
    if not selection.subjects:
        raise ChorusError("none of the selected recordings can be read")


def measured(predictor: Predictor, subject: Subject) -> Levels:
    """The energy detector's levels, in frames as long as the model's."""
    frame_s = predictor.frame_s(predictor.listens_at(subject.sample_rate))
    return measure_levels(mono_blocks(subject.path, subject.channel), subject.sample_rate, frame_s)


def beginning(subjects: list[Subject]) -> Iterator[Subject]:
    """The first TUNE_S seconds of recordings."""
    seconds = 0.0
    for subject in subjects:
        if seconds >= TUNE_S:
            break
        seconds += subject.truth.duration_s
        yield subject


def readable(predictor: Predictor, subjects: list[Subject], left_out: Counter[str]) -> Iterator[tuple[Levels, Subject]]:
    """The same of those that the run learned from, with their levels. One that cannot be decoded is counted."""
    for subject in beginning(subjects):
        try:
            subject.check()
            yield measured(predictor, subject), subject
        except ReadError:
            left_out["recording of the run's own splits that cannot be read"] += 1


def tune(levels: list[tuple[Levels, Subject]]) -> Energy:
    """The best energy detector on recordings."""
    return tune_energy([(level, subject.truth) for level, subject in levels])


def with_levels(
    predictor: Predictor, subjects: list[Subject], kept: list[tuple[Levels, Subject]]
) -> Iterator[tuple[Subject, Levels]]:
    """Every subject with its levels, those at hand first."""
    for levels, subject in kept:
        yield subject, levels
    for subject in subjects[len(kept) :]:
        yield subject, measured(predictor, subject)


def make_report(
    run: Path,
    where: str | None,
    selection: Selection,
    heard: Seen,
    scores: dict[str, list[Outcome]],
    detectors: dict[str, Energy],
) -> Report:
    """Put the figures together."""
    subjects, recordings = selection.subjects, selection.recordings
    notes = [f"left out: {reason} ({n:,})" for reason, n in sorted(selection.left_out.items()) if n]
    if open_ended := len(selection.not_full & recordings):
        notes.append(f"{open_ended:,} recordings are not annotated in full: precision is a lower bound there")
    told = f"'{TUNED}' is tuned on the run's training and validation recordings, " if TUNED in detectors else ""
    notes.append(f"Energy detector: {told}'{BEST_HERE}' is tuned on the evaluated recordings themselves.")
    return Report(
        model=str(run),
        selection=where if where is not None else "test split of the run's shards",
        recordings=len(recordings),
        calls=sum(len(s.truth.calls) for s in subjects),
        ignored=sum(len(s.truth.ignore) + len(s.truth.doubtful) for s in subjects),
        hours=sum(s.truth.duration_s for s in subjects) / 3600,
        seen=heard,
        gains=gains_of(scores),
        rows=[make_row(name, outcomes) for name, outcomes in scores.items()],
        energy={name: how.describe() for name, how in detectors.items()},
        notes=notes,
    )
