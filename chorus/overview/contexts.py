"""In what company calls are heard: every recording in one class, found by a sweep over the intervals of its calls.

Two calls are *at once* when they share a stretch of time, of more than a microsecond: below it, times differ by
rounding. Calls that only touch, and calls of zero length, share none. Only strong calls are swept, for the ends of a
weak one are not those of the sound. Whether two calls are of one species is decided by the column `species`, so that a
call without one (a bird, a frog, somebody) is never taken for another species.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chorus.overview.groups import GROUP_SQL, NOT_CALLS

if TYPE_CHECKING:
    import duckdb

#: Calls that share less than this are one after another, seconds.
LEAST_S = 1e-6

#: Class -> its definition, after a colon the words of the paper's Figure 1. A recording is in the first that holds.
CLASSES = {
    "people": "people are heard (speech, laughter, footsteps), alone or with animals: human exchanges",
    "several species at once": "calls of two or more species share a moment: interspecies soundscapes",
    "one species, several at once": "calls of one species share a moment, those of two never do: group calls",
    "several at once, unnamed": "calls share a moment, and at least one of them has no species",
    "one after another": "two or more calls, at least one strong; no two strong calls share a moment",
    "a single call": "exactly one call, and it is strong: individual calls",
    "weak labels only": "it is known that they call, not when: one call or many, at once or not",
    "no calls": "none is marked: reviewed and found empty, or not annotated",
}


@dataclass(frozen=True)
class Context:
    """The recordings of one class; `calls` are the calls in them."""

    name: str
    recordings: int
    calls: int
    hours: float


#: `c` numbers recordings, so that the sort keys of three million calls stay small. `before`: where the earlier calls of
#: the same species end; a call that starts before that is heard together with one of them, any other begins a new
#: island. Islands of one species do not overlap, hence two islands that do are of different species.
SWEEP = f"""
CREATE OR REPLACE TEMP TABLE classed AS
WITH numbered AS (SELECT recording_id, row_number() OVER () AS c FROM sounds),
voices AS (
    SELECT c, start_s, end_s, species, strength = 'strong' AS is_strong, {GROUP_SQL} = 'people' AS is_person
    FROM calls JOIN numbered USING (recording_id) WHERE presence = 'present' AND kind NOT IN {NOT_CALLS}
),
spans AS (SELECT c, start_s, end_s, species FROM voices WHERE is_strong AND end_s > start_s),
any_two AS (
    SELECT c, bool_or(start_s < before - {LEAST_S}) AS at_once FROM (
        SELECT c, start_s, max(end_s) OVER (PARTITION BY c ORDER BY start_s, end_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM spans
    ) GROUP BY c
),
same AS (
    SELECT c, species, start_s, end_s, max(end_s) OVER (PARTITION BY c, species ORDER BY start_s, end_s
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM spans WHERE species IS NOT NULL
),
same_species AS (SELECT c, bool_or(start_s < before - {LEAST_S}) AS at_once FROM same GROUP BY c),
islands AS (
    SELECT c, min(start_s) AS start_s, max(end_s) AS end_s FROM (
        SELECT c, species, start_s, end_s, count(*) FILTER (before IS NULL OR start_s >= before - {LEAST_S})
            OVER (PARTITION BY c, species ORDER BY start_s, end_s ROWS UNBOUNDED PRECEDING) AS island FROM same
    ) GROUP BY c, species, island
),
other_species AS (
    SELECT c, bool_or(start_s < before - {LEAST_S}) AS at_once FROM (
        SELECT c, start_s, max(end_s) OVER (PARTITION BY c ORDER BY start_s, end_s
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM islands
    ) GROUP BY c
),
counted AS (
    SELECT c, count(*) AS calls, count(*) FILTER (is_strong) AS strong, bool_or(is_person) AS people
    FROM voices GROUP BY c
)
SELECT recording_id, coalesce(calls, 0) AS calls, CASE
    WHEN people THEN 0
    WHEN other_species.at_once THEN 1
    WHEN same_species.at_once THEN 2
    WHEN any_two.at_once THEN 3
    WHEN calls > 1 AND strong > 0 THEN 4
    WHEN strong = 1 THEN 5
    WHEN calls > 0 THEN 6
    ELSE 7 END AS class
FROM numbered LEFT JOIN counted USING (c) LEFT JOIN any_two USING (c) LEFT JOIN same_species USING (c)
LEFT JOIN other_species USING (c)
"""


def contexts(db: duckdb.DuckDBPyConnection) -> list[Context]:
    """Every class with its recordings, those of no recording too. `db` has the table `sounds` of `numbers`, and gets
    the table `classed`: the place in CLASSES of each recording."""
    db.execute(SWEEP)
    rows = db.execute(
        "SELECT class, count(*), sum(calls)::BIGINT, coalesce(sum(duration_s) / 3600, 0.0) "
        "FROM classed JOIN sounds USING (recording_id) GROUP BY class"
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    return [Context(name, *found.get(place, (0, 0, 0.0))) for place, name in enumerate(CLASSES)]
