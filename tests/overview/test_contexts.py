"""The classes of company: hand-made recordings, edge cases, and a slow sweep that must agree with the quick one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus.overview.contexts import CLASSES, LEAST_S, contexts

COLUMNS = {
    **{"recording_id": "a", "start_s": 0.0, "end_s": 1.0, "kind": "animal", "species": None, "scientific_name": None},
    **{"family": None, "taxon_order": None, "taxon_class": None, "strength": "strong", "presence": "present"},
}


def tables(recordings: dict[str, list[dict[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """The two tables that the sweep reads; every recording is an hour long."""
    db = duckdb.connect()
    kinds = {name: "DOUBLE" if name.endswith("_s") else "VARCHAR" for name in COLUMNS}
    db.execute(f"CREATE TABLE calls ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
    db.execute("CREATE TABLE sounds (recording_id VARCHAR, duration_s DOUBLE)")
    for name, calls in recordings.items():
        db.execute("INSERT INTO sounds VALUES (?, 3600)", [name])
        rows = [list((COLUMNS | row).values()) for row in calls]
        if rows:
            db.executemany(f"INSERT INTO calls VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    return db


def classed(*calls: dict[str, Any]) -> str:
    """The class of one recording."""
    [found] = [c for c in contexts(tables({"a": [{"recording_id": "a"} | c for c in calls]})) if c.recordings]
    return found.name


def span(start_s: float, end_s: float, species: str | None = "wren", **fields: Any) -> dict[str, Any]:
    return {"start_s": start_s, "end_s": end_s, "species": species, **fields}


def test_company_of_two() -> None:
    assert classed() == "no calls"
    assert classed(span(0, 1)) == "a single call"
    assert classed(span(0, 1), span(2, 3)) == "one after another"
    assert classed(span(0, 2), span(1, 3)) == "one species, several at once"
    assert classed(span(0, 2), span(1, 3, "robin")) == "several species at once"
    assert classed(span(0, 2), span(1, 3, None)) == "several at once, unnamed"
    assert classed(span(0, 2, None), span(1, 3, None)) == "several at once, unnamed"


def test_one_inside_another_and_one_beside_another() -> None:
    assert classed(span(0, 9), span(1, 2), span(3, 4, "robin")) == "several species at once"
    assert classed(span(0, 9), span(1, 2), span(9, 10, "robin")) == "one species, several at once"
    assert classed(span(0, 1), span(0, 1)) == "one species, several at once"


def test_calls_that_touch_are_not_at_once() -> None:
    assert classed(span(0, 1), span(1, 2)) == "one after another"
    assert classed(span(0, 1), span(1, 2, "robin")) == "one after another"
    assert classed(span(0, 0.1 + 0.2), span(0.3, 1)) == "one after another"
    assert classed(span(0, 1 + 2 * LEAST_S), span(1, 2)) == "one species, several at once"


def test_calls_of_no_length_are_calls_but_never_at_once() -> None:
    assert classed(span(1, 1)) == "a single call"
    assert classed(span(0, 2), span(1, 1, "robin")) == "one after another"
    assert classed(span(1, 1), span(1, 1)) == "one after another"


def test_rows_that_are_no_calls_do_not_count() -> None:
    assert classed(span(0, 2), span(1, 3, "robin", presence="absent")) == "a single call"
    assert classed(span(0, 2), span(1, 3, "robin", presence="uncertain")) == "a single call"
    assert classed(span(0, 2), span(1, 3, None, kind="noise")) == "a single call"
    assert classed(span(0, 2, None, kind="silence")) == "no calls"


def test_weak_labels_say_nothing_of_when() -> None:
    assert classed(span(0, 9, strength="weak")) == "weak labels only"
    assert classed(span(0, 9, strength="weak"), span(0, 9, "robin", strength="weak")) == "weak labels only"
    assert classed(span(0, 9, strength="weak"), span(1, 2, "robin")) == "one after another"


def test_people_go_first() -> None:
    assert classed(span(0, 2), span(1, 3, "robin"), span(5, 6, "human", kind="human")) == "people"
    assert classed(span(0, 2, "human", scientific_name="Homo sapiens")) == "people"


def test_every_recording_is_counted_once_with_its_calls_and_hours() -> None:
    recordings = {
        "alone": [{"recording_id": "alone"}],
        "pair": [{"recording_id": "pair", "species": "wren"}, {"recording_id": "pair", "species": "robin"}],
        "empty": [],
    }
    found = {c.name: (c.recordings, c.calls, c.hours) for c in contexts(tables(recordings))}
    assert list(found) == list(CLASSES)
    assert {name: counts for name, counts in found.items() if counts[0]} == {
        "several species at once": (1, 2, 1.0),
        "a single call": (1, 1, 1.0),
        "no calls": (1, 0, 1.0),
    }


calls = st.builds(
    lambda start, length, species, strength: span(start, start + length, species, strength=strength),
    st.integers(0, 8),
    st.integers(0, 4),
    st.sampled_from(["wren", "robin", "owl", None]),
    st.sampled_from(["strong", "strong", "weak"]),
)


@settings(max_examples=30)
@given(st.lists(st.lists(calls, max_size=6), max_size=12))
def test_the_sweep_agrees_with_comparing_every_pair(recordings: list[list[dict[str, Any]]]) -> None:
    named = {str(k): [{"recording_id": str(k)} | c for c in found] for k, found in enumerate(recordings)}
    counts = Counter({c.name: c.recordings for c in contexts(tables(named))})
    assert +counts == Counter(map(slowly, recordings))


def slowly(found: list[dict[str, Any]]) -> str:
    strong = [c for c in found if c["strength"] == "strong"]
    pairs = [
        {a["species"], b["species"]}
        for a, b in combinations(strong, 2)
        if min(a["end_s"], b["end_s"]) > max(a["start_s"], b["start_s"])
    ]
    if any(len(p) == 2 and None not in p for p in pairs):
        return "several species at once"
    if any(len(p) == 1 and None not in p for p in pairs):
        return "one species, several at once"
    if pairs:
        return "several at once, unnamed"
    if len(found) > 1 and strong:
        return "one after another"
    return "a single call" if strong else "weak labels only" if found else "no calls"


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_explained(name: str) -> None:
    assert CLASSES[name]
