"""Recipes: the packaged ones, and mistakes in one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from chorus.errors import ChorusError
from chorus.train.config import load_recipe, packaged
from chorus.train.export import build_autoencoder, build_detector
from tests.train.helpers import decoder_parameters, encoder_parameters, write_recipe


def test_packaged_recipes_build() -> None:
    assert set(packaged()) == {"nano", "tiny", "small", "base", "large", "huge", "1b"}
    for name in packaged():
        recipe = load_recipe(name)
        assert recipe.name == name
        with torch.device("meta"):
            build_autoencoder(recipe)
            build_detector(recipe)


ENCODERS = {
    "nano": 360_480,
    "tiny": 4_805_120,
    "small": 21_393_408,
    "base": 85_254_144,
    "large": 302_575_616,
    "huge": 630_010_880,
    "1b": 1_020_334_080,
}


@pytest.mark.parametrize("name", ENCODERS)
def test_sizes_follow_the_closed_formula(name: str) -> None:
    recipe = load_recipe(name)
    with torch.device("meta"):
        model = build_autoencoder(recipe)
    encoder = sum(p.numel() for p in model.encoder.parameters())
    decoder = sum(p.numel() for p in model.parameters()) - encoder
    a, b, patch = recipe.encoder, recipe.decoder, recipe.encoder.patch_bins * recipe.encoder.patch_frames
    assert encoder == encoder_parameters(a.dim, a.depth, a.mlp, patch) == ENCODERS[name]
    assert decoder == decoder_parameters(a.dim, b.dim, b.depth, b.mlp, patch)
    assert name != "1b" or decoder == 512_726_272


def test_what_packaged_recipes_reach_depends_on_steps_and_not_on_the_machine() -> None:
    for name in packaged():
        recipe = load_recipe(name)
        assert recipe.pretrain.max_seconds is recipe.finetune.max_seconds is None, name


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("depth = 2", "depth = 2\nwidth = 3", "encoder.width: unknown key"),
        ("lr = 1e-3", "lr = -1.0", "pretrain.lr: Input should be greater than 0"),
        ("lr = 1e-3", "lr = inf", "pretrain.lr: Input should be a finite number"),
        ("lr = 1e-3", "lr = 1e-3\nbetas = [0.9, 1.5]", "pretrain.betas.1: Input should be less than 1"),
        ("heads = 2", "heads = 3", "encoder: dim 16 must be 3 heads times a multiple of 4"),
        ("crop_frames = 64", "crop_frames = 60", "recipe: crop_frames 60 is no multiple of 8"),
        ("bins = 32", "bins = 36", "recipe: 36 bins are no multiple of patch_bins 8"),
        ("bins = 32", "bins = 128", "recipe: patches of 8 of 128 bins span less than one of 8 octaves"),
        (
            "depth = 1",
            'depth = 1\nmask = "rows"',
            "decoder.mask: Input should be 'random', 'time', 'frequency' or 'mixed'",
        ),
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
    with pytest.raises(ChorusError, match=r"no recipe 'tinny'; known: .*small, tiny; nearest: tiny"):
        load_recipe("tinny")
    with pytest.raises(ChorusError, match="No such file"):
        load_recipe(tmp_path / "none.toml")
