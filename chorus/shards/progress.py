"""Progress of writing: clips per second, hours of sound, and where the time goes."""

from __future__ import annotations

from chorus.progress import Progress
from chorus.shards.spent import Spent, shares
from chorus.shards.write import Written


class ShardProgress(Progress):
    """Counts what the tasks of a run have written; `finished` clips stood there before."""

    def __init__(self, clips: int, finished: int, quiet: bool = False) -> None:
        super().__init__("shard", clips, "clips", quiet)
        self.done = self.finished = finished
        self.samples, self.hours = 0, 0.0
        self.spent = Spent()

    def add(self, written: Written) -> None:
        """Count a shard that was written."""
        self.samples += written.samples
        self.hours += written.hours
        self.spent.update(written.spent)
        self.advance(written.clips)

    def rate(self, now: float) -> float:
        """Clips per second of this run."""
        return (self.done - self.finished) / max(now - self._started, 1e-9)

    def detail(self, now: float) -> str:
        """'410 clips/s, 1.67 h of sound, read 4 %, encode 82 %, write 14 %'."""
        return ", ".join([f"{self.rate(now):,.0f} clips/s", f"{self.hours:,.2f} h of sound", *stages(self.spent)])

    def seconds_left(self, now: float) -> float | None:
        """Seconds to the end, at the rate of this run; what stood there before took none."""
        rate = self.rate(now)
        return (self.total - self.done) / rate if rate and self.total else None


def stages(spent: Spent) -> list[str]:
    """Stages that took time, with their share."""
    return [f"{stage} {share:.0%}" for stage, share in shares(spent).items() if share >= 0.005]
