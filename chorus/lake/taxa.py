"""What the lake holds of a taxon, and how each source's labels were resolved. Names mean what they mean in queries."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chorus.lake.asking import asking
from chorus.lake.layout import Layout
from chorus.lake.names import Named, Names

if TYPE_CHECKING:
    import duckdb

#: What can become of a label, as ingest reports count it.
OUTCOMES = ("species", "higher", "none", "ambiguous", "unknown")


@dataclass(frozen=True)
class Held:
    """Calls of a taxon and all below it in one source. `recordings` are those in which it is present or may be."""

    source: str
    calls: int
    uncertain: int
    absent: int
    recordings: int


@dataclass(frozen=True)
class Holdings:
    """Calls of a taxon in the lake: by source, and by species (or, where none is known, the narrowest taxon)."""

    by_source: list[Held]
    by_species: dict[str, int]

    @property
    def calls(self) -> int:
        """Calls in which the taxon is present."""
        return sum(held.calls for held in self.by_source)

    @property
    def recordings(self) -> int:
        """Recordings in which the taxon is present or may be."""
        return sum(held.recordings for held in self.by_source)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        by_source = [asdict(held) for held in self.by_source]
        return {
            "calls": self.calls,
            "recordings": self.recordings,
            "by_source": by_source,
            "by_species": self.by_species,
        }


def packaged() -> duckdb.DuckDBPyConnection:
    """A database that holds the packaged `taxa` table and nothing else: for names where there is no lake."""
    import duckdb
    import pyarrow as pa

    from chorus.lake.catalogue import taxon_rows
    from chorus.schemas import Taxon, arrow_schema

    db = duckdb.connect()
    db.register("taxa", pa.Table.from_pylist(taxon_rows(), schema=arrow_schema(Taxon)))
    return db


def look_up(names: Names, name: str) -> Named:
    """The taxon that `taxon='name'` stands for in a query. Raises UsageError for an unknown or ambiguous name."""
    return names.the_one(names.candidates(name), name, f"'{name}'")


def holdings(names: Names, taxon: Named) -> Holdings:
    """Count the calls at or below a taxon."""
    below = names.below(taxon, "")
    with asking(names.db):
        by_source = names.db.execute(
            "SELECT source, count(*) FILTER (presence = 'present'), count(*) FILTER (presence = 'uncertain'), "
            "count(*) FILTER (presence = 'absent'), count(DISTINCT recording_id) FILTER (presence <> 'absent') "
            f"FROM calls WHERE {below} GROUP BY source ORDER BY 2 DESC, source"
        ).fetchall()
        by_species = names.db.execute(
            f"SELECT coalesce(species, scientific_name), count(*) FROM calls WHERE {below} AND presence = 'present' "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    return Holdings([Held(*row) for row in by_source], dict(by_species))


def resolution(layout: Layout) -> list[dict[str, Any]]:
    """Per ingested source: its calls by what became of their labels (OUTCOMES), and the labels without a taxon.

    The numbers are those of the ingest report, which keeps the most frequent of such labels.
    """
    found = []
    for source in layout.sources():
        report = layout.report(source) or {}
        counts = {name: report.get("resolution", {}).get(name, 0) for name in OUTCOMES}
        unresolved = dict(report.get("unresolved", {}))
        found.append({"source": source, "labels": sum(counts.values()), **counts, "unresolved": unresolved})
    return found
