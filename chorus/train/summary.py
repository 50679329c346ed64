"""What a call of `chorus.train.run` did, in a few plain lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from chorus.train.config import Stage
from chorus.train.loop import Position


@dataclass
class PhaseSummary:
    """How a phase went. `from_step` is where it was resumed; losses are means over the first and last logged steps."""

    phase: Stage
    steps: int
    from_step: int
    first_loss: float
    last_loss: float
    seconds: float
    clips: int
    audio_s: float
    skipped_steps: int
    done: bool

    @classmethod
    def of(cls, phase: Stage, position: Position, from_step: int) -> PhaseSummary:
        """The summary of a phase that went on from `from_step` and now stands at `position`."""
        losses = position.losses() or [float("nan")]
        return cls(
            phase=phase,
            steps=position.step,
            from_step=from_step,
            first_loss=losses[0],
            last_loss=losses[-1],
            seconds=position.elapsed_s,
            clips=position.clips,
            audio_s=position.audio_s,
            skipped_steps=position.skipped,
            done=position.done,
        )

    def line(self) -> str:
        """One plain line."""
        if self.done and self.from_step == self.steps:
            return f"{self.phase}: was finished already ({self.steps:,} steps)"
        resumed = f" (resumed at step {self.from_step:,})" if self.from_step else ""
        skipped = f", {self.skipped_steps:,} steps skipped: gradient not finite" if self.skipped_steps else ""
        return (
            f"{self.phase}: {self.steps:,} steps{resumed} in {self.seconds:,.0f} s, {self.clips:,} clips, "
            f"{self.audio_s / 3600:,.1f} h of sound, loss {self.first_loss:.3f} -> {self.last_loss:.3f}{skipped}"
        )


@dataclass
class RunSummary:
    """What a call of `run` did. `valid_f1`: event F1 on the validation split, at the decoding chosen on it."""

    out: Path
    recipe: str
    device: str
    parameters: dict[str, int]
    phases: list[PhaseSummary] = field(default_factory=list)
    bad_clips: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    valid_f1: float | None = None
    pretrained: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether the run was asked to stop before its end; `resume` goes on with it."""
        return any(not p.done for p in self.phases)

    def table(self) -> str:
        """Plain lines: sizes, each phase, what is in the run folder."""
        sizes = ", ".join(f"{name} {count:,}" for name, count in self.parameters.items())
        lines = [f"recipe {self.recipe} on {self.device}; parameters: {sizes}", *(p.line() for p in self.phases)]
        if any(p.phase == "finetune" for p in self.phases) and not self.pretrained:
            lines.append("the detector was trained from scratch: the run holds no pretrained encoder")
        lines += self.notes
        if self.bad_clips:
            key, reason = next(iter(self.bad_clips.items()))
            many = len(self.bad_clips) > 1
            what = f"{len(self.bad_clips):,} clip{'s' if many else ''} could not be read"
            lines.append(f"{what} and {'were left out, first' if many else 'was left out,'} {key}: {reason}")
        if self.valid_f1 is not None:
            lines.append(f"event F1 on the validation clips (mean of IoU 0.3 and 0.5): {self.valid_f1:.3f}")
        end = "stopped; --resume goes on" if self.interrupted else "finished"
        return "\n".join([*lines, f"{end}: {self.out}"])
