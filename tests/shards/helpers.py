"""Small tables, lakes and recipes for the tests of the shard stage."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import soundfile

from chorus.lake import Lake
from chorus.lake.ingest import ingest
from chorus.lake.layout import Layout
from chorus.schemas import Call, Recording, Sample, arrow_schema
from chorus.shards.audit import Audit
from chorus.shards.augment.recipe import Recipe, load_recipe
from chorus.shards.tables import Tables
from chorus.synth import SynthSettings, make_release
from chorus.synth.settings import RateClass

CLICKS = SynthSettings(
    classes={
        name: RateClass(share=0.5, rates={rate: 1}, seconds=(6, 14), density_per_s=(0.5, 1.5), families={"click": 1})
        for name, rate in (("low", 2000), ("audible", 8000))
    },
    beds={"white": 1},
    snr_db=(48, 52),
    polyphony={1: 1},
    gap_s=0.1,
)


def click_lake(folder: Path, hours: float = 0.05, seed: int = 1) -> Lake:
    """A lake that holds a synthetic release of loud clicks in faint noise."""
    root = make_release(folder / "release", hours, seed, settings=CLICKS, quiet=True)
    ingest(Layout(folder / "lake"), "synth", root)
    return Lake(folder / "lake")


def recording(name: str, seconds: float = 60.0, rate: int = 1000, **facts: Any) -> dict[str, Any]:
    """A row of `recordings`; `name` is source/file."""
    source, _, path = name.partition("/")
    return {
        "recording_id": name,
        "source": source,
        "path": path,
        "audio": "present",
        "frames": round(seconds * rate),
        "sample_rate": rate,
        "channels": 1,
        "duration_s": seconds,
        "time_expansion": 1.0,
        "annotated": "full",
        **facts,
    }


def call(recording_id: str, start_s: float, end_s: float, **facts: Any) -> dict[str, Any]:
    """A row of `calls`."""
    return {
        "call_id": f"{recording_id}:{start_s}:{end_s}:{facts.get('label')}",
        "recording_id": recording_id,
        "source": recording_id.partition("/")[0],
        "start_s": start_s,
        "end_s": end_s,
        "kind": "animal",
        "strength": "strong",
        "presence": "present",
        "origin_file": "a.csv",
        **facts,
    }


def tables(recordings: list[dict[str, Any]], calls: list[dict[str, Any]], **more: Any) -> Tables:
    """Input of the plan; sources are those of the recordings, on land but for 'sea', in training
    unless `held_out` names them."""
    held_out = more.pop("held_out", ())
    sources = [
        {
            "id": name,
            "role": "held_out" if name in held_out else "training",
            "licence": "CC0-1.0",
            "environment": "marine" if name == "sea" else "terrestrial",
            "root": ".",
        }
        for name in sorted({row["source"] for row in recordings})
    ]
    return Tables(
        pa.Table.from_pylist(calls, schema=arrow_schema(Call)),
        pa.Table.from_pylist(recordings, schema=arrow_schema(Recording)),
        pa.Table.from_pylist(sources),
        **more,
    )


def always(**steps: dict[str, Any]) -> Recipe:
    """The packaged recipe with the given steps always on (and their parameters changed) and the others off."""
    content = load_recipe().model_dump()
    for name, step in content.items():
        if isinstance(step, dict):
            step["probability"] = 1.0 if name in steps else 0.0
            step.update(steps.get(name, {}))
    return Recipe.model_validate(content)


def samples_of(folder: Path, split: str | None = None) -> Iterator[tuple[Sample, npt.NDArray[np.int16], int]]:
    """Every sample of a shard set with its sound and the rate that the sound file states."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, part in manifest["splits"].items():
        for shard in part["shards"] if split in (None, name) else []:
            with tarfile.open(folder / shard["file"]) as tar:
                members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
            for member in members:
                if member.endswith(".json"):
                    sound, rate = soundfile.read(io.BytesIO(members[member[:-5] + ".flac"]), dtype="int16")
                    yield Sample.model_validate_json(members[member]), sound, rate


def tree(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def flac(seed: int, frames: int = 200) -> bytes:
    """Noise as a FLAC file."""
    buffer = io.BytesIO()
    soundfile.write(
        buffer, np.random.default_rng(seed).normal(size=frames) * 0.1, 8000, format="FLAC", subtype="PCM_16"
    )
    return buffer.getvalue()


def tar(path: Path, clips: dict[str, tuple[dict[str, Any], bytes]]) -> None:
    """A tar of clips, as JSON and sound by key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as out:
        for key, (content, sound) in clips.items():
            for suffix, data in (("flac", sound), ("json", json.dumps(content).encode())):
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(data)
                out.addfile(member, io.BytesIO(data))


def leaks(found: Audit) -> dict[str, int]:
    """The number of leaks of each kind that has any."""
    return {check.name: check.leaks for check in found.checks if check.leaks}
