"""The shard set's account of itself, put together from the shards' sidecars and the plan.

manifest.json       for programs: splits, shards, counts, settings; written last, so where it stands the set is whole
recordings.parquet  every recording used: split, group, site, individuals, copies, licence
ATTRIBUTION.md      whose data it is
croissant.json      the same for search engines and loaders, as Croissant JSON-LD
README.md           the datasheet, for people
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorus.atomic import write_bytes
from chorus.errors import ReadError
from chorus.lake import attribution
from chorus.schemas.vocabulary import Split
from chorus.shards.settings import ShardSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from chorus.shards.plan import Plan

FORMAT, VERSION = "chorus-shards", 1
MANIFEST = "manifest.json"
RECORDINGS = "recordings.parquet"
CROISSANT = "croissant.json"
DATASHEET = "README.md"
#: What the manifest repeats of each shard.
SHARD_FIELDS = ("file", "samples", "sha256", "bytes", "seconds", "sample_rates", "strong_calls")
#: Counts that are added up over all shards.
COUNTED = ("species", "labels", "licences", "augment")


def manifest(
    where: str | None, settings: ShardSettings, sidecars: list[dict[str, Any]], planned: Plan
) -> dict[str, Any]:
    """The content of manifest.json. Nothing in it depends on the machine or on how the work was spread."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    clips_of: Counter[str] = Counter()
    left_out = Counter(planned.refused)
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
        "grouping": grouping(planned.recordings),
        **planned.account,
        "refused": [
            {"unit": unit, "reason": reason, "count": count} for (unit, reason), count in sorted(left_out.items())
        ],
    }


def _split(split: Split, sidecars: list[dict[str, Any]]) -> dict[str, Any]:
    """One split; shards of which every clip was refused are not listed."""
    shards = [s for s in sidecars if s["file"].startswith(f"{split.value}/") and s["samples"]]
    return {
        "shards": [{name: shard[name] for name in SHARD_FIELDS if name in shard} for shard in shards],
        "samples": sum(shard["samples"] for shard in shards),
        "hours": round(sum(shard["seconds"] for shard in shards) / 3600, 6),
        "recordings": sorted({name for shard in shards for name in shard["recordings"]}),
    }


def grouping(recordings: pa.Table) -> dict[str, Any]:
    """For each source how many recordings have a split of its release, and its groups by what they share. A group
    holds recordings of one individual, site ..., and of what is linked with them; it is named after the first."""
    groups: dict[str, set[str]] = defaultdict(set)
    released: Counter[str] = Counter()
    columns = (recordings[name].to_pylist() for name in ("source", "group", "released_split"))
    for source, group, split in zip(*columns, strict=True):
        groups[source].add(group)
        released[source] += split is not None
    return {
        source: {
            "recordings_with_released_split": released[source],
            "groups": dict(sorted(Counter(group.partition(":")[0] for group in groups[source]).items())),
        }
        for source in sorted(groups)
    }


def write_manifest(folder: Path, content: dict[str, Any], sources: list[dict[str, Any]], recordings: pa.Table) -> None:
    """Write everything beside the shards, manifest.json last: where that stands, the set is whole."""
    from chorus.shards.croissant import croissant
    from chorus.shards.datasheet import datasheet

    packed = _parquet(recordings)
    write_bytes(folder / RECORDINGS, packed)
    licences = dict(zip(recordings["recording_id"].to_pylist(), recordings["licence"].to_pylist(), strict=True))
    attribution.write(folder / attribution.NAME, attribution_of(content, sources, licences))
    files = {RECORDINGS: hashlib.sha256(packed).hexdigest()}
    write_bytes(folder / CROISSANT, _json(croissant(content, sources, files)))
    write_bytes(folder / DATASHEET, datasheet(content, sources).encode())
    write_bytes(folder / MANIFEST, _json(content))


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of the set. Raises ReadError when it is damaged."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ReadError(f"cannot be read ({error}); remove it and run again", str(path)) from None
    return content


def attribution_of(content: dict[str, Any], sources: list[dict[str, Any]], licences: dict[str, str]) -> str:
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


def changes(content: Mapping[str, Any]) -> str:
    """What was done to the sound, in words."""
    settings = content["settings"]
    rate = ""
    if settings["sample_rate"]:
        rate = f", resampled to {settings['sample_rate']:,} Hz"
    elif settings["max_rate"]:
        rate = f", resampled to {settings['max_rate']:,} Hz where they were faster"
    elif content["resampled"]["clips"]:
        rate = ", resampled to the nearest rate that FLAC can state where theirs is none"
    done = f"cut into clips of at most {length(settings)}{rate}, one channel, 16-bit FLAC"
    added = [f"{name} {count:,}" for name, count in content["augment"].items() if name != "resample"]
    return f"{done}; number of clips changed by each further step: {', '.join(added)}" if added else done


def length(settings: dict[str, Any]) -> str:
    """The length of a clip, in words."""
    if settings["clip_steps"]:
        return f"{settings['clip_steps']:,} time steps of their rate"
    return f"{settings['clip_seconds']:g} s"
