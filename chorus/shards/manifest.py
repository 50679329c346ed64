"""The shard set's account of itself: manifest.json and ATTRIBUTION.md, put together from the shards' sidecars."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chorus.atomic import write_bytes
from chorus.errors import ReadError
from chorus.lake import attribution
from chorus.schemas.vocabulary import Split
from chorus.shards.settings import ShardSettings
from chorus.shards.usable import Refused

FORMAT, VERSION = "chorus-shards", 1
MANIFEST = "manifest.json"
#: What the manifest repeats of each shard.
SHARD_FIELDS = ("file", "samples", "sha256", "bytes", "seconds", "sample_rates")
#: Counts that are added up over all shards.
COUNTED = ("species", "labels", "licences", "augment")


def manifest(
    where: str | None, settings: ShardSettings, sidecars: list[dict[str, Any]], refused: Refused
) -> dict[str, Any]:
    """The content of manifest.json. Nothing in it depends on the machine or on how the work was spread."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    clips_of: Counter[str] = Counter()
    left_out = Counter(refused)
    for sidecar in sidecars:
        for name in COUNTED:
            counts[name].update(sidecar[name])
        clips_of.update(sidecar["sources"])
        left_out.update(("clips", entry["reason"]) for entry in sidecar["refused"])
    return {
        "format": FORMAT,
        "version": VERSION,
        "query": where,
        "seed": settings.seed,
        "settings": settings.model_dump(mode="json"),
        "splits": {split.value: _split(split, sidecars) for split in Split},
        **{name: dict(sorted(counts[name].items())) for name in COUNTED},
        "sources": dict(sorted(clips_of.items())),
        "refused": [
            {"unit": unit, "reason": reason, "count": count} for (unit, reason), count in sorted(left_out.items())
        ],
    }


def _split(split: Split, sidecars: list[dict[str, Any]]) -> dict[str, Any]:
    """One split; shards of which every clip was refused are not listed."""
    shards = [s for s in sidecars if s["file"].startswith(f"{split.value}/") and s["samples"]]
    return {
        "shards": [{name: shard[name] for name in SHARD_FIELDS} for shard in shards],
        "samples": sum(shard["samples"] for shard in shards),
        "hours": round(sum(shard["seconds"] for shard in shards) / 3600, 6),
        "recordings": sorted({name for shard in shards for name in shard["recordings"]}),
    }


def write_manifest(
    folder: Path, content: dict[str, Any], sources: list[dict[str, Any]], licences: Mapping[str, str]
) -> None:
    """Write ATTRIBUTION.md, then manifest.json: where that stands, the set is whole. `licences` are the recordings'."""
    attribution.write(folder / attribution.NAME, attribution_of(content, sources, licences))
    write_bytes(folder / MANIFEST, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of the set. Raises ReadError when it is damaged."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ReadError(f"cannot be read ({error}); remove it and run again", str(path)) from None
    return content


def attribution_of(content: dict[str, Any], sources: list[dict[str, Any]], licences: Mapping[str, str]) -> str:
    """Every source whose sound is in a clip, even if only mixed in, with the licences of its recordings."""
    used: dict[str, list[str]] = defaultdict(list)
    for split in content["splits"].values():
        for recording in split["recordings"]:
            used[recording.partition("/")[0]].append(recording)
    parts = [
        attribution.Part(
            row,
            f"{content['sources'].get(row['id'], 0):,} clips, sound of {len(used[row['id']]):,} recordings",
            Counter(licences[recording] for recording in used[row["id"]]),
        )
        for row in sources
        if row["id"] in used
    ]
    return attribution.text("The clips in this folder were cut from these data sets.", parts, changes(content))


def changes(content: dict[str, Any]) -> str:
    """What was done to the sound, in words."""
    settings = content["settings"]
    rate = f", resampled to {settings['sample_rate']:,} Hz" if settings["sample_rate"] else ""
    done = f"cut into clips of at most {settings['clip_seconds']:g} s{rate}, one channel, 16-bit FLAC"
    added = [f"{name} {count:,}" for name, count in content["augment"].items() if name != "resample"]
    return f"{done}; number of clips changed by each further step: {', '.join(added)}" if added else done
