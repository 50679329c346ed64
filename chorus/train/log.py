"""What a training run shows: progress, TensorBoard files, JSON lines, curves and reconstructions as PNG."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus.atomic import aside, write_bytes
from chorus.progress import Progress

Record = dict[str, float]
#: Where in a run's folder its records lie.
FOLDER = "logs"


class LossProgress(Progress):
    """Progress with the last logged figures in front of the counts, and the loop's own estimate of the end."""

    note = ""
    left_s: float | None = None

    def seconds_left(self, now: float) -> float | None:
        return self.left_s

    def detail(self, now: float) -> str:
        return f"{self.note}{super().detail(now)}"


class Log:
    """The loop's Watcher: tells a Progress, TensorBoard and a file of JSON lines; looks by a function of the phase.

    `history` holds the records up to where the phase goes on: what a killed process wrote after it is taken back.
    """

    def __init__(
        self, phase: str, folder: Path, progress: LossProgress, history: list[Record], at_look: Callable[[int], Record]
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.progress, self.at_look = progress, at_look
        first = int(history[-1]["step"]) if history else 0
        self.board = SummaryWriter(str(folder / FOLDER / phase), purge_step=first + 1)
        path = folder / FOLDER / f"{phase}.jsonl"
        write_bytes(path, "".join(line(record) for record in history).encode())
        self.lines = path.open("a", encoding="utf-8")
        self._audio = 0.0

    def step(self, clips: int, audio_s: float) -> None:
        """Called after each step."""
        whole = int(self._audio + audio_s) - int(self._audio)
        self._audio += audio_s
        self.progress.advance(1, clips=clips, **{"audio-s": whole})

    def log(self, record: Record) -> None:
        """Called every few steps with the mean figures of those steps."""
        parts = [f"loss {record['loss']:.4f}", f"{record['memory_gb']:.1f} GB"]
        parts += [f"MFU {100 * record['mfu']:.1f} %"] if "mfu" in record else []
        self.progress.note = ", ".join(parts) + ", "
        self.progress.left_s = record["eta_s"]
        self.write(record)

    def look(self, step: int) -> Record:
        """Called a few times in a phase."""
        found = self.at_look(step)
        if found:
            self.write({"step": float(step), **found})
        return found

    def write(self, record: Record) -> None:
        """Into TensorBoard and the JSON lines."""
        for name, value in record.items():
            if name != "step":
                self.board.add_scalar(name, value, int(record["step"]))
        self.lines.write(line(record))
        self.lines.flush()

    def close(self) -> None:
        self.board.close()
        self.lines.close()


def line(record: Record) -> str:
    """A record as a line of JSON; what is not finite as null."""
    return json.dumps({name: value if math.isfinite(value) else None for name, value in record.items()}) + "\n"


@dataclass
class Silent:
    """The Watcher of the processes that write nothing: it only looks, as all must."""

    at_look: Callable[[int], Record]

    def step(self, clips: int, audio_s: float) -> None: ...

    def log(self, record: Record) -> None: ...

    def look(self, step: int) -> Record:
        return self.at_look(step)

    def close(self) -> None: ...


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure as PNG, aside and renamed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with aside(path) as file:
        figure.savefig(file, format="png", dpi=110)


def draw_curves(phase: str, history: list[Record], path: Path) -> None:
    """Loss over steps, with the validation loss where there is one; below it learning rate and speed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6), layout="constrained")
    top, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=[3, 1, 1])
    logged, looked = [r for r in history if "loss" in r], [r for r in history if "valid_loss" in r]
    top.plot([r["step"] for r in logged], [r["loss"] for r in logged], label="training")
    if looked:
        top.plot([r["step"] for r in looked], [r["valid_loss"] for r in looked], "o-", label="validation")
    top.set(title=phase, ylabel="loss")
    top.legend()
    middle.plot([r["step"] for r in logged], [r["lr"] for r in logged])
    middle.set(ylabel="learning rate")
    below.plot([r["step"] for r in logged], [r["audio_s_per_s"] for r in logged])
    below.set(xlabel="step", ylabel="audio-s/s", ylim=(0, None))
    save_figure(figure, path)


def draw_reconstruction(panels: list[tuple[str, Any]], path: Path, title: str) -> None:
    """Rows of clips, columns of panels: each panel is (name, array (clips, bins, frames)). The clips of a panel are one
    image, as axes cost matplotlib far more time than pixels."""
    from matplotlib.figure import Figure

    clips, bins, _ = panels[0][1].shape
    figure = Figure(figsize=(4 * len(panels), 2.2 * clips))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=1 - 0.55 / (2.2 * clips), wspace=0.03)
    gap = max(1, bins // 24)
    for axis, (name, values) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        apart = [piece for clip in values for piece in (clip[::-1], clip[:gap] * float("nan"))][:-1]
        scale = {"vmin": -1, "vmax": 4, "cmap": "magma", "interpolation": "none"}
        axis.imshow([line for piece in apart for line in piece], aspect="auto", **scale)
        axis.set(xticks=[], yticks=[], title=name)
        axis.set_facecolor("0.85")
        for row in range(1, clips):
            axis.axhspan(row * (bins + gap) - gap - 0.5, row * (bins + gap) - 0.5, color="white", linewidth=0)
    figure.suptitle(title, y=1 - 0.05 / (2.2 * clips))
    save_figure(figure, path)
