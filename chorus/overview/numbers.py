"""What a lake holds, in numbers: SQL -> plain dataclasses.

A *call* is a row with `presence = 'present'` of any kind but noise and silence; those two, and the rows that are
`uncertain` or `absent`, are counted apart. Hours are hours of recordings, so that a recording heard by two groups
counts in both; a recording whose length is not known adds no hours, and is counted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chorus.lake.asking import asking
from chorus.overview.contexts import Context, contexts
from chorus.overview.groups import GROUP_SQL, NOT_CALLS

if TYPE_CHECKING:
    import duckdb

    from chorus.lake import Lake


@dataclass(frozen=True)
class Share:
    """One part of the lake. `species` counts names of species rank, people among them."""

    name: str
    calls: int
    recordings: int
    hours: float
    species: int
    sources: int


@dataclass(frozen=True)
class Rates:
    """Recordings whose sample rate lies in [low_hz, high_hz). `rates`: the rates themselves, the commonest first; an
    octave between two others may have none."""

    low_hz: int
    high_hz: int
    recordings: int
    hours: float
    rates: tuple[int, ...]


@dataclass(frozen=True)
class SourceRow:
    """A source beside its line in the paper's Table 1. `rows`: all its rows in the lake, whatever they are;
    `counted`: those that Table 1's rule counts; `hours`: known length of all its recordings."""

    id: str
    title: str
    citation: str
    doi: str | None
    licence: str
    environment: str
    role: str
    strength: str
    recordings: int
    without_sound: int
    species: int
    rows: int
    counted: int
    hours: float
    paper_calls: int | None
    paper_hours: float | None
    explanation: str | None


@dataclass(frozen=True)
class Totals:
    """The lake as a whole. `species` and `genera` are those of animals, people left out."""

    calls: int
    species: int
    genera: int
    sources: int
    recordings: int
    with_sound: int
    unknown_length: int
    hours: float
    noise: int
    silence: int
    uncertain: int
    absent: int


@dataclass(frozen=True)
class Numbers:
    """Everything the page tells. `ingested_at`: the latest ingest, UTC; `missing`: sources of Table 1 not held."""

    ingested_at: str
    totals: Totals
    groups: list[Share]
    environments: list[Share]
    strengths: list[Share]
    reviewed: list[Share]
    licences: list[Share]
    rates: list[Rates]
    unknown_rate: int
    contexts: list[Context]
    sources: list[SourceRow]
    missing: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def count(lake: Lake) -> Numbers:
    """Count a lake. Raises ChorusError when it holds no source."""
    return count_tables(prepared(lake))


def prepared(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A connection with the tables that are counted. Raises ChorusError for a lake without sources."""
    db = lake.connect()
    with asking(db):
        _tables(db)
    return db


def count_tables(db: duckdb.DuckDBPyConnection) -> Numbers:
    """Count a prepared lake; its connection gets the table `classed` of `contexts` too."""
    with asking(db):
        sources = _sources(db)
        rates, unknown_rate = _rates(db)
        return Numbers(
            ingested_at=_row(db, "SELECT max(ingested_at) FROM sources")[0],
            totals=_totals(db),
            groups=_shares(db, "marked", "taxon_group"),
            environments=_shares(db, "held", "environment"),
            strengths=_shares(db, "heard", "strength"),
            reviewed=_shares(db, "held", "annotated"),
            licences=_shares(db, "held", "licence"),
            rates=rates,
            unknown_rate=unknown_rate,
            contexts=contexts(db),
            sources=sources,
            missing=_missing({row.id for row in sources}),
        )


def _tables(db: duckdb.DuckDBPyConnection) -> None:
    """Temporary tables and views that the counts share.

    `sounds`: one row per recording. `tally`: present rows, counted by recording, group, strength and species.
    `marked`: recordings with what is marked in them. `heard`: the same of calls only. `held`: every recording, with its
    calls where it has any.
    """
    db.execute(
        "CREATE TEMP TABLE sounds AS SELECT recording_id, r.source, duration_s, sample_rate, annotated, audio, "
        "coalesce(r.licence, s.licence) AS licence, environment FROM recordings r JOIN sources s ON s.id = r.source"
    )
    db.execute(
        f"CREATE TEMP TABLE tally AS SELECT recording_id, {GROUP_SQL} AS taxon_group, kind, strength, species, genus, "
        f"kind NOT IN {NOT_CALLS} AS is_call, count(*) AS calls FROM calls WHERE presence = 'present' GROUP BY ALL"
    )
    db.execute("CREATE TEMP VIEW marked AS SELECT * FROM sounds JOIN tally USING (recording_id)")
    db.execute("CREATE TEMP VIEW heard AS SELECT * FROM marked WHERE is_call")
    db.execute(
        "CREATE TEMP VIEW held AS SELECT * FROM sounds LEFT JOIN (SELECT * FROM tally WHERE is_call) "
        "USING (recording_id)"
    )


def _shares(db: duckdb.DuckDBPyConnection, view: str, by: str) -> list[Share]:
    """The parts of `marked`, `heard` or `held` by a column, the one with most calls first."""
    rows = db.execute(
        f"WITH lengths AS (SELECT DISTINCT {by}, recording_id, duration_s FROM {view}), "
        f"whole AS (SELECT {by}, count(*) AS recordings, sum(duration_s) / 3600 AS hours FROM lengths GROUP BY ALL), "
        f"parts AS (SELECT {by}, sum(calls) AS calls, count(DISTINCT species) AS species, "
        f"count(DISTINCT source) AS sources FROM {view} GROUP BY {by}) "
        f"SELECT {by}, coalesce(calls, 0)::BIGINT, recordings, coalesce(hours, 0.0), species, sources "
        f"FROM parts JOIN whole USING ({by}) ORDER BY 2 DESC, 3 DESC, 1"
    ).fetchall()
    return [Share(*row) for row in rows]


def _totals(db: duckdb.DuckDBPyConnection) -> Totals:
    calls, species, genera, noise, silence = _row(
        db,
        "SELECT coalesce(sum(calls) FILTER (is_call), 0)::BIGINT, "
        "count(DISTINCT species) FILTER (is_call AND taxon_group <> 'people'), "
        "count(DISTINCT genus) FILTER (is_call AND taxon_group <> 'people'), "
        "coalesce(sum(calls) FILTER (kind = 'noise'), 0)::BIGINT, "
        "coalesce(sum(calls) FILTER (kind = 'silence'), 0)::BIGINT FROM tally",
    )
    recordings, with_sound, unknown_length, hours = _row(
        db,
        "SELECT count(*), count(*) FILTER (audio = 'present'), count(*) FILTER (duration_s IS NULL), "
        "coalesce(sum(duration_s) / 3600, 0.0) FROM sounds",
    )
    uncertain, absent = _row(
        db, "SELECT count(*) FILTER (presence = 'uncertain'), count(*) FILTER (presence = 'absent') FROM calls"
    )
    [sources] = _row(db, "SELECT count(*) FROM sources")
    return Totals(
        calls=calls,
        species=species,
        genera=genera,
        sources=sources,
        recordings=recordings,
        with_sound=with_sound,
        unknown_length=unknown_length,
        hours=hours,
        noise=noise,
        silence=silence,
        uncertain=uncertain,
        absent=absent,
    )


def _row(db: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = db.execute(sql).fetchall()[0]
    return row


def _rates(db: duckdb.DuckDBPyConnection) -> tuple[list[Rates], int]:
    """Recordings by octaves of their sample rate (1 to 2 kHz, 2 to 4 kHz ...), and those whose rate is not known."""
    rows = db.execute(
        "SELECT sample_rate, count(*), coalesce(sum(duration_s) / 3600, 0.0) FROM sounds GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    octaves: dict[int, list[tuple[int, int, float]]] = {}
    for rate, recordings, hours in rows:
        if rate is not None:
            octaves.setdefault(octave(rate), []).append((rate, recordings, hours))
    found = []
    for k in range(min(octaves, default=0), max(octaves, default=-1) + 1):
        members = octaves.get(k, [])
        found.append(
            Rates(
                500 << k if k else 0,
                1000 << k,
                sum(n for _, n, _ in members),
                sum(hours for *_, hours in members),
                tuple(rate for rate, *_ in members),
            )
        )
    return found, sum(n for rate, n, _ in rows if rate is None)


def octave(rate_hz: int) -> int:
    """The octave k of a sample rate: from 500 << k to 1000 << k Hz; 0 for all below 1 kHz."""
    return (rate_hz // 1000).bit_length()


def _sources(db: duckdb.DuckDBPyConnection) -> list[SourceRow]:
    rows = db.execute(
        "WITH named AS (SELECT source, count(DISTINCT species) AS species FROM heard GROUP BY 1), "
        "silent AS (SELECT source, count(*) FILTER (audio <> 'present') AS without_sound FROM sounds GROUP BY 1) "
        "SELECT id, title, citation, doi, licence, environment, role, strength, recordings, "
        "coalesce(without_sound, 0), coalesce(species, 0), calls, counted, hours, paper_calls, paper_hours, "
        "explanation FROM sources LEFT JOIN named ON named.source = id LEFT JOIN silent ON silent.source = id "
        "ORDER BY id"
    ).fetchall()
    return [SourceRow(*row) for row in rows]


def _missing(held: set[str]) -> list[str]:
    """Sources of Table 1 that the lake does not hold."""
    from chorus import adapters

    return [s for s in adapters.ids() if s not in held and adapters.get(s).card.paper_calls is not None]
