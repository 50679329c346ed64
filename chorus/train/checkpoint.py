"""Checkpoints: one file, written aside and renamed, so that the last good one survives a kill at any moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from chorus.atomic import aside
from chorus.errors import ReadError


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` (tensors, numbers, strings, lists and dicts of them): `path` is the old file or the new one."""
    with aside(path) as file:
        torch.save(state, file)


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint; nothing in it is executed (`weights_only`). Raises ReadError when it is damaged."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ReadError("no such checkpoint", str(path)) from None
    except Exception as error:  # torch raises many kinds for a damaged file
        raise ReadError(f"no checkpoint that can be read ({type(error).__name__})", str(path)) from None
    if not isinstance(state, dict):
        raise ReadError(f"holds a {type(state).__name__}, expected a checkpoint", str(path))
    return state


def random_state() -> dict[str, Any]:
    """State of torch's random numbers, CPU and CUDA."""
    cuda = list(torch.cuda.get_rng_state_all()) if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def restore_random_state(state: dict[str, Any]) -> None:
    """Set them back; CUDA's only where the number of devices is the same."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"] and torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])
