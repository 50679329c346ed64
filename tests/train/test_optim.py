"""Schedule, parameter groups, and steps that must not happen."""

from __future__ import annotations

import torch
from torch import nn

from chorus.train.detector import Detector
from chorus.train.optim import depth_of, guarded_step, make_optimizer, parameter_groups, schedule, set_rate
from chorus.train.vit import Encoder


def test_the_rate_rises_and_falls() -> None:
    assert schedule(0.0, 0.1) == 0
    assert schedule(0.05, 0.1) == 0.5
    assert schedule(0.1, 0.1) == 1
    assert abs(schedule(0.55, 0.1) - 0.5) < 1e-9
    assert schedule(1.0, 0.1) < 1e-9
    assert schedule(0.0, 0.0) == 1


def test_groups_hold_every_parameter_once_and_decay_matrices_only() -> None:
    net = Detector(Encoder(16, 3, 2, 32, 8, 8), channels=8, blocks=1)
    groups = parameter_groups(net, 1.0, 0.05, layer_decay=0.5)
    held = [id(p) for g in groups for p in g["params"]]
    assert sorted(held) == sorted(id(p) for p in net.parameters())
    assert all(p.ndim >= 2 for g in groups if g["weight_decay"] for p in g["params"])
    peaks = {n: next(g["peak"] for g in groups if any(p is q for q in g["params"])) for n, p in net.named_parameters()}
    assert peaks["head.out.weight"] == peaks["encoder.stack.norm.weight"] == 1.0
    assert peaks["encoder.stack.blocks.2.mlp.0.weight"] == 0.5
    assert peaks["encoder.stack.blocks.0.mlp.0.weight"] == 0.125
    assert peaks["encoder.embed.weight"] == 0.0625
    assert depth_of("decoder.blocks.0.norm1.weight", 3) == 4


def test_a_gradient_that_is_not_finite_changes_nothing() -> None:
    torch.manual_seed(0)
    net = nn.Linear(3, 2)
    optimizer = make_optimizer(parameter_groups(net, 0.1, 0.05), (0.9, 0.95))
    parameters = list(net.parameters())

    def step(scale: float) -> float:
        net(torch.ones(1, 3)).sum().mul(scale).backward()
        return float(guarded_step(optimizer, parameters, 1.0)[1])

    assert step(1.0) == 0
    weights = [p.detach().clone() for p in parameters]
    moments = [s["exp_avg"].clone() for s in optimizer.state.values()]
    for bad in (float("nan"), float("inf")):
        assert step(bad) == 1
        assert all(torch.equal(a, b) for a, b in zip(weights, parameters, strict=True))
        assert all(torch.equal(a, s["exp_avg"]) for a, s in zip(moments, optimizer.state.values(), strict=True))
    assert step(1.0) == 0
    assert not torch.equal(weights[0], parameters[0])
    assert all(s["step"] == 2 for s in optimizer.state.values())


def test_gradients_are_clipped_and_rates_set() -> None:
    net = nn.Linear(3, 2, bias=False)
    optimizer = torch.optim.SGD([{"params": list(net.parameters()), "lr": 1.0, "peak": 1.0}], lr=1.0)
    set_rate(optimizer, 0.5)
    before = net.weight.detach().clone()
    net(torch.full((1, 3), 100.0)).sum().backward()
    norm = nn.utils.clip_grad_norm_(list(net.parameters()), 1.0)
    optimizer.step()
    assert norm > 100
    assert torch.allclose((net.weight - before).norm(), torch.tensor(0.5), atol=1e-4)
