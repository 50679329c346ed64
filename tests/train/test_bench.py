"""The benchmark: sizes, its formula, what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from chorus.train import bench
from chorus.train.mae import MaskedAutoencoder
from chorus.train.vit import Encoder

QUICK = ["--recipe", "nano", "--device", "cpu", "--dtype", "fp32", "--no-compile", "--batch", "1"]


def test_count_prints_the_published_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--recipe", "1b", "--count"])
    said = capsys.readouterr().out
    assert said == "1b: encoder 1,020,334,080, decoder 512,726,272, total 1,533,060,352\n"


def test_a_recipe_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text("x = ")
    for name in ("nope", str(tmp_path / "odd.toml")):
        with pytest.raises(SystemExit, match=f"^{name}: no recipe that can be read .*; packaged are 1b, base"):
            bench.main(["--recipe", name, "--count"])


@pytest.mark.parametrize("frames", [256, 1024])
@pytest.mark.parametrize("ratio", [0.25, 1.0])
def test_the_formula_counts_what_torch_counts(ratio: float, frames: int) -> None:
    """A clip of 16 columns is attended to as a whole, one of 64 in windows of 16."""
    with torch.device("meta"):
        model = MaskedAutoencoder(Encoder(64, 8, 4, 256, window=16), 32, 3, 2, 128, decode_ratio=ratio)
        shown, resolution = torch.empty(1, 128, frames), torch.empty(1, 3)
    with FlopCounterMode(display=False) as counter:
        model(model.cover(shown, None, resolution)).loss.backward()
    forward = model.flops(128, frames) / 3
    with FlopCounterMode(display=False) as once, torch.no_grad():
        model(model.cover(shown, None, resolution))
    assert once.get_total_flops() == pytest.approx(forward, rel=0.02 if frames > 512 else 1e-9)
    assert counter.get_total_flops() == pytest.approx(3 * forward, rel=0.06)


def test_the_reference_has_the_same_sizes() -> None:
    """Its norms have shifts where ours have none; ours have LayerScale instead."""
    recipe = bench.read_recipe("small")
    with torch.device("meta"):
        plain = bench.build_reference(recipe, bench.build_front_end(recipe), 1024)
    assert sum(p.numel() for p in plain.parameters()) == bench.count(recipe)["total"]


def test_it_reports_speed_and_the_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main([*QUICK, "--steps", "2", "--warmup", "1", "--seconds", "0.64", "--compare"])
    said = capsys.readouterr().out
    for name in ("chorus, decode_ratio 0.5", "chorus, decode_ratio 1", "plain reference MAE"):
        line = next(s for s in said.splitlines() if s.startswith(name + ": "))
        numbers = dict(re.findall(r"([\d.,]+) (ms/step|clips/s|audio-s/s)", line)[i][::-1] for i in range(3))
        clips, step = float(numbers["clips/s"].replace(",", "")), float(numbers["ms/step"].replace(",", ""))
        assert clips * step == pytest.approx(1000, rel=0.05)
        assert float(numbers["audio-s/s"].replace(",", "")) == pytest.approx(0.64 * clips, rel=0.05)
    assert said.count("times as fast as the plain reference MAE") == 2
    assert "no MFU" in said and "0 recompilations" in said


def test_several_lengths_are_taken_in_turn(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main([*QUICK, "--steps", "2", "--warmup", "1", "--seconds", "0.32", "0.64"])
    assert "batch 1 x 0.32 and 0.64 s" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        bench.main([*QUICK, "--seconds", "1", "2", "--compare"])


def test_the_running_average_is_part_of_a_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    updated: list[int] = []
    monkeypatch.setattr(bench.Average, "update", lambda average, step: updated.append(step))
    bench.main([*QUICK, "--steps", "2", "--warmup", "1"])
    assert len(updated) == 3
