"""The manifest of a shard set, in a folder here or below a URL, and what it says of each shard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chorus import storage
from chorus.errors import ChorusError, ReadError
from chorus.shards.read import remote

NAME = "manifest.json"
FORMAT, VERSION = "chorus-shards", 1


@dataclass(frozen=True)
class Shard:
    """A shard as its manifest lists it: its name below the set's place, and how many clips it has at each sample rate.
    `calls` with marked times, at each rate too, are None in a set of a Chorus that did not count them."""

    file: str
    rates: Mapping[int, int]
    calls: Mapping[int, int] | None = None
    bytes: int | None = None
    sha256: str | None = None


@dataclass
class Manifest:
    """The shard set's own account of itself. `raw` is manifest.json as it stands, `digest` its SHA-256. Clips that hold
    sound of the recordings `without` are left out when it is read."""

    place: str
    data: dict[str, Any]
    raw: bytes = field(repr=False)
    without: frozenset[str] = frozenset()

    @classmethod
    def open(cls, place: Path | str) -> Manifest:
        """Read the manifest of a set in a folder, or below an s3://, gs://, http(s):// or fsspec URL.

        Raises ChorusError when it is absent, unreadable or of another format.
        """
        place = storage.normal(place)
        path = f"{place}/{NAME}"
        try:
            raw = b"".join(remote.chunks(place, NAME)) if remote.is_remote(place) else Path(path).read_bytes()
            data = json.loads(raw)
        except FileNotFoundError:
            raise ChorusError(f"{place} holds no {NAME}: expected a folder written by `chorus shard`") from None
        except (OSError, ValueError) as error:
            raise ReadError(f"no manifest that can be read ({error})", path) from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ReadError(f"expected a manifest of format '{FORMAT}'", path)
        if data.get("version", 0) > VERSION:
            raise ReadError(f"shard format {data['version']} is newer than this Chorus reads ({VERSION})", path)
        return cls(place, data, raw)

    @property
    def folder(self) -> Path:
        """The set's folder; of no use for a remote set."""
        return Path(self.place)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    def split(self, name: str) -> dict[str, Any]:
        """One split's entry; an empty one for a split that the set does not have."""
        found: dict[str, Any] = self.data.get("splits", {}).get(name) or {}
        return {"shards": [], "samples": 0, "recordings": [], **found}

    def shards(self, split: str) -> list[Shard]:
        """The shards of a split. Raises ReadError for an entry that does not say what is in it."""
        return [self._shard(entry) for entry in self.split(split)["shards"]]

    def strong_calls(self, split: str) -> int | None:
        """Calls with marked times in a split; None where the set does not tell."""
        counts = [shard.calls for shard in self.shards(split)]
        return None if None in counts else sum(sum(calls.values()) for calls in counts if calls)

    def _shard(self, entry: dict[str, Any]) -> Shard:
        try:
            calls = entry.get("strong_calls")
            return Shard(
                entry["file"],
                _by_rate(entry["sample_rates"]),
                None if calls is None else _by_rate(calls),
                entry.get("bytes"),
                entry.get("sha256"),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ReadError(f"a shard without 'file' and 'sample_rates': {entry}", f"{self.place}/{NAME}") from None


def _by_rate(counts: Mapping[str, Any]) -> dict[int, int]:
    return {int(rate): int(count) for rate, count in counts.items()}
