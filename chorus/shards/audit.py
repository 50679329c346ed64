"""Is anything of the training part in the other parts? `chorus shard --audit` reads what the tars themselves say.

What is known of recordings (site, individuals, copies) comes from recordings.parquet and the lake's duplicates, where
they are there. A set in object storage is read where it lies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chorus.errors import ReadError, UsageError
from chorus.lake import Lake
from chorus.shards.audit_checks import Check, Known, checks_of
from chorus.shards.audit_tars import UNKNOWN, Found, read_shard
from chorus.shards.manifest import MANIFEST, RECORDINGS
from chorus.storage import address, listing, open_for_reading

#: Offenders of a check that the table shows.
SHOWN = 10


@dataclass(frozen=True)
class Audit:
    """What was found in a folder of shards, or below an address."""

    folder: str
    clips: dict[str, int]
    shards: int
    checks: list[Check]
    notes: list[str] = field(default_factory=list)

    @property
    def leaks(self) -> int:
        return sum(check.leaks for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        checks = [asdict(check) | {"leaks": check.leaks} for check in self.checks]
        return asdict(self) | {"leaks": self.leaks, "checks": checks}

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), indent=1)

    def table(self) -> str:
        """A line for each check with its offenders below it, leaks first, then the verdict."""
        lines = [f"{'shared between splits':<42}{'leaks':>7}{'allowed':>9}   known for"]
        for check in self.checks:
            allowed = len(check.offenders) - check.leaks
            known = f"{check.known:,} of {check.of:,} {check.unit}"
            lines.append(f"{check.name:<42}{check.leaks:>7,}{allowed:>9,}   {known}")
            ordered = sorted(check.offenders, key=lambda offender: offender.allowed is not None)
            lines += [f"  {offender.line()}" for offender in ordered[:SHOWN]]
            if len(ordered) > SHOWN:
                lines.append(f"  {len(ordered) - SHOWN:,} more (--json lists all)")
        lines += [f"note: {note}" for note in self.notes]
        clips = ", ".join(f"{split} {count:,}" for split, count in self.clips.items())
        verdict = f"{self.leaks:,} leaks" if self.leaks else "no leak"
        return "\n".join([*lines, f"{self.folder}: {verdict} in {self.shards:,} shards; clips: {clips}"])


def audit(folder: str | os.PathLike[str], lake: Lake | None = None, *, jobs: int = 1, quiet: bool = False) -> Audit:
    """Compare the splits of a shard set in a folder, or below s3://bucket/path or gs://bucket/path. `lake` adds what it
    knows of copies and held-out sources.

    Raises UsageError when no shards are there or nothing tells their splits, ReadError for a damaged tar.
    """
    from chorus.parallel import run
    from chorus.progress import Progress

    place = _Set.at(folder)
    tars = place.tars()
    found = Found()
    with Progress("audit", len(tars), "shards", quiet) as progress:
        for _, tar in run(read_shard, [(place.address, name) for name in tars], jobs):
            found.add(tar)
            progress.advance()
    if set(found.clips) <= {UNKNOWN}:
        raise UsageError(f"{place.address}: neither the clips nor the names of files and folders tell a split")
    manifest = place.manifest()
    known = Known.of(place.recordings(), manifest or {}, lake)
    clips = dict(sorted(found.clips.items()))
    return Audit(place.address, clips, len(tars), list(checks_of(found, known)), _notes(place, manifest, found))


@dataclass(frozen=True)
class _Set:
    """A shard set and the names of the files there."""

    address: str
    names: frozenset[str]

    @classmethod
    def at(cls, place: str | os.PathLike[str]) -> _Set:
        found = address(place)
        if found is None and not Path(place).is_dir():
            raise UsageError(f"{place}: no such folder")
        text = found or str(place)
        return cls(text, frozenset(listing(text)))

    def tars(self) -> list[str]:
        """The names of its shards. Raises UsageError when it has none."""
        tars = sorted(name for name in self.names if name.endswith(".tar"))
        if not tars:
            raise UsageError(f"{self.address}: holds no shards (*.tar)")
        return tars

    def manifest(self) -> dict[str, Any] | None:
        """Its account of itself, None when there is none."""
        if MANIFEST not in self.names:
            return None
        path = f"{self.address}/{MANIFEST}"
        try:
            with open_for_reading(path) as file:
                content: dict[str, Any] = json.load(file)
        except (OSError, ValueError) as error:
            raise ReadError(f"no manifest that can be read ({error})", path) from None
        return content

    def recordings(self) -> dict[str, dict[str, Any]]:
        """What it knows of recordings, by id."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if RECORDINGS not in self.names:
            return {}
        path = f"{self.address}/{RECORDINGS}"
        try:
            with open_for_reading(path) as file:
                return {row["recording_id"]: row for row in pq.read_table(file).to_pylist()}
        except (OSError, pa.ArrowException, KeyError) as error:
            raise ReadError(f"no table of recordings that can be read ({error})", path) from None


def _notes(place: _Set, manifest: Mapping[str, Any] | None, found: Found) -> list[str]:
    notes = []
    if manifest is None:
        notes.append(f"no {MANIFEST}: shards made elsewhere, or not finished")
    else:
        listed = [shard["file"] for split in manifest.get("splits", {}).values() for shard in split["shards"]]
        missing = [name for name in listed if name not in place.names]
        if missing:
            notes.append(f"{len(missing):,} shards that the manifest names are not there, {missing[0]} the first")
    if found.clips[UNKNOWN]:
        notes.append(f"{found.clips[UNKNOWN]:,} clips whose split nothing tells are not compared")
    return notes
