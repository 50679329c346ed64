"""What is learned: the same from a step in one piece and from one cut into pieces of unequal worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from chorus.train import export
from chorus.train.config import Recipe, load_recipe
from chorus.train.data import Group, StepBatch, Steps
from chorus.train.losses import Targets
from chorus.train.rehearsal import Teacher
from chorus.train.targets import bumps, covered
from chorus.train.tasks import FinetuneTask, PretrainTask

CPU, RATE, FRAMES = torch.device("cpu"), 32_000, 64
#: Calls of six clips, in frames, and of how many of their frames the truth is known: unevenly dealt.
CALLS = ([(10, 20), (30, 40), (50, 60)], [], [], [(5, 30)], [], [])
KNOWN = (64, 64, 8, 40, 0, 64)
#: Their lengths in frames.
LENGTHS = (64, 64, 64, 24, 64, 16)


@pytest.fixture
def recipe() -> Recipe:
    recipe = load_recipe("nano")
    off = dict.fromkeys(recipe.pretrain.augment.model_dump(), 0)
    quiet = recipe.pretrain.augment.model_copy(update=off)
    return recipe.model_copy(
        update={
            "pretrain": recipe.pretrain.model_copy(update={"augment": quiet}),
            "finetune": recipe.finetune.model_copy(update={"augment": quiet, "mix": 0.0}),
        }
    )


def waves(recipe: Recipe) -> Tensor:
    """Six clips of noise, zeros after their ends: (6, samples)."""
    hop = export.build_front_end(recipe).geometry(RATE).hop
    sound = 0.1 * torch.randn(6, FRAMES * hop, generator=torch.Generator().manual_seed(1))
    return sound * (torch.arange(FRAMES * hop) < hop * torch.tensor(LENGTHS)[:, None])


def truth() -> Targets:
    places = torch.arange(FRAMES)
    activity = torch.stack([covered(places + 0.5, calls).float() for calls in CALLS])
    known = (places < torch.tensor(KNOWN)[:, None]).float()
    edges = [torch.stack([bumps([c[k] for c in calls], FRAMES, 1.5) for calls in CALLS]) for k in (0, 1)]
    return Targets(activity, *edges, known, known)


def batch(recipe: Recipe, clips: Sequence[int], teacher: Teacher = "labels") -> StepBatch:
    """A step batch of some of the clips."""
    picked, hop = list(clips), export.build_front_end(recipe).geometry(RATE).hop
    group = Group(waves(recipe)[picked], hop * torch.tensor(LENGTHS)[picked], RATE, [1.0] * len(picked))
    targets = Targets(**{name: part[picked] for name, part in vars(truth()).items()})
    return StepBatch([group], targets, FRAMES, True, len(picked), 1.0, teacher)


def learned(task: PretrainTask | FinetuneTask, pieces: Sequence[StepBatch]) -> tuple[float, list[Tensor]]:
    """Loss of a step and its gradients, as the loop makes them."""
    task.model.zero_grad()
    numbers = torch.Generator().manual_seed(0)
    ready = [task.prepare(piece, numbers) for piece in pieces]
    weights = task.weights(torch.stack([r.counts for r in ready]).sum(0))
    loss = torch.stack([(task.errors(r) * weights).sum() for r in ready]).sum()  # type: ignore[arg-type]
    loss.backward()
    return loss.item(), [p.grad.clone() for p in task.model.parameters() if p.grad is not None]


CUTS = [[[0, 1, 2], [3, 4, 5]], [[0], [1, 2], [3], [4, 5]]]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("phase", ["pretrain", "finetune"])
def test_a_step_is_the_same_however_it_is_cut(recipe: Recipe, phase: str, cut: list[list[int]]) -> None:
    torch.manual_seed(0)
    front_end = export.build_front_end(recipe)
    task: PretrainTask | FinetuneTask
    if phase == "pretrain":
        task = PretrainTask(export.build_autoencoder(recipe), front_end, recipe, CPU)
    else:
        task = FinetuneTask(export.build_detector(recipe), front_end, recipe, CPU)
    task.model.eval()  # no drop path
    loss, gradients = learned(task, [batch(recipe, range(6))])
    cut_loss, cut_gradients = learned(task, [batch(recipe, part) for part in cut])
    assert cut_loss == pytest.approx(loss, rel=1e-4)
    size = torch.cat([g.flatten() for g in gradients]).norm()
    apart = torch.cat([(a - b).flatten() for a, b in zip(gradients, cut_gradients, strict=True)]).norm()
    assert apart < 1e-3 * size
    with torch.no_grad():
        judged = task.judge([batch(recipe, part) for part in cut])["valid_loss"]
    if phase == "finetune":
        assert judged == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("teacher", ["labels", "itself", "detector"])
def test_a_clip_that_only_keeps_step_teaches_nothing(recipe: Recipe, teacher: Teacher) -> None:
    """A process that has no clip for a piece takes silence, whoever marks the others' clips."""
    front_end = export.build_front_end(recipe)
    model = export.build_detector(recipe)
    task = FinetuneTask(model, front_end, recipe, CPU)
    filler = Steps(cast(Any, None), front_end, FRAMES, recipe.encoder.patch_frames).silence(RATE)
    lesson = task.prepare(replace(filler, teacher=teacher), torch.Generator().manual_seed(0))
    assert not lesson.counts.any()
    assert not task.errors(lesson).any()


def test_other_teachers_count_as_much_as_the_labels(recipe: Recipe) -> None:
    """However many clips they come with; all in the share of the clips that has labels."""
    front_end = export.build_front_end(recipe)
    task = FinetuneTask(export.build_detector(recipe), front_end, recipe, CPU)
    task.model.eval()
    labelled, others = batch(recipe, [0, 3]), batch(recipe, [1, 2, 5, 5, 5], "itself")
    silent = replace(labelled, targets=Targets(*torch.zeros(5, 2, FRAMES)))
    ours, _ = learned(task, [labelled])
    theirs, _ = learned(task, [silent, others])
    both, _ = learned(task, [labelled, others])
    assert both == pytest.approx(2 / 7 * ours + theirs, rel=1e-4)
    assert learned(task, [labelled, labelled])[0] == pytest.approx(ours, rel=1e-4)
    more, _ = learned(task, [silent, labelled, others])
    assert more == pytest.approx(4 / 9 * ours + theirs * (4 / 9) / (2 / 7), rel=1e-4)
    marked = replace(others, teacher="detector")
    mean = (theirs + learned(task, [silent, marked])[0]) / 2
    twice, _ = learned(task, [silent, others, marked])
    assert twice == pytest.approx(mean * (2 / 12) / (2 / 7), rel=1e-4), "two other teachers count as one"
    assert learned(task, [silent])[0] == 0
    assert learned(task, [others])[0] == 0
