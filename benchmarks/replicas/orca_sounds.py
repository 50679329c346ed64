"""Orcas, both items of the Internet Archive: 594 clips of 4 s, 398 with a call, and where these are in the recording.

Known: clips with and without a call and their order, calls in order of start in a recording of 30 minutes, none longer
than 3.61 s. Not known and made up: starts and ends.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.replicas.common import tiny_wav, write_text

CALLS, NO_CALLS = 398, 196  # counted in file
RECORDING_S, LONGEST_S, CLIP_S = 1800, 3.61, 4


def write(root: Path, audio: bool = False) -> None:
    """Both tables; with `audio` a tiny sound for the first two clips."""
    rng = random.Random(0)
    clips = [f"{k}.wav,{'call' if k < CALLS else 'no_call'}" for k in range(CALLS + NO_CALLS)]
    write_text(root / "orcas_classification" / "annotations.csv", "\n".join(["fn,label", *clips, ""]))
    starts = sorted(rng.uniform(CLIP_S / 2, RECORDING_S - CLIP_S) for _ in range(CALLS))
    rows = [f"recording.wav,{start:.6f},{start + rng.uniform(0.2, LONGEST_S):.6f}" for start in starts]
    write_text(root / "orcas_offsets" / "annotations.csv", "\n".join(["filename,start,end", *rows, ""]))
    for k in range(2 * audio):
        tiny_wav(root / "orcas_classification" / "audio" / f"{k}.wav", 44_100)


def floor(root: Path) -> list[str]:
    """Both tables as they are."""
    return [
        f"SELECT * FROM read_csv('{root}/{item}/annotations.csv', delim=',', header=true, all_varchar=true)"
        for item in ("orcas_classification", "orcas_offsets")
    ]
