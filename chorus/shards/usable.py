"""Which recordings clips can be cut from, and why the others cannot be used."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chorus.lake.licence import UNKNOWN, permits
from chorus.schemas.vocabulary import AudioState, Role
from chorus.shards.settings import FLAC_MOST_HZ, ShardSettings
from chorus.shards.tables import Tables
from chorus.shards.windows import Span

NO_AUDIO = "the sound was not at hand at ingest"
UNREADABLE = "the sound could not be read at ingest"
HELD_OUT = "held-out source (--include-held-out uses it)"
NOT_ASKED_FOR = "its licence, {}, is not asked for (--licence)"
TOO_SHORT = "shorter than the least length"
TOO_FAST = f"sample rate above {FLAC_MOST_HZ} Hz, which FLAC cannot hold (--sample-rate lowers it)"

#: Counts by (unit, reason): ("recordings", "the sound was not at hand").
Refused = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Rec:
    """A recording that clips can be cut from, and its calls (rows of `calls`, sorted)."""

    row: dict[str, Any]
    calls: list[dict[str, Any]]
    wanted: list[bool]

    @property
    def id(self) -> str:
        return str(self.row["recording_id"])

    @property
    def rate(self) -> int:
        return int(self.row["sample_rate"])

    @property
    def frames(self) -> int:
        return int(self.row["frames"])

    @cached_property
    def _starts(self) -> list[float]:
        return [call["start_s"] for call in self.calls]

    @cached_property
    def _longest_s(self) -> float:
        return max((call["end_s"] - call["start_s"] for call in self.calls), default=0.0)

    def calls_near(self, first_s: float, last_s: float) -> list[dict[str, Any]]:
        """Calls that touch a stretch."""
        first = bisect_left(self._starts, first_s - self._longest_s - 1e-6)
        last = bisect_right(self._starts, last_s)
        return [call for call in self.calls[first:last] if call["end_s"] >= first_s]


def usable(tables: Tables, settings: ShardSettings, refused: Refused) -> Iterator[Rec]:
    """Usable recordings in the order of their ids, each with its calls in the order of their starts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sources = {row["id"]: row for row in tables.sources.select(["id", "role", "licence"]).to_pylist()}
    calls = tables.calls.sort_by([(name, "ascending") for name in ("recording_id", "start_s", "end_s", "call_id")])
    ids = calls["recording_id"].to_pylist()
    wanted = (
        pc.is_in(calls["call_id"].cast(pa.string()), value_set=tables.wanted) if tables.wanted is not None else None
    )
    edges: dict[str, Span] = {}
    for k, recording_id in enumerate(ids):
        edges[recording_id] = (edges.get(recording_id, (k, k))[0], k + 1)
    for row in tables.recordings.sort_by("recording_id").to_pylist():
        source = sources.get(row["source"], {})
        row["licence"] = row["licence"] or source.get("licence") or UNKNOWN
        reason = refusal(row, source, settings)
        if reason:
            refused["recordings", reason] += 1
            continue
        first, last = edges.get(row["recording_id"], (0, 0))
        flags = wanted.slice(first, last - first).to_pylist() if wanted is not None else [True] * (last - first)
        yield Rec(row, calls.slice(first, last - first).to_pylist(), flags)


def refusal(row: dict[str, Any], source: dict[str, Any], settings: ShardSettings) -> str | None:
    """Why a recording, its licence filled in, cannot be used; None when it can."""
    if source.get("role") == Role.held_out and not settings.include_held_out:
        return HELD_OUT
    if not permits(settings.licence, row["licence"]):
        return NOT_ASKED_FOR.format(row["licence"])
    if row["audio"] == AudioState.missing:
        return NO_AUDIO
    if row["audio"] != AudioState.present or not row["frames"] or not row["sample_rate"]:
        return UNREADABLE
    if row["frames"] < settings.least_seconds * row["sample_rate"]:
        return TOO_SHORT
    if (settings.sample_rate or row["sample_rate"]) > FLAC_MOST_HZ:
        return TOO_FAST
    return None
