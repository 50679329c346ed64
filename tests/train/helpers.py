"""A recipe that trains in a second, and shards of chirps in noise, written straight into tars."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from chorus.train.grid import frame_geometry

TINY = """
name = "test"

[front_end]
bins = 32

[encoder]
dim = 16
depth = 2
heads = 2
mlp = 32
patch_bins = 8
patch_frames = 8

[decoder]
dim = 16
depth = 1
heads = 2
mlp = 32

[head]
channels = 8
blocks = 1

[pretrain]
steps = 6
batch_clips = 4
rate_groups = 2
crop_frames = 64
lr = 1e-3
log_every = 2

[finetune]
steps = 6
batch_clips = 4
rate_groups = 2
crop_frames = 64
lr = 1e-3
log_every = 2
mix = 0.5

[finetune.augment]
noise_db = 3.0
shift_bins = 2
freq_mask_bins = 2
"""


def write_recipe(folder: Path, **changes: str) -> Path:
    """The recipe as a file; `changes` replace whole lines ("steps = 6" -> ...)."""
    text = TINY
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "test.toml"
    path.write_text(text, encoding="utf-8")
    return path


def chirp(rate: int, seconds: float, seed: int) -> tuple[np.ndarray[Any, Any], list[tuple[float, float]]]:
    """Noise with two rising chirps, and their spans in seconds."""
    rng = np.random.default_rng(seed)
    samples = 0.01 * rng.standard_normal(round(rate * seconds))
    spans = []
    for k in range(2):
        start, length = seconds * (0.15 + 0.5 * k + 0.1 * rng.uniform()), 0.12 * seconds
        first, count = round(start * rate), round(length * rate)
        time = np.arange(count) / rate
        phase = 2 * np.pi * (0.1 * rate * time + 0.05 * rate * time**2 / length)
        samples[first : first + count] += 0.3 * np.hanning(count) * np.sin(phase)
        spans.append((start, start + length))
    return samples.astype(np.float32), spans


def sample(
    key: str, split: str, rate: int, frames: int, spans: list[tuple[float, float]], **more: Any
) -> dict[str, Any]:
    """The JSON of a clip."""
    events = [
        {
            "call_id": f"{key}-{i}",
            "start_s": a,
            "end_s": b,
            "kind": "animal",
            "strength": "strong",
            "presence": "present",
        }
        for i, (a, b) in enumerate(spans)
    ]
    facts = {"key": key, "split": split, "source": "test", "recording_id": f"test/{key}", "parents": [f"test/{key}"]}
    times = {"group": key, "start_s": 0.0, "duration_s": frames / rate, "sample_rate": rate, "frames": frames}
    return {**facts, **times, "annotated": "full", "licence": "CC0-1.0", "events": events, **more}


def flac(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    """Samples as a FLAC file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC")
    return buffer.getvalue()


def write_tar(path: Path, members: list[tuple[str, bytes]]) -> None:
    """A tar of named bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def write_shards(
    folder: Path,
    rates: tuple[int, ...] = (8000, 16000),
    clips: int = 4,
    shards: int = 2,
    seconds: float | None = 1.5,
    counted: bool = False,
) -> Path:
    """A shard set with `clips` clips of each rate in each shard of each split; without `seconds` of 150 frames. Each
    clip has two calls, which the manifest tells where they are `counted`."""
    lengths = {rate: seconds or frames_150(rate) for rate in rates}
    splits = {}
    for split in ("train", "valid", "test"):
        entries, names = [], []
        for shard in range(shards):
            members: list[tuple[str, bytes]] = []
            for rate in rates:
                for k in range(clips):
                    key = f"{split}-{shard}-{rate}-{k}"
                    samples, spans = chirp(rate, lengths[rate], hash_seed(key))
                    members.append((f"{key}.flac", flac(samples, rate)))
                    members.append((f"{key}.json", json.dumps(sample(key, split, rate, len(samples), spans)).encode()))
                    names.append(f"test/{key}")
            file = f"{split}/shard-{shard:06d}.tar"
            write_tar(folder / file, members)
            counts = {"strong_calls": {str(r): 2 * clips for r in rates}} if counted else {}
            entries.append(
                {"file": file, "samples": clips * len(rates), "sample_rates": {str(r): clips for r in rates}, **counts}
            )
        count = clips * len(rates) * shards
        hours = clips * shards * sum(lengths.values()) / 3600
        splits[split] = {"shards": entries, "samples": count, "hours": hours, "recordings": names}
    total = clips * len(rates) * shards * len(splits)
    of = {"licences": {"CC0-1.0": total}, "sources": {"test": total}}
    manifest = {"format": "chorus-shards", "version": 1, "splits": splits, **of}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def frames_150(rate: int) -> float:
    """Seconds of 150 frames of the model's grid: scenes of this length look alike to it at any rate."""
    return 150 * frame_geometry(rate).frame_s


def hash_seed(key: str) -> int:
    """A seed from a name, the same in every process."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")


def block_parameters(dim: int, mlp: int) -> int:
    """Parameters of a block: QKV, output, two MLP layers, the gains of two norms and of two branches."""
    return (3 * dim**2 + 3 * dim) + (dim**2 + dim) + (2 * dim * mlp + mlp + dim) + 4 * dim


def encoder_parameters(dim: int, depth: int, mlp: int, patch: int) -> int:
    """Closed formula for an encoder over patches of `patch` values."""
    return depth * block_parameters(dim, mlp) + (patch * dim + dim) + dim + 2 * dim


def decoder_parameters(encoder_dim: int, dim: int, depth: int, mlp: int, patch: int) -> int:
    """Closed formula for a masked autoencoder's decoder: projection, mask token, blocks, norm, prediction."""
    return (encoder_dim * dim + dim) + dim + depth * block_parameters(dim, mlp) + 2 * dim + (dim * patch + patch)
