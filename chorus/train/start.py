"""What fine-tuning starts from: an encoder that another run has pretrained, and the clips which that has heard.

<run>/encoder.safetensors, encoder.json   copied from the other run
      pretrained.json                     which shard set that was pretrained on
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chorus.atomic import write_bytes
from chorus.errors import ChorusError
from chorus.shards.read import Manifest
from chorus.train import export
from chorus.train.config import Recipe
from chorus.train.folder import shards_of

ORIGIN = "pretrained.json"


def adopt(other: Path, out: Path, recipe: Recipe) -> None:
    """Copy the encoder of the run `other` into the run `out`, its weights last. Nothing to do where that is done.

    Raises ChorusError as `check_encoder` does, and when `out` holds an encoder already that is not from there.
    """
    content = check_encoder(other, recipe)
    origin = {"shards": shards_of(other), "manifest_sha256": content["manifest_sha256"]}
    weights = (other / export.ENCODER).read_bytes()
    if (out / export.ENCODER).exists():
        if (out / export.ENCODER).read_bytes() != weights:
            raise ChorusError(f"{out} holds another encoder already: choose another --out")
        return
    write_bytes(out / ORIGIN, (json.dumps(origin, indent=2) + "\n").encode())
    write_bytes(out / export.ENCODER_CARD, (other / export.ENCODER_CARD).read_bytes())
    write_bytes(out / export.ENCODER, weights)


def check_encoder(other: Path, recipe: Recipe) -> dict[str, Any]:
    """The card of a run's encoder. Raises ChorusError when it holds no finished one, or one of another shape than the
    recipe's."""
    card = other / export.ENCODER_CARD
    if not (other / export.ENCODER).exists() or not card.exists():
        raise ChorusError(f"{other} holds no pretrained encoder: expected the folder of a `chorus train pretrain`")
    content: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
    wanted = recipe.model_dump(mode="json")
    for part in ("front_end", "encoder"):
        if content["recipe"][part] != wanted[part]:
            raise ChorusError(f"{other}: its {part} is not that of recipe {recipe.name}; it was pretrained with recipe "
                              f"{content['recipe']['name']}")  # fmt: skip
    return content


def met(pool: Manifest, labelled: Manifest) -> frozenset[str]:
    """The recordings that a pool has for training and a labelled set for validation or testing."""
    judged = (name for split in ("valid", "test") for name in labelled.split(split)["recordings"])
    return frozenset(pool.split("train")["recordings"]).intersection(judged)


def _met_notes(pool: Manifest, run: Path) -> Iterator[str]:
    """One line where the run judges on recordings that its encoder was pretrained on."""
    if not (run / "manifest.json").exists():
        return
    labelled = Manifest.open(run)
    count = len(met(pool, labelled))
    every = len({name for split in ("valid", "test") for name in labelled.split(split)["recordings"]})
    if count:
        yield (
            f"the encoder was pretrained on {count:,} of the {every:,} recordings for validation and testing: their "
            "clips do not come along, but scores on them may be too good; plan both sets with one lake and seed"
        )


@dataclass(frozen=True)
class Pool:
    """The shard set that the encoder of a run was pretrained on in another run: None where there is none, or where it
    is not at hand any more. `notes` tell that, or that the run judges on recordings of its training split."""

    manifest: Manifest | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, run: Path) -> Pool:
        """That of a run folder."""
        if not (run / ORIGIN).exists():
            return cls()
        origin = json.loads((run / ORIGIN).read_text(encoding="utf-8"))
        place = origin["shards"]
        try:
            manifest = Manifest.open(place) if place else None
        except ChorusError:
            manifest = None
        if manifest and manifest.digest == origin["manifest_sha256"]:
            return cls(manifest, list(_met_notes(manifest, run)))
        return cls(None, [f"the clips of the pretraining are no longer at {place}: fine-tuned without them"])
