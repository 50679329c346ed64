"""Lakes of made-up sources: a folder of sound files each, one call in every file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from chorus import adapters
from chorus.adapters.base import Adapter, Calls, Item, Rec, Release
from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Annotated, Role

RATE = 16_000


def sound(seed: int, seconds: float = 6.0, rate: int = RATE) -> npt.NDArray[np.float32]:
    """Noise with chirps in it; another seed, another sound."""
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(round(seconds * rate)) * 0.01
    for start in rng.uniform(0, seconds - 0.3, round(2 * seconds)):
        t = np.arange(round(0.25 * rate)) / rate
        low, rise = rng.uniform(400, 3000), rng.uniform(-2000, 3000)
        first = round(start * rate)
        samples[first : first + len(t)] += 0.1 * np.hanning(len(t)) * np.sin(2 * np.pi * (low + rise * t) * t)
    return samples.astype(np.float32)


def write_sounds(root: Path, numbers: range) -> Path:
    """WAV files with the sounds of these seeds, 16 bits."""
    root.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        soundfile.write(root / f"{number:03d}.wav", sound(number), RATE, subtype="PCM_16")
    return root


def source(name: str, licence: str = "CC-BY-4.0", facts: Mapping[str, Mapping[str, Any]] | None = None) -> Adapter:
    """An adapter of every sound file below its root. `facts` are those of single recordings, by path."""
    card = adapters.get("ena_birds").card.model_copy(
        update={
            "id": name,
            "title": f"Sounds of {name}",
            "licence": licence,
            "doi": f"10.1/{name}",
            "role": Role.training,
        }
    )

    def read(release: Release, unit: str) -> Iterator[Item]:
        yield Rec(unit, Annotated.full, dict((facts or {}).get(unit, {})))
        yield Calls(unit, unit, [1], {"start_s": [0.1], "end_s": [0.4], "label": "EATO"})

    return Adapter(card, ("*",), lambda release: list(release.files), read)


def lake_of(folder: Path, *sources: tuple[Adapter, Path]) -> Lake:
    """A lake that holds these sources, each read from its root."""
    layout = Layout(folder / "lake")
    for adapter, root in sources:
        ingest(layout, adapter, root)
    return Lake(layout.root)
