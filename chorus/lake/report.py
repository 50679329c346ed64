"""What an ingest found, in numbers: shown at its end, kept beside the data, read again by `status` and `sources`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

#: Labels without a taxon that a report names.
TOP = 20


@dataclass
class IngestReport:
    """Counts of one source. `resolution` counts calls by outcome: species, higher (taxon), none (deliberately without
    taxon), ambiguous, unknown."""

    source: str
    fingerprint: str = ""
    root: str = ""
    recordings: int = 0
    recordings_missing: int = 0
    recordings_unreadable: int = 0
    hours: float = 0.0
    calls: int = 0
    counted: int = 0
    paper_calls: int | None = None
    paper_hours: float | None = None
    issues: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    flags: dict[str, int] = field(default_factory=dict)
    resolution: dict[str, int] = field(default_factory=dict)
    unresolved: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    ingested_at: str = ""
    chorus_version: str = ""
    unchanged: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> IngestReport:
        """Read back what `as_dict` gave; keys of other versions are left out."""
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        return cls(**known)

    def keep_top(self, unresolved: Counter[str]) -> None:
        """Keep the most frequent labels that were not resolved."""
        self.unresolved = dict(unresolved.most_common(TOP))
