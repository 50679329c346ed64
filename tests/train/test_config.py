"""Recipes: the packaged ones, and mistakes in one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from chorus.errors import ChorusError
from chorus.train.config import load_recipe, packaged
from chorus.train.export import build_autoencoder, build_detector
from tests.train.helpers import write_recipe


def test_packaged_recipes_build() -> None:
    assert {"tiny", "small"} <= set(packaged())
    for name in packaged():
        recipe = load_recipe(name)
        assert recipe.name == name
        with torch.device("meta"):
            build_autoencoder(recipe)
            build_detector(recipe)


def test_small_is_the_published_size() -> None:
    with torch.device("meta"):
        encoder = build_autoencoder(load_recipe("small")).encoder
    assert sum(p.numel() for p in encoder.parameters()) == 21_393_408


def test_tiny_keeps_to_four_minutes() -> None:
    recipe = load_recipe("tiny")
    assert recipe.pretrain.max_seconds and recipe.finetune.max_seconds
    assert recipe.pretrain.max_seconds + recipe.finetune.max_seconds <= 215


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("depth = 2", "depth = 2\nwidth = 3", "encoder.width: unknown key"),
        ("lr = 1e-3", "lr = -1.0", "pretrain.lr: Input should be greater than 0"),
        ("heads = 2", "heads = 3", "encoder: dim 16 must be 3 heads times a multiple of 4"),
        ("crop_frames = 64", "crop_frames = 60", "recipe: crop_frames 60 is no multiple of 8"),
        ("bins = 32", "bins = 36", "recipe: 36 bins are no multiple of patch_bins 8"),
        ("blocks = 1", "reach = 4", "head: reach 4 must be odd"),
        ('name = "test"', "", "name: Field required"),
        ('name = "test"', "name = ", "no TOML"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, line: str, wrong: str, said: str) -> None:
    path = write_recipe(tmp_path, **{line: wrong})
    with pytest.raises(ChorusError) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_names_and_files(tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="no recipe 'tinny'; known: small, tiny; nearest: tiny"):
        load_recipe("tinny")
    with pytest.raises(ChorusError, match="No such file"):
        load_recipe(tmp_path / "none.toml")
