"""A run's result on disk: weights as safetensors, each with a JSON card that says how to build and use the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from chorus.atomic import write_bytes
from chorus.errors import ChorusError, ReadError
from chorus.train.config import Recipe, check_recipe
from chorus.train.decode import Decodings
from chorus.train.detector import Detector
from chorus.train.device import best
from chorus.train.distributed import launched
from chorus.train.frontend import FrontEnd
from chorus.train.infer import Predictor
from chorus.train.mae import MaskedAutoencoder
from chorus.train.vit import Encoder

FORMAT, VERSION = "chorus-model", 1
ENCODER, DETECTOR = "encoder.safetensors", "detector.safetensors"
ENCODER_CARD, CARD = "encoder.json", "model.json"


def build_front_end(recipe: Recipe) -> FrontEnd:
    """The front end of a recipe."""
    c = recipe.front_end
    return FrontEnd(c.bins, c.octaves, c.frame_s, c.full_rate_hz)


def build_encoder(recipe: Recipe) -> Encoder:
    """An encoder with fresh weights."""
    return Encoder(**recipe.encoder.model_dump(), octaves=recipe.front_end.octaves)


def build_autoencoder(recipe: Recipe) -> MaskedAutoencoder:
    """Encoder and decoder with fresh weights."""
    return MaskedAutoencoder(build_encoder(recipe), **recipe.decoder.model_dump())


def build_detector(recipe: Recipe) -> Detector:
    """Encoder and head with fresh weights."""
    return Detector(build_encoder(recipe), **recipe.head.model_dump())


def save_weights(model: nn.Module, path: Path) -> None:
    """Write a model's weights as safetensors, aside and renamed."""
    from safetensors.torch import save

    weights = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    write_bytes(path, save(weights, metadata={"format": "pt"}))


def load_weights(model: nn.Module, path: Path) -> None:
    """Fill a model from a safetensors file. Raises ReadError when it is absent, damaged or of another model."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model.load_state_dict(load_file(path))
    except FileNotFoundError:
        raise ReadError("no such file", str(path)) from None
    except (SafetensorError, RuntimeError) as error:
        raise ReadError(f"weights that do not fit the model: {str(error).splitlines()[0]}", str(path)) from None


def write_card(path: Path, card: dict[str, Any]) -> None:
    """Write a model card."""
    from chorus._version import __version__

    card = {"format": FORMAT, "version": VERSION, "chorus": __version__, **card}
    write_bytes(path, (json.dumps(card, indent=2, sort_keys=False) + "\n").encode())


def read_card(run: Path) -> dict[str, Any]:
    """Read model.json. Raises ChorusError when `run` holds no detector or was written by a newer Chorus."""
    if not (run / CARD).exists() and (run / ENCODER_CARD).exists():
        raise ChorusError(f"{run} holds a pretrained encoder but no detector: chorus train finetune --out {run}")
    return open_card(run / CARD)


def open_card(path: Path) -> dict[str, Any]:
    """Read a card. Raises ChorusError when there is none or it was written by a newer Chorus."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        wanted = "expected the folder of a finished `chorus train`"
        raise ChorusError(f"{path.parent} holds no {path.name}: {wanted}") from None
    except (OSError, ValueError) as error:
        raise ReadError(f"no model card that can be read ({error})", str(path)) from None
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ReadError(f"expected a card of format '{FORMAT}'", str(path))
    if card.get("version", 0) > VERSION:
        raise ReadError(f"model format {card['version']} is newer than this Chorus reads ({VERSION})", str(path))
    return card


def load_predictor(run: Path, device: str | None = None) -> Predictor:
    """The trained detector of a run, ready for `Predictor.events`.

    It tells at which rates it listens. Raises ChorusError when the run holds no detector, or files that do not fit
    together.
    """
    from chorus.train.rates import listening

    card = read_card(run)
    recipe = check_recipe(card["recipe"], str(run / CARD))
    place = choose_device(device)
    detector = build_detector(recipe)
    load_weights(detector, run / DETECTOR)
    decodings = Decodings.from_dict(card["decoding"])
    detector.to(place).eval()
    return Predictor(detector, build_front_end(recipe), decodings, recipe.finetune.crop_frames, place, listening(run))


def choose_device(name: str | None) -> torch.device:
    """The named device; without a name a GPU, or the CPU. Raises ChorusError for one that is not there."""
    if name is None:
        return best()
    try:
        device = torch.device(name)
        if launched() == 1:  # several processes would each take memory of the first GPU for it
            torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ChorusError(f"device '{name}' is not at hand: {str(error).splitlines()[0]}") from None
    return device
