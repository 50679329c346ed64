"""What a training run shows: progress lines, TensorBoard files, curves and reconstructions as PNG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from chorus.atomic import aside
from chorus.progress import Progress


class LossProgress(Progress):
    """Progress with the last logged loss in front of the counts."""

    note = ""

    def detail(self, now: float) -> str:
        return f"{self.note}{super().detail(now)}"


class Log:
    """The loop's Watcher: tells a Progress, TensorBoard, and at each look a function of the phase."""

    def __init__(
        self,
        phase: str,
        folder: Path,
        progress: LossProgress,
        first_step: int,
        at_look: Callable[[int], dict[str, float]],
    ) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.phase, self.progress, self.at_look = phase, progress, at_look
        self.board = SummaryWriter(str(folder / "logs" / phase), purge_step=first_step + 1)
        self.looks: list[dict[str, float]] = []
        self._audio = 0.0

    def step(self, clips: int, audio_s: float) -> None:
        """Called after each step."""
        whole = int(self._audio + audio_s) - int(self._audio)
        self._audio += audio_s
        self.progress.advance(1, clips=clips, **{"audio-s": whole})

    def log(self, record: dict[str, float]) -> None:
        """Called every few steps with the mean figures of those steps."""
        self.progress.note = f"loss {record['loss']:.4f}, "
        self.scalars(record)

    def look(self, step: int) -> None:
        """Called a few times in a phase."""
        found = {"step": float(step), **self.at_look(step)}
        self.looks.append(found)
        self.scalars(found)

    def scalars(self, record: dict[str, float]) -> None:
        for name, value in record.items():
            if name != "step":
                self.board.add_scalar(name, value, int(record["step"]))

    def close(self) -> None:
        self.board.close()


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure as PNG, aside and renamed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with aside(path) as file:
        figure.savefig(file, format="png", dpi=110)


def draw_curves(phase: str, history: list[dict[str, float]], looks: list[dict[str, float]], path: Path) -> None:
    """Loss over steps, with the validation loss where there is one; learning rate below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    top.plot([r["step"] for r in history], [r["loss"] for r in history], label="training")
    valid = [r for r in looks if "valid_loss" in r]
    if valid:
        top.plot([r["step"] for r in valid], [r["valid_loss"] for r in valid], "o-", label="validation")
    top.set(title=phase, ylabel="loss")
    top.legend()
    below.plot([r["step"] for r in history], [r["lr"] for r in history])
    below.set(xlabel="step", ylabel="learning rate")
    save_figure(figure, path)


def draw_reconstruction(panels: list[tuple[str, Any]], path: Path, title: str) -> None:
    """Rows of clips, columns of panels: each panel is (name, array (clips, bins, frames))."""
    from matplotlib.figure import Figure

    clips = len(panels[0][1])
    figure = Figure(figsize=(4 * len(panels), 2.2 * clips), layout="constrained")
    axes = figure.subplots(clips, len(panels), squeeze=False)
    for column, (name, values) in enumerate(panels):
        for row in range(clips):
            axis = axes[row][column]
            axis.imshow(values[row], origin="lower", aspect="auto", vmin=-1, vmax=4, cmap="magma", interpolation="none")
            axis.set(xticks=[], yticks=[], title=name if row == 0 else "")
            axis.set_facecolor("0.85")
    figure.suptitle(title)
    save_figure(figure, path)
