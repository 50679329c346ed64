"""The benchmarks that measure no speed, and the one that divides it, on little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import frontend, gauntlet, gpu, resolver, style
from benchmarks.replicas import hawaii_birds
from chorus.train import bench


def test_the_gauntlet_is_passed(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_GAUNTLET", str(shared / "gauntlet"))
    lines = gauntlet.main()
    assert [line for line in lines if "FAIL" in line] == []
    assert lines[-1] == "14 of 14 tables pass (best peer: 10)"
    monkeypatch.setitem(gauntlet.EXPECTED, "ok", (gauntlet.PLAIN, {"odd": 1}))
    assert "FAIL" in gauntlet.main()[0]


def test_blank_lines_of_a_function_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "PACKAGE", tmp_path)
    file = tmp_path / "a.py"
    file.write_text("import os\n\n\ndef f():\n    x = 1\n\n    return x\n\n\nclass A:\n    def g(self): ...\n")
    assert sorted(style.functions(file)) == [(1, "a.py:11 g"), (3, "a.py:4 f")]
    assert style.length(file) == 11


@pytest.mark.parametrize(
    ("work", "floats"),
    [
        (lambda x: x + x, 2000),
        (lambda x: x + x.flip(0), 5000),
        (lambda x: x.add_(1), 2000),
        (lambda x: x.t(), 0),
        (lambda x: x[:, :100].sum(), 1001),
        (lambda x: x.unfold(1, 50, 1) * 2.0, 1000 + 10 * 51 * 50),
        (lambda x: torch.view_as_complex(x.view(-1, 2)).real * 2.0, 999 + 500),
        (lambda x: torch.add(x, 1, out=torch.empty(10, 100)), 2000),
    ],
)
def test_operations_move_what_they_read_and_write(work: Callable[[torch.Tensor], object], floats: int) -> None:
    """In numbers of 4 bytes, of (10, 100): overlapping frames lie in the same memory, views move nothing."""
    values = torch.zeros(10, 100)
    with frontend.Traffic() as traffic:
        work(values)
    assert traffic.moved == 4 * floats


def test_the_front_end_moves_little() -> None:
    """Bytes per byte of stored sound: at 60 it takes 1 % of a step of the largest model on an H100, at the goal."""
    stored = 2 * round(frontend.SECONDS * frontend.RATE)
    assert frontend.moved(bench.read_recipe("1b")) < 60 * stored


def test_the_share_of_the_resolver(tmp_path: Path) -> None:
    from chorus.lake import run

    before = run.resolve
    replace(hawaii_birds.RELEASE, known=1_000).write(tmp_path)
    assert "resolver, 1,000 rows of hawaii_birds (1,000 to species): " in resolver.share(
        "hawaii_birds", tmp_path, 1_000
    )
    assert run.resolve is before
    with pytest.raises(SystemExit, match="1,000 calls of 999 rows"):
        resolver.share("hawaii_birds", tmp_path, 999)


def test_goals_on_a_gpu_are_compared_with_what_the_runs_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "is_gpu", lambda device: False)
    assert list(gpu.main()) == ["not measured: there is no GPU here"]
    found = {"mfu": 0.51, "audio_s_per_s": 3000.0, "memory_gb": 65.0, "first_s": 99.5, "front_end": 0.006}
    runs = iter([found, None, {"recompilations": 0}, {"memory_gb": 7.0}])
    monkeypatch.setattr(gpu, "is_gpu", lambda device: True)
    monkeypatch.setattr(gpu, "measured", lambda arguments: ("1b: ...", next(runs)))
    lines = [line for line in gpu.main() if line.startswith("  ")]
    assert lines[:3] == [
        "  MFU: 51.0% (goal >= 50.0%): reached",
        "  seconds of sound a second: 3,000 (goal >= 3,800): MISSED",
        "  peak memory with 128 clips of 10 s, GB: 65.0 (goal <= 72.0): reached",
    ]
    assert lines[4] == "  front end, share of the step: 0.60% (goal <= 1.00%): reached"
    assert lines[5] == "  MFU: not measured, the run failed"
    assert lines[7] == "  recompilations in 1,000 steps of three lengths: 0 (goal <= 0): reached"


def test_a_run_of_the_benchmark_gives_its_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick = ("--batch", "1", "--steps", "1", "--warmup", "1", "--seconds", "0.32", "--device", "cpu", "--no-compile")
    monkeypatch.setattr(gpu, "RECIPE", "nano")
    said, found = gpu.measured(quick)
    assert found is not None and "clips/s" in said
    assert {goal.figure for _, goals in gpu.RUNS for goal in goals} <= set(found)
    said, found = gpu.measured(("--recipe", "none"))
    assert found is None and "no recipe" in said
