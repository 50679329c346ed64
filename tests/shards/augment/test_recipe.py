"""Recipes: the packaged one is whole, wrong ones are told by name, steps may be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from chorus.errors import UsageError
from chorus.shards.augment.recipe import Recipe, load_recipe
from chorus.shards.augment.step import Step

PACKAGED = Path(load_recipe.__code__.co_filename).with_name("default.toml")


def test_the_packaged_recipe_has_every_step(tmp_path: Path) -> None:
    default = load_recipe()
    assert default.copies >= 1
    assert all(
        isinstance(getattr(default, name), Step) for name in Recipe.model_fields if name not in ("copies", "order")
    )
    path = tmp_path / "r.toml"
    path.write_text(PACKAGED.read_text())
    assert load_recipe(path) == default


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("copies = 1", "copies = 0", "copies"),
        ("probability = 0.2\n", "probability = 2\n", "stitch.probability"),
        ("snr_db = [5.0, 25.0]", "snr_db = [25.0, 5.0]", "snr_db goes from 25.0 down to 5.0"),
        ('"rain"', '"thunder"', "no bed 'thunder'"),
        ("copies = 1", "copies = ", "no TOML"),
        ("copies = 1", "copies = 1\nloudness = 2", "loudness: unknown key"),
        ("copies = 1", 'copies = 1\norder = ["mix"]', "order names mix"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, what: str) -> None:
    path = tmp_path / "r.toml"
    text = PACKAGED.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError, match=what):
        load_recipe(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_recipe(tmp_path / "none.toml")


def test_steps_may_be_left_out_and_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(
        "[clipping]\nprobability = 1\nbelow_peak_db = [0, 1]\nsoft = 0\n"
        "[amplitude]\nprobability = 1\ngain_db = [0, 1]\n"
    )
    recipe = load_recipe(path)
    assert [name for name, _ in recipe.steps()] == ["clipping", "amplitude"]
    assert recipe.mix is None and recipe.copies == 1
