"""What a run of the shard stage did, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chorus.shards.spent import shares

#: Reasons of refusal that the table shows.
SHOWN = 8


@dataclass(frozen=True)
class SplitSummary:
    """One split of a shard set."""

    shards: int
    clips: int
    hours: float
    recordings: int


@dataclass(frozen=True)
class Pace:
    """What this run wrote: clips, hours of sound, and seconds by stage, added up over its processes."""

    clips: int
    hours: float
    spent: dict[str, float]

    def line(self, seconds: float) -> str:
        """'2,400 clips (3.33 h of sound) at 512 clips/s: read 4 %, encode 82 %, write 14 %'."""
        shown = ", ".join(f"{stage} {share:.0%}" for stage, share in shares(self.spent).items())
        return f"{self.clips:,} clips ({self.hours:.2f} h of sound) at {self.clips / seconds:,.0f} clips/s: {shown}"


@dataclass(frozen=True)
class ShardSummary:
    """`refused` counts what was left out as (unit, reason, count); `unchanged` tells that the set stood there whole,
    `planned` that nothing was written; `missing` counts the shards that other tasks have not written yet."""

    out: Path | str
    splits: dict[str, SplitSummary]
    seed: int
    seconds: float
    unchanged: bool
    planned: bool = False
    augmented: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, str, int]] = field(default_factory=list)
    pace: Pace | None = None
    missing: int = 0
    notes: tuple[str, ...] = ()

    @property
    def clips(self) -> int:
        return sum(split.clips for split in self.splits.values())

    def as_dict(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self) | {
            "out": str(self.out),
            "clips": self.clips,
            "refused": [{"unit": unit, "reason": reason, "count": count} for unit, reason, count in self.refused],
        }

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), indent=1)

    def table(self) -> str:
        """A table of the splits, then one line each for augmentation, refusals and the place."""
        lines = [f"{'split':<8}{'clips':>9}{'hours':>9}{'shards':>8}{'recordings':>12}"]
        lines += [
            f"{name:<8}{split.clips:>9,}{split.hours:>9.2f}{split.shards:>8,}{split.recordings:>12,}"
            for name, split in self.splits.items()
        ]
        if self.augmented:
            lines.append("augmented: " + ", ".join(f"{name} {count:,}" for name, count in self.augmented.items()))
        lines += [f"refused: {count:,} {unit}: {reason}" for unit, reason, count in self.refused[:SHOWN]]
        if len(self.refused) > SHOWN:
            more = sum(count for _, _, count in self.refused[SHOWN:])
            lines.append(
                f"refused: {more:,} more for {len(self.refused) - SHOWN} other reasons (manifest.json lists all)"
            )
        lines += [f"note: {note}" for note in self.notes]
        if self.planned:
            return "\n".join([*lines, f"{self.out}: planned only, nothing written"])
        if self.pace and self.pace.clips:
            lines.append(self.pace.line(self.seconds))
        if self.missing:
            return "\n".join([*lines, f"{self.out}: this task is done, {self.missing:,} shards of others are missing"])
        done = "nothing to do, the set is complete" if self.unchanged else f"written in {self.seconds:.1f} s"
        return "\n".join([*lines, f"{self.out}: {done}"])
