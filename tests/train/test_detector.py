"""Detector and its loss."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from chorus.train.detector import Detector
from chorus.train.losses import Targets, activity_errors, detection_counts, detection_errors, edge_errors
from chorus.train.vit import Encoder


def detector() -> Detector:
    torch.manual_seed(0)
    return Detector(Encoder(16, 2, 2, 32, 8, 8), channels=8, blocks=1).eval()


def test_logits_for_every_frame() -> None:
    assert detector()(torch.randn(2, 32, 48), None, torch.zeros(2, 3)).shape == (2, 3, 48)
    with pytest.raises(ValueError, match="no whole number of patches"):
        detector()(torch.randn(1, 32, 50), None, torch.zeros(1, 3))


@pytest.mark.parametrize("bins", [32, 128])
def test_the_formula_counts_what_torch_counts(bins: int) -> None:
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        net = Detector(Encoder(16, 2, 2, 32, 8, 16), channels=8, blocks=2)
        net(torch.empty(1, bins, 48), None, torch.empty(1, 3))
    assert 3 * counter.get_total_flops() == net.flops(bins, 48)


def test_the_frame_branch_moves_with_the_sound_frame_by_frame() -> None:
    """Without the tokens' share the head is blind to patch borders: boundaries can be as sharp as frames."""
    net = detector()
    torch.nn.init.zeros_(net.head.context.weight)
    answers = []
    for frame in (20, 21):
        shown = torch.zeros(1, 32, 48)
        shown[:, :, frame] = 6.0
        answers.append(net(shown, None, torch.zeros(1, 3)))
    assert torch.allclose(answers[0][:, :, 10:37], answers[1][:, :, 11:38], atol=1e-5)
    assert not torch.allclose(answers[0], answers[1], atol=1e-3)


def test_encoder_and_head_both_learn() -> None:
    net = detector().train()
    net(torch.randn(1, 32, 48), None, torch.zeros(1, 3)).square().mean().backward()
    silent = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


def targets(frames: int = 10) -> Targets:
    zero = torch.zeros(1, frames)
    return Targets(zero.clone(), zero.clone(), zero.clone(), zero + 1, zero + 1)


def test_unknown_frames_do_not_count() -> None:
    truth = targets()
    truth.activity[:, 3:6] = 1
    truth.onset[:, 3] = truth.offset[:, 6] = 1
    logits = torch.randn(1, 3, 10)
    truth.activity_known[:, 7:] = truth.edge_known[:, 7:] = 0
    before = detection_errors(logits, truth)
    assert detection_counts(truth).tolist() == [7, 1, 1]
    logits[:, :, 7:] = 1000.0
    assert torch.equal(before, detection_errors(logits, truth))
    truth.activity_known[:] = truth.edge_known[:] = 0
    assert not detection_errors(logits, truth).any()
    assert not detection_counts(truth).any()


def test_activity_errors_are_those_of_known_frames() -> None:
    logit, target = torch.tensor([[0.0, 2.0, -2.0]]), torch.tensor([[1.0, 1.0, 1.0]])
    known = torch.tensor([[1.0, 1.0, 0.0]])
    expected = -(torch.tensor([0.0, 2.0]).sigmoid().log()).sum()
    assert torch.allclose(activity_errors(logit, target, known), expected)


def test_edge_errors_forgive_near_misses() -> None:
    target = torch.tensor([[0.0, 0.0, 0.8, 1.0, 0.8, 0.0, 0.0]])
    known = torch.ones_like(target)

    def at(place: int) -> float:
        logit = torch.full((1, 7), -6.0)
        logit[0, place] = 3.0
        return float(edge_errors(logit, target, known))

    assert at(3) < at(4) < at(6)
    assert edge_errors(torch.full((1, 7), -20.0), torch.zeros(1, 7), known) == pytest.approx(0, abs=1e-6)
