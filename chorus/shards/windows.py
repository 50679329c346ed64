"""Where clips are cut: windows over calls, and windows free of calls. All positions are frames of the recording."""

from __future__ import annotations

from bisect import bisect, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Span = tuple[int, int]

#: Part of a clip that is left as context before a call where the clip before reaches up to it.
CONTEXT = 0.1


def around_calls(spans: list[Span], frames: int, clip: int, rng: np.random.Generator) -> list[Span]:
    """Windows of `clip` frames that together hold every span of a recording of `frames` frames.

    Calls near each other share a window; the window's place around them is drawn, and kept clear of the window before
    where that is possible. A call longer than a window is cut into consecutive windows, as far as those of calls before
    it do not reach into it. A recording not longer than a window is one window. `spans` must be sorted and lie inside
    the recording. Windows are in order, each once.
    """
    if frames <= clip:
        return [(0, frames)] if spans else []
    windows: list[Span] = []
    for i, (start, end) in enumerate(spans):
        place = bisect(windows, (start, frames))
        if place and end <= windows[place - 1][1]:
            continue
        before = windows[-1][1] if windows else 0
        if end - start > clip:  # windows before it begin before it, so it is covered as far as they reach
            if before < end:
                windows += _tiles(start, before, end, frames, clip, rng)
            continue
        following = i + 1
        while following < len(spans) and spans[following][0] < start + clip:
            if spans[following][1] <= start + clip:
                end = max(end, spans[following][1])
            following += 1
        insort(windows, _placed(start, end, before, frames, clip, rng))
    return windows


def _placed(start: int, end: int, before: int, frames: int, clip: int, rng: np.random.Generator) -> Span:
    """A window that holds start .. end, drawn evenly from those that do and that begin after the frame `before`."""
    least, most = max(end - clip, 0), min(start, frames - clip)
    if before <= most:
        least = max(least, before)
    else:
        least = max(least, most - round(CONTEXT * clip))
    first = int(rng.integers(least, most + 1))
    return first, first + clip


def _tiles(start: int, before: int, end: int, frames: int, clip: int, rng: np.random.Generator) -> list[Span]:
    """Consecutive windows over a call longer than one, from the frame `before` on where it lies in the call; the last
    is moved back into the recording."""
    first = max(start - int(rng.integers(0, round(CONTEXT * clip) + 1)), 0) if before <= start else before
    starts = range(first, end, clip)
    return [(min(s, frames - clip), min(s, frames - clip) + clip) for s in starts]


def apart(windows: list[Span], others: list[Span]) -> list[Span]:
    """Those windows that share no frame with any of the `others`, which are in order and of one length."""

    def free(first: int, last: int) -> bool:
        place = bisect(others, (first, last))
        near = others[max(place - 1, 0) : place + 1]
        return all(b <= first or last <= a for a, b in near)

    return [window for window in windows if free(*window)]


def free_of_calls(spans: list[Span], frames: int, clip: int, margin: int, rng: np.random.Generator) -> list[Span]:
    """As many windows of `clip` frames as fit, one after the other, into the stretches that stay `margin` frames away
    from every span; each stretch's rest is drawn to lie before or after them. A recording not longer than a window is
    one window when it holds no call. `spans` must be sorted."""
    if frames <= clip:
        return [] if spans else [(0, frames)]
    windows: list[Span] = []
    free_from = 0
    for start, end in [*spans, (frames + margin, frames + margin)]:
        room = start - margin - free_from
        count = room // clip
        if count > 0:
            first = free_from + int(rng.integers(0, room - count * clip + 1))
            windows += [(first + k * clip, first + (k + 1) * clip) for k in range(count)]
        free_from = max(free_from, end + margin)
    return windows


def over_all(frames: int, clip: int) -> list[Span]:
    """Windows of `clip` frames one after the other over a whole recording. A rest of half a window or more has one too,
    moved back into the recording; a shorter rest is left out. A recording not longer than a window is one window."""
    if frames <= clip:
        return [(0, frames)]
    windows = [(first, first + clip) for first in range(0, frames - clip + 1, clip)]
    if 2 * (frames % clip) >= clip:
        windows.append((frames - clip, frames))
    return windows
