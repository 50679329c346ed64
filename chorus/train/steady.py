"""Choose thresholds of a decoding with clips that nobody has labelled: where few labels say how sure is sure enough.

A dozen labelled clips, most of which the detector has learned by heart, hardly tell one threshold from another. Clips
without labels do: with a good one the same events are found when the same sound is heard again under as much noise as
it has already, and a teacher's events are found again by its student. So of the thresholds those are taken with the
largest sum of the score on the labels and of these agreements. (Choosing by stability under perturbation: Lange et al.
2004, "Stability-Based Validation of Clustering Solutions".)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from chorus.evaluate.metrics import Truth, as_spans
from chorus.shards.read import Reader
from chorus.train.decode import Decoding, Decodings, Floats, decode
from chorus.train.infer import Predictor
from chorus.train.tune import GRID, LEAST_GAIN, Item, score, sounds

#: Clips that are listened to; more do not change the choice.
CLIPS = 100
#: Median of the absolute values of noise of standard deviation 1.
MEDIAN = 0.6745


@dataclass
class Heard:
    """A clip without labels: probabilities (frames, 3) as it is and under noise; a teacher's, if there is one."""

    plain: Floats
    noisy: Floats
    teacher: Floats | None = None
    octave: int = 0


def hear(predictor: Predictor, reader: Reader, teacher: Predictor | None = None, most: int = CLIPS) -> Iterator[Heard]:
    """The first clips of a split. The noise is white, as strong as what the clip holds most of the time."""
    count = 0
    for _, samples, rate in sounds(reader):
        if count >= most:
            return
        level = float(np.median(np.abs(samples))) / MEDIAN
        noise = level * np.random.default_rng(count).standard_normal(len(samples), np.float32)
        plain, noisy = (predictor.whole(sound, rate) for sound in (samples, samples + noise))
        if len(plain):
            count += 1
            theirs = teacher.whole(samples, rate) if teacher else None
            yield Heard(plain, noisy, theirs, predictor.front_end.octave(rate))


def settle(
    how: Decodings, found: Sequence[Item], heard: Sequence[Heard], teacher: Decodings | None = None
) -> Decodings:
    """The decodings with thresholds that labelled clips and those without agree on; octaves of rates that none of the
    latter lies in keep theirs."""
    octaves = {clip.octave for clip in heard}
    if not octaves:
        return how

    def of(octave: int) -> Decoding:
        mine = [item for item in found if item.octave == octave]
        return steady(how.at(octave), mine, [clip for clip in heard if clip.octave == octave], teacher)

    own = {octave: of(octave) if octave in octaves else one for octave, one in how.by_octave.items()}
    return Decodings(steady(how.base, found, heard, teacher), own)


def steady(
    start: Decoding, found: Sequence[Item], heard: Sequence[Heard], teacher: Decodings | None = None
) -> Decoding:
    """The decoding with the thresholds that have the most evidence; of those that have as much the nearest to
    `start`."""
    best, top = start, evidence(start, found, heard, teacher)
    pairs = product(GRID["threshold"], GRID["low"])
    for threshold, low in sorted(pairs, key=lambda pair: abs(pair[0] - start.threshold) + abs(pair[1] - start.low)):
        trial = replace(start, threshold=threshold, low=low)
        if (reached := evidence(trial, found, heard, teacher)) > top + LEAST_GAIN:
            best, top = trial, reached
    return best


def evidence(how: Decoding, found: Sequence[Item], heard: Sequence[Heard], teacher: Decodings | None = None) -> float:
    """The sum of the scores on the labels, against what is found without the noise, and against the teacher."""
    one = Decodings(how)
    tests = [
        [*found],
        [Item(clip.noisy, marked(clip.plain, how)) for clip in heard],
        [Item(c.plain, marked(c.teacher, teacher.at(c.octave))) for c in heard if teacher and c.teacher is not None],
    ]
    return sum(score(items, one) for items in tests if items)


def marked(probabilities: Floats, how: Decoding) -> Truth:
    """The events of a clip as the truth about it, in frames."""
    spans = as_spans([(event.start, event.end) for event in decode(probabilities, how)])
    frames = float(len(probabilities))
    return Truth("", frames, spans, as_spans([]), as_spans([(0.0, frames)]))
