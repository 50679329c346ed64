"""Choose the decoding: the parameters with the best event F1 on labelled clips, by coordinate search.

The clips are those of the validation split. Where it holds few calls its best parameters say little about other
recordings, so training clips are added until there are enough calls; the model card says how many of each. Labelled
clips hold more calls than recordings do, and so show too few false alarms: of the thresholds that are as good as the
best one within a standard error the highest is taken (the rule of Breiman et al. 1984, "Classification and Regression
Trees", 3.4.3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from chorus.evaluate.metrics import Truth, as_spans, event_counts
from chorus.shards.read import Clip, Reader
from chorus.train.decode import OFF, Decoding, Decodings, Floats, decode, runs
from chorus.train.infer import Predictor
from chorus.train.pseudo import pseudo_targets
from chorus.train.targets import frame_targets, is_call, is_empty

#: Calls that a choice is based on, if the splits hold so many; and those that an octave of rates needs for its own.
ENOUGH_CALLS = 300
OCTAVE_CALLS = 30
#: A change must raise the score by this: smaller gains are chance.
LEAST_GAIN = 0.002
#: IoU thresholds whose F1 is averaged; the middle one of the metrics is in, so that sharp bounds count.
TUNED_IOUS = (0.3, 0.5)
#: Times that every parameter is set to its best value.
ROUNDS = 2

GRID: dict[str, tuple[float, ...]] = {
    "threshold": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95),
    "low": (0.3, 0.5, 0.7, 0.9),
    "split": (0.2, 0.3, 0.4, 0.5, 0.6, OFF),
    "edge": (0.1, 0.2, 0.3, 0.5, OFF),
    "shortest": (1, 2, 3, 5, 8, 12),
    "gap": (0, 2, 4, 8, 16),
    "overlap": (0, 1),
}


@dataclass
class Item:
    """A labelled clip: probabilities (frames, 3), true calls and known stretches in frames, its octave of rates."""

    probabilities: Floats
    truth: Any
    octave: int = 0


def items(predictor: Predictor, reader: Reader, most: int, pseudo: bool = False) -> Iterator[Item]:
    """Run the detector over the first `most` clips of a split. A clip whose truth is nowhere known is left out. With
    `pseudo` the truth is what stands out of each clip, whatever its labels."""
    find = pseudo_truth if pseudo else labelled_truth
    count = 0
    for clip, samples, rate in sounds(reader):
        if count >= most:
            return
        probabilities = predictor.whole(samples, rate)
        if not len(probabilities):
            continue
        truth = find(predictor, clip, rate, len(probabilities))
        if truth.known is not None and len(truth.known):
            count += 1
            yield Item(probabilities, truth, predictor.front_end.octave(rate))


def sounds(reader: Reader) -> Iterator[tuple[Clip, Floats, int]]:
    """The clips of a split, each with its samples and their rate."""
    for batch in reader.epoch(0):
        for clip in batch.clips:
            yield clip, clip.samples.astype(np.float32, copy=False), batch.sample_rate


def labelled_truth(predictor: Predictor, clip: Clip, rate: int, frames: int) -> Truth:
    """The truth of a clip as its labels tell it, in frames."""
    frame_s = predictor.frame_s(rate)
    known = frame_targets(clip.sample, 0.0, frames, frame_s).activity_known[0].numpy() > 0
    events = [e for e in clip.sample.events if is_call(e)]
    others = [e for e in clip.sample.events if not (is_call(e) or is_empty(e)) and e.end_s > e.start_s]
    calls, ignore = ([(e.start_s / frame_s, e.end_s / frame_s) for e in some] for some in (events, others))
    return Truth(clip.sample.key, float(frames), as_spans(calls), as_spans(ignore), as_spans(stretches(known)))


def pseudo_truth(predictor: Predictor, clip: Clip, rate: int, frames: int) -> Truth:
    """What stands out of a clip, in frames (see `chorus.train.pseudo`)."""
    waves = torch.from_numpy(clip.samples.astype(np.float32, copy=False))[None]
    shown, _ = predictor.front_end(waves, torch.tensor([waves.shape[1]]), rate, [1.0])
    targets = pseudo_targets(shown[..., :frames], None, edge_frames=1.0)
    calls, known = (stretches(part[0].numpy() > 0) for part in (targets.activity, targets.activity_known))
    return Truth(clip.sample.key, float(frames), as_spans(calls), as_spans([]), as_spans(known))


def stretches(known: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """[first, last) of the runs of known frames."""
    return runs(known)


def score(found: Sequence[Item], how: Decodings) -> float:
    """Mean over TUNED_IOUS of the event F1, counts summed over clips. The clips are laid far apart on one axis of time,
    so that all are judged at once."""
    apart = 2.0 * max((len(item.probabilities) for item in found), default=0)
    starts = apart * np.arange(len(found))
    decoded = [[(e.start, e.end) for e in decode(item.probabilities, how.at(item.octave))] for item in found]
    truth = Truth(
        "",
        apart * len(found),
        laid_out([item.truth.calls for item in found], starts),
        laid_out([item.truth.ignore for item in found], starts),
        laid_out([whole_or_known(item) for item in found], starts),
    )
    spans = laid_out(decoded, starts)
    return float(np.mean([event_counts(spans, truth, iou)[0].f1 for iou in TUNED_IOUS]))


def whole_or_known(item: Item) -> Any:
    """The stretches of a clip that are known, in frames."""
    known = item.truth.known
    return [(0.0, float(len(item.probabilities)))] if known is None else known


def laid_out(spans: Sequence[Any], starts: Any) -> Any:
    """The spans (n, 2) of each clip, moved to where the clip starts, in one array."""
    return np.concatenate([np.empty((0, 2)), *(as_spans(s) + start for s, start in zip(spans, starts, strict=True))])


def tune_all(found: list[Item], heard: Sequence[Item] = ()) -> Decodings:
    """The decoding for all clips, and for each octave of rates with enough calls one for its clips. Those of `heard`
    count for their own octaves only."""
    best = tune(found, Decoding())
    base = cautious(found, best)
    by_octave: dict[int, list[Item]] = {}
    for item in [*found, *heard]:
        by_octave.setdefault(item.octave, []).append(item)
    if len(by_octave) < 2:
        return Decodings(base)
    enough = {k: v for k, v in by_octave.items() if sum(len(i.truth.calls) for i in v) >= OCTAVE_CALLS}
    return Decodings(base, {octave: cautious(mine, tune(mine, best)) for octave, mine in sorted(enough.items())})


def cautious(found: list[Item], best: Decoding) -> Decoding:
    """The best decoding with the highest threshold whose score is within a standard error of its own."""
    top = score(found, Decodings(best)) if found else 0.0
    if not top:
        return best
    error = math.sqrt(top * (1 - top) / sum(len(item.truth.calls) for item in found))
    higher = [replace(best, threshold=t) for t in reversed(GRID["threshold"]) if t > best.threshold]
    return next((trial for trial in higher if score(found, Decodings(trial)) >= top - error), best)


def tune(found: list[Item], start: Decoding) -> Decoding:
    """The best decoding found from `start`: one parameter after the other is set to its best value, ROUNDS times."""
    best = start
    if not found:
        return best
    top = score(found, Decodings(best))
    for _ in range(ROUNDS):
        before = best
        for name, values in GRID.items():
            for value in values:
                kind = type(getattr(best, name))
                trial = replace(best, **{name: kind(value)})
                if trial != best and (reached := score(found, Decodings(trial))) > top + LEAST_GAIN:
                    best, top = trial, reached
        if best == before:
            break
    return best
