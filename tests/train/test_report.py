"""The report of a run."""

from __future__ import annotations

from pathlib import Path

from chorus.train.report import phase_section


def test_losses_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    """As the log writes them when training diverges."""
    figures = dict.fromkeys(("clips_per_s", "audio_s_per_s", "tflop_per_s", "memory_gb"), 1.0)
    first = {"step": 2, "loss": None, "gradient_norm": None, "lr": 1e9, "skipped": 2, **figures}
    page = phase_section("pretrain", [first, {"step": 2, "valid_loss": None}], tmp_path)
    assert "Validation loss" not in page
    assert "not finite" in page
    page = phase_section("pretrain", [first, {"step": 2, "valid_loss": 0.5}, {"step": 4, "valid_loss": None}], tmp_path)
    assert "Validation loss at the end: 0.5000" in page
