"""Find the recordings among many whose fingerprints say that they hold the same sound.

An index proposes, the fingerprints decide. Two recordings that share a word, at whatever times, are a proposal at the
difference of these times; it is a match when the words there agree in enough of their bits over enough of the sound.
Long recordings are indexed by every 16th word (chosen by its value, so that copies choose the same ones).

Single channels are compared with whole recordings, never with single channels of others: what channels of two
recordings may have in common without being copies are pulses of a clock, or the sounds that were played to the animals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from chorus.audio.fingerprint import Band

    Words = npt.NDArray[np.uint32]
    Ints = npt.NDArray[np.int64]
    Times = npt.NDArray[np.int32]

#: Least similarity of a match: 1 when all bits agree, 0 when half do, as chance gives. Measured on real recordings
#: (`python -m benchmarks duplicates`): different sounds reach 0.26, copies of any kind 0.6 and more.
LEAST = 0.45
#: Least number of words, on both sides not silent, that a similarity is taken over.
LEAST_WORDS = 16
#: They must be half of the shorter recording's, or this many seconds: enough where two long recordings overlap.
ENOUGH_S = 10.0
#: Places of a pair that are looked at, those with most shared words first.
PLACES = 4
#: A word is paired with the next few that are equal to it. That bounds the work for a word that is everywhere; copies
#: of one sound lie next to each other in the index, so chains of them stay whole.
NEIGHBOURS = 8
#: Tracks of long recordings are indexed by one word in this many.
SPARSE = 16


@dataclass(frozen=True, slots=True)
class Match:
    """Two recordings, by their numbers (`first` < `second`), with the same sound: `second` begins `offset_s` after the
    start of `first` (before it, where negative), and `shared_s` seconds were compared."""

    first: int
    second: int
    band: str
    similarity: float
    offset_s: float
    shared_s: float


#: Gives the tracks of a recording, or of a channel, in the band at hand, none where it has no fingerprint there.
Load = Callable[[int], Sequence["Words"]]


def matches(band: Band, count: int, tracks: Load, channels: Sequence[int] = ()) -> Iterator[Match]:
    """The matches among `count` recordings in a band, and of their single channels, which have the numbers from `count`
    on; `channels` tells which recording each is of.

    Yields the best match of every pair of recordings, in the order of the pairs. Of a pair that does not match as a
    whole, the best ones of single channels with the other recording, each by itself.
    """
    import numpy as np

    load = lru_cache(maxsize=64)(tracks)
    recordings = np.array([*range(count), *channels], np.int32)
    words, owners, times = _index(len(recordings), tracks)
    if not len(words):
        return
    proposals = _proposals(words, owners, times, recordings, count)
    edges = np.flatnonzero(np.any(np.diff(proposals[:, :2], axis=0, prepend=-1), axis=1))
    whole: set[tuple[int, int]] = set()
    for start, end in pairwise([*edges.tolist(), len(proposals)]):
        group = proposals[start:end]
        first, second = (int(group[0, k]) for k in (0, 1))
        pair = (first, int(recordings[second]))
        if (min(pair), max(pair)) in whole:
            continue
        places = group[np.argsort(-group[:, 3], kind="stable")][:PLACES, 2]
        found = best(band, load(first), load(second), places.tolist())
        if found and found[0] >= LEAST:
            similarity, offset_s, shared_s = found
            if second < count and channels:
                whole.add(pair)
            yield _match(band, pair, similarity, offset_s, shared_s)


def _match(band: Band, pair: tuple[int, int], similarity: float, offset_s: float, shared_s: float) -> Match:
    first, second = pair
    if first > second:
        first, second, offset_s = second, first, -offset_s
    return Match(first, second, band.name, similarity, offset_s, shared_s)


def _index(count: int, load: Load) -> tuple[Words, Times, Times]:
    """All indexed words, sorted, with the recording or channel each is from and its time in half steps."""
    import numpy as np

    words, owners, times = [], [], []
    for number in range(count):
        tracks = load(number)
        for phase, track in enumerate(tracks):
            chosen = np.flatnonzero(track if len(tracks) > 1 else np.where(_sparse(track), track, 0))
            words.append(track[chosen])
            owners.append(np.full(len(chosen), number, np.int32))
            times.append((2 * chosen + phase).astype(np.int32))
    if not words:
        return np.zeros(0, np.uint32), np.zeros(0, np.int32), np.zeros(0, np.int32)
    whole = np.concatenate(words)
    order = np.argsort(whole, kind="stable")
    return whole[order], np.concatenate(owners)[order], np.concatenate(times)[order]


def _sparse(words: Words) -> npt.NDArray[np.bool_]:
    """One word in `SPARSE`, by its value."""
    import numpy as np

    return (words * np.uint32(2654435761)) >> np.uint32(16) & np.uint32(SPARSE - 1) == 0


def _proposals(words: Words, owners: Times, times: Times, recordings: Times, count: int) -> Ints:
    """Rows (recording, second recording or channel, offset in half steps, number of shared words), sorted. Equal words
    stand in the order of their owners, so the first of two is never the channel where the other is none."""
    import numpy as np

    rows = []
    for ahead in range(1, NEIGHBOURS + 1):
        a = np.flatnonzero((words[ahead:] == words[:-ahead]) & (owners[:-ahead] < count))
        a = a[recordings[owners[a]] != recordings[owners[a + ahead]]]
        b = a + ahead
        rows.append(np.stack([owners[a], owners[b], times[a] - times[b]], axis=1).astype(np.int64))
    found, votes = np.unique(np.concatenate(rows), axis=0, return_counts=True)
    return np.concatenate([found, votes[:, None]], axis=1)


def best(
    band: Band, first: Sequence[Words], second: Sequence[Words], places: Sequence[int]
) -> tuple[float, float, float] | None:
    """(similarity, offset in seconds, seconds compared) at the best of some offsets, given in half steps, or next to
    them; None where too little sound is there to compare."""
    half_s = band.step_s / 2
    enough = min(*(sum(map(heard_in, tracks)) / len(tracks) / 2 for tracks in (first, second)), ENOUGH_S / band.step_s)
    found = [
        (similarity, offset, shared)
        for place in {int(p) + around for p in places for around in (-1, 0, 1)}
        for offset, one, two in _aligned(first, second, place)
        for similarity, shared in [similarity_of(one, two)]
        if shared >= max(LEAST_WORDS, enough)
    ]
    if not found:
        return None
    similarity, offset, shared = max(found, key=lambda f: (f[0], -abs(f[1])))
    return similarity, offset * half_s, shared * band.step_s


def heard_in(track: Words) -> int:
    """How many words say something."""
    import numpy as np

    return int(np.count_nonzero(track))


def _aligned(first: Sequence[Words], second: Sequence[Words], offset: int) -> Iterator[tuple[int, Words, Words]]:
    """Stretches of the tracks of both that lie on each other when `second` starts `offset` half steps after `first`."""
    for phase_1, one in enumerate(first):
        for phase_2, two in enumerate(second):
            shift, odd = divmod(offset + phase_2 - phase_1, 2)
            if not odd:
                skip_1, skip_2 = max(0, shift), max(0, -shift)
                length = min(len(one) - skip_1, len(two) - skip_2)
                if length > 0:
                    yield offset, one[skip_1 : skip_1 + length], two[skip_2 : skip_2 + length]


def similarity_of(one: Words, two: Words) -> tuple[float, int]:
    """How far the words of two equally long stretches agree, and over how many that are not silent in either."""
    import numpy as np

    heard = (one != 0) & (two != 0)
    count = int(heard.sum())
    if not count:
        return 0.0, 0
    differing = _ones()[(one ^ two)[heard].view(np.uint16)].sum(dtype=np.int64)
    return float(1 - 2 * differing / (32 * count)), count


@lru_cache(maxsize=1)
def _ones() -> npt.NDArray[np.uint8]:
    """How many ones each number of 16 bits has."""
    import numpy as np

    numbers = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2)
    return np.unpackbits(numbers, axis=1).sum(axis=1, dtype=np.uint8)
