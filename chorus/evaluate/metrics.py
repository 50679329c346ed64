"""Event metrics: matching, precision, recall, F1, segment F1, onset error, and an interval over recordings.

A prediction may be paired with a true call when the intersection of their time spans, divided by the union, is ABOVE
the threshold; a maximum bipartite matching then pairs as many as possible, one to one (the rule of the DCASE few-shot
bioacoustic task). Of the predictions left over, those that pair with "ignore" calls, and those centred in a stretch
that is doubtful or was not annotated, drop out; the rest are false positives. Needs numpy and scipy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

IOUS = (0.3, 0.5, 0.7)
SEGMENT_S = 0.01
#: Draws of a bootstrap.
DRAWS = 2000


def as_spans(spans: Sequence[tuple[float, float]] | Floats) -> Floats:
    """(n, 2) array of starts and ends in seconds, from any sequence of pairs."""
    return np.asarray(spans, dtype=np.float64).reshape(-1, 2)


def overlapping_pairs(a: Floats, b: Floats) -> tuple[Ints, Ints]:
    """Indices (i, j) of all pairs of spans a[i], b[j] that overlap in more than a point. Found by a sweep."""
    order = np.argsort(b[:, 0], kind="stable")
    starts, reach = b[order, 0], np.maximum.accumulate(b[order, 1]) if len(b) else b[:, 1]
    first = np.searchsorted(reach, a[:, 0], side="right")
    last = np.maximum(np.searchsorted(starts, a[:, 1], side="left"), first)
    count = last - first
    i = np.repeat(np.arange(len(a)), count)
    j = order[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)]
    real = np.minimum(a[i, 1], b[j, 1]) > np.maximum(a[i, 0], b[j, 0])
    return i[real], j[real]


def match(predicted: Floats, truth: Floats, iou: float) -> tuple[Ints, Ints]:
    """A maximum one-to-one matching of predicted and true spans whose IoU is above `iou`: indices (i, j) of pairs."""
    if not len(predicted) or not len(truth):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    i, j = overlapping_pairs(predicted, truth)
    shared = np.minimum(predicted[i, 1], truth[j, 1]) - np.maximum(predicted[i, 0], truth[j, 0])
    union = (predicted[i, 1] - predicted[i, 0]) + (truth[j, 1] - truth[j, 0]) - shared
    near = shared > iou * union
    if not near.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    graph = csr_matrix((np.ones(near.sum(), np.int8), (i[near], j[near])), shape=(len(predicted), len(truth)))
    partner = maximum_bipartite_matching(graph, perm_type="column")
    paired = np.flatnonzero(partner >= 0)
    return paired, partner[paired].astype(np.int64)


@dataclass
class Counts:
    """True positives, false positives, false negatives; and the same in segments of SEGMENT_S seconds."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """tp / (tp + fp); 0 where nothing was predicted."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """tp / (tp + fn); 0 where there was nothing to find."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn); 0 where all three are 0."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 0.0


@dataclass
class Truth:
    """What is known of one recording (or one channel of it). Spans in seconds, shape (n, 2).

    `ignore`: calls that are neither asked for nor wrong to find. `doubtful`: stretches with calls whose start and end
    nobody marked: whatever is found there is not wrong. `known`: stretches that were annotated; what is found outside
    them is not wrong. None: the whole recording. `recording` names the recording where several truths are of one.
    """

    key: str
    duration_s: float
    calls: Floats
    ignore: Floats
    known: Floats | None = None
    doubtful: Floats = field(default_factory=lambda: as_spans([]))
    recording: str | None = None


@dataclass
class Outcome:
    """Counts of one recording, or one channel of `recording`: per IoU threshold, in segments, and the onset errors of
    pairs at the lowest IoU, s."""

    key: str
    events: dict[float, Counts]
    segments: Counts
    onset_errors_s: Floats = field(default_factory=lambda: np.empty(0))
    recording: str | None = None


def event_counts(predicted: Floats, truth: Truth, iou: float) -> tuple[Counts, Floats]:
    """Counts at one IoU threshold, and start differences (predicted - true, seconds) of the pairs."""
    i, j = match(predicted, truth.calls, iou)
    left = judged(np.delete(predicted, i, axis=0), truth)
    excused, _ = match(left, truth.ignore, iou)
    counts = Counts(tp=len(i), fp=len(left) - len(excused), fn=len(truth.calls) - len(j))
    return counts, predicted[i, 0] - truth.calls[j, 0]


def judged(predicted: Floats, truth: Truth) -> Floats:
    """The predictions that are wrong where they pair with no call: centred where all calls are known."""
    wrong = np.ones(len(predicted), bool)
    if truth.known is not None:
        wrong &= centred_in(predicted, truth.known)
    wrong &= ~centred_in(predicted, truth.doubtful)
    return predicted[wrong]


def centred_in(spans: Floats, stretches: Floats) -> npt.NDArray[np.bool_]:
    """Which spans have their centre in any of the stretches."""
    centre = spans.mean(axis=1)
    ordered = stretches[np.argsort(stretches[:, 0])]
    before = np.searchsorted(ordered[:, 0], centre, side="right")  # how many begin there or before
    reach = np.concatenate([[-np.inf], np.maximum.accumulate(ordered[:, 1])])
    inside: npt.NDArray[np.bool_] = centre <= reach[before]
    return inside


def segment_grid(spans: Floats, duration_s: float, segment_s: float = SEGMENT_S) -> npt.NDArray[np.bool_]:
    """Segments of a recording whose centre lies in any of the spans."""
    n = max(1, round(duration_s / segment_s))
    change = np.zeros(n + 1, np.int64)
    first = np.clip(np.ceil(spans[:, 0] / segment_s - 0.5), 0, n).astype(np.int64)
    last = np.clip(np.ceil(spans[:, 1] / segment_s - 0.5), 0, n).astype(np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, np.maximum(first, last), -1)
    return np.cumsum(change[:-1]) > 0


def segment_counts(predicted: Floats, truth: Truth) -> Counts:
    """Counts over segments of SEGMENT_S; segments under ignored calls or doubtful stretches alone, or not annotated,
    are left out."""
    unasked = np.concatenate([truth.ignore, truth.doubtful])
    found, real, other = (segment_grid(s, truth.duration_s) for s in (predicted, truth.calls, unasked))
    known = np.ones_like(real) if truth.known is None else segment_grid(truth.known, truth.duration_s)
    asked = known & (real | ~other)
    tp, fp, fn = found & real & asked, found & ~real & asked, ~found & real & asked
    return Counts(int(tp.sum()), int(fp.sum()), int(fn.sum()))


def outcome(predicted: Floats, truth: Truth, ious: Sequence[float] = IOUS) -> Outcome:
    """Judge the predictions of one recording."""
    events = {}
    errors = np.empty(0)
    for place, iou in enumerate(ious):
        events[iou], found = event_counts(predicted, truth, iou)
        errors = found if place == 0 else errors
    return Outcome(truth.key, events, segment_counts(predicted, truth), errors, truth.recording)


def by_recording(outcomes: Sequence[Outcome], iou: float | None) -> list[Counts]:
    """Counts at an IoU threshold (None: in segments), summed over the channels of each recording, which are not
    independent of each other."""
    found: dict[str, Counts] = {}
    for one in outcomes:
        name = one.recording or one.key
        found[name] = found.get(name, Counts()) + (one.segments if iou is None else one.events[iou])
    return list(found.values())


def total(counts: Sequence[Counts]) -> Counts:
    """Counts summed over recordings."""
    return sum(counts, Counts())


def bootstrap_f1(counts: Sequence[Counts], seed: int = 0) -> tuple[float, float] | None:
    """95 % percentile interval of the summed F1 when the recordings are drawn again with replacement.

    None for fewer than two recordings: nothing can be said then.
    """
    return None if len(counts) < 2 else interval(drawn_f1(counts, seed))


def bootstrap_gain(ours: Sequence[Counts], theirs: Sequence[Counts]) -> tuple[float, float] | None:
    """95 % interval of the difference of two F1 on the same recordings, in the same order, drawn again together."""
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} recordings cannot be paired")
    return None if len(ours) < 2 else interval(drawn_f1(ours) - drawn_f1(theirs))


def drawn_f1(counts: Sequence[Counts], seed: int = 0) -> Floats:
    """F1 of each of DRAWS draws of recordings; the same seed draws the same recordings."""
    table = np.array([(c.tp, c.fp, c.fn) for c in counts], dtype=np.float64)
    times = np.random.default_rng(seed).multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=DRAWS)
    tp, fp, fn = (times @ table).T
    f1: Floats = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
    return f1


def interval(values: Floats) -> tuple[float, float]:
    """2.5 % and 97.5 % quantiles."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
