"""A detector that marks clips for another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from chorus.train import export, student
from chorus.train.config import FinetuneConfig, load_recipe
from chorus.train.data import Group, StepBatch
from chorus.train.decode import Decoding, Decodings
from chorus.train.infer import Predictor
from chorus.train.losses import Targets
from chorus.train.tasks import FinetuneTask

CPU = torch.device("cpu")
FRAMES = 64


class Says(nn.Module):
    """A detector that gives one clip's activity for every clip."""

    def __init__(self, activity: Tensor) -> None:
        super().__init__()
        self.activity = activity

    def forward(self, shown: Tensor, valid: Tensor | None, resolution: Tensor) -> Tensor:
        quiet = torch.full((FRAMES,), 0.01)
        one = torch.stack([self.activity, quiet, quiet]).logit()
        return one.expand(len(shown), 3, FRAMES)


@dataclass
class Octaves:
    """Rates are octaves."""

    def octave(self, rate: int) -> int:
        return rate


def teacher(activity: Tensor, how: dict[int, Decoding] | None = None) -> Predictor:
    front_end: Any = Octaves()
    detector: Any = Says(activity)
    return Predictor(detector, front_end, Decodings(Decoding(edge=2.0), how or {}), FRAMES, CPU)


def piece(*rates: int) -> StepBatch:
    groups = [Group(torch.zeros(1, 8), torch.tensor([8]), rate, [1.0]) for rate in rates]
    return StepBatch(groups, None, FRAMES, False, len(rates), 1.0, teacher="detector")


def answers(who: Predictor, batch: StepBatch, valid: Tensor | None = None) -> Targets:
    """What the teacher says of a batch."""
    heard = torch.zeros(batch.clips, 8, FRAMES), valid, torch.zeros(batch.clips, 3)
    return student.taught_targets(who, batch, student.Question.of(who, heard), 1.5)


@pytest.fixture
def activity() -> Tensor:
    """A sure call in frames 10-19, a doubtful stretch in 30-34, a sure call from 50 on that the clip cuts."""
    out = torch.full((FRAMES,), 0.05)
    out[10:20] = out[50:] = 0.9
    out[30:35] = 0.4
    return out


def test_its_events_are_calls_and_what_it_doubts_is_not_known(activity: Tensor) -> None:
    found = answers(teacher(activity), piece(1))
    assert found.activity[0].nonzero().flatten().tolist() == [*range(10, 20), *range(50, FRAMES)]
    assert (found.activity_known[0] == 0).nonzero().flatten().tolist() == [*range(30, 35)]
    assert torch.equal(found.edge_known, found.activity_known)
    assert (found.onset[0] == 1).nonzero().flatten().tolist() == [10, 50]
    assert (found.offset[0] == 1).nonzero().flatten().tolist() == [20], "the last one's end is not in the clip"


def test_padding_teaches_nothing(activity: Tensor) -> None:
    valid = torch.arange(FRAMES)[None] < 55
    found = answers(teacher(activity), piece(1), valid)
    assert not found.activity_known[0, 55:].any()
    assert not found.activity[0, 55:].any()


def test_each_octave_has_its_own_decoding(activity: Tensor) -> None:
    strict = teacher(activity, {2: Decoding(threshold=0.95)})
    found = answers(strict, piece(1, 2))
    assert found.activity[0].any()
    assert not found.activity[1].any()
    assert not found.activity_known[1, 10:20].any(), "loud, but not enough for a call: nobody knows"


def test_the_student_learns_from_its_teacher_under_more_noise(
    activity: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe("nano")
    front_end = export.build_front_end(recipe)
    task = FinetuneTask(export.build_detector(recipe), front_end, recipe, CPU, teacher(activity))
    assert task.teacher
    object.__setattr__(task.teacher, "front_end", front_end)
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr("chorus.train.tasks.augment", lambda shown, generator, **how: heard.append(how) or shown)
    rate = 32_000
    waves = torch.randn(2, front_end.geometry(rate).hop * FRAMES)
    group = Group(waves, torch.tensor([waves.shape[1]] * 2), rate, [1.0] * 2)
    task.model.train()
    batch = StepBatch([group], None, FRAMES, False, 2, 1.0, teacher="detector")
    errors = task.errors(task.prepare(batch, torch.Generator().manual_seed(0)))
    assert errors[6] > 0
    assert not errors[:6].any(), "nobody else says anything"
    assert heard[0]["noise_db"] == student.NOISE_DB > recipe.finetune.augment.noise_db
    assert heard[0]["shift_bins"] == recipe.finetune.augment.shift_bins


def test_a_time_limit_is_for_both() -> None:
    config = FinetuneConfig(steps=20, batch_clips=4, crop_frames=64, lr=1e-3, max_seconds=40.0)
    first, second = student.share_steps(config)
    assert (first.steps, second.steps) == (20, 20 * student.LONGER)
    assert first.max_seconds == pytest.approx(40 / (1 + student.LONGER))
    assert (first.max_seconds or 0) + (second.max_seconds or 0) == pytest.approx(40)
    free = student.share_steps(config.model_copy(update={"max_seconds": None}))
    assert [part.max_seconds for part in free] == [None, None]
