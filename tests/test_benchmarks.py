"""The benchmarks that measure no speed, and the one that divides it, on little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import frontend, gauntlet, resolver, style
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
