"""One stretch of sound per class of company: where calls share a moment, that moment. Chosen by fixed rules, as the
examples of groups are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from chorus.lake.asking import asking
from chorus.overview.contexts import CLASSES, LEAST_S
from chorus.overview.examples import TRIES, WANTED, Call, Example, Place, calls_of, cut_out
from chorus.overview.groups import GROUPS, NOT_CALLS

if TYPE_CHECKING:
    import duckdb

    from chorus.lake import Lake

#: Seconds of sound that show a few calls of each group.
WINDOWS = {group.name: group.window_s for group in GROUPS}
#: Class -> which two calls that share a moment it is about.
AT_ONCE: dict[str, Callable[[Call, Call], bool]] = {
    "several species at once": lambda a, b: None not in (a["species"], b["species"]) and a["species"] != b["species"],
    "one species, several at once": lambda a, b: a["species"] is not None and a["species"] == b["species"],
    "several at once, unnamed": lambda a, b: True,
}
#: Classes that get a picture: in the others nobody knows when anything calls.
DRAWN = ("people", *AT_ONCE, "one after another", "a single call")


def choose_company(lake: Lake, db: duckdb.DuckDBPyConnection) -> Iterator[Example | None]:
    """An example for every class of DRAWN, None where no sound of it is at hand or can be read. `db` has been
    counted."""
    with asking(db):
        found = _recordings(db)
        for name in DRAWN:
            tried = (_example(lake, name, place, calls_of(db, place.recording_id)) for place in found.get(name, ()))
            yield next((example for example in tried if example), None)


def _recordings(db: duckdb.DuckDBPyConnection) -> dict[str, list[Place]]:
    """The best recordings of each class, the best first: those with boxes, and with about as many calls as a picture
    of five seconds can show."""
    best = f"boxed DESC, strong DESC, abs(ln(calls * least(1.0, 5.0 / duration_s) / {WANTED})), recording_id"
    rows = db.execute(
        "WITH at_hand AS (SELECT * FROM classed JOIN sounds USING (recording_id) "
        "WHERE audio = 'present' AND duration_s > 0 AND calls > 0), "
        "marks AS (SELECT recording_id, bool_or(high_hz IS NOT NULL) AS boxed, bool_or(strength = 'strong') AS strong "
        "FROM calls WHERE presence = 'present' AND recording_id IN (SELECT recording_id FROM at_hand) GROUP BY ALL) "
        "SELECT class, recording_id, licence, duration_s FROM at_hand JOIN marks USING (recording_id) "
        f"QUALIFY row_number() OVER (PARTITION BY class ORDER BY {best}) <= {TRIES} ORDER BY class, {best}"
    ).fetchall()
    names, found = list(CLASSES), dict[str, list[Place]]()
    for place, *row in rows:
        found.setdefault(names[place], []).append(Place(*row))
    return found


def _example(lake: Lake, name: str, place: Place, calls: list[Call]) -> Example | None:
    """The stretch of a recording that shows why it is of the class; None where it does not, or cannot be read."""
    shown = telling(calls, name)
    if not shown:
        return None
    window_s = WINDOWS[shown[0]["taxon_group"]]
    return cut_out(lake, place, name, calls, shown, window_s, lambda call: call["kind"] not in NOT_CALLS)


def telling(calls: list[Call], name: str) -> list[Call]:
    """The calls of a recording, sorted by time, for which it is of a class."""
    voices = [call for call in calls if call["kind"] not in NOT_CALLS]
    if name == "people":
        people = [call for call in voices if call["taxon_group"] == "people"]
        return [call for call in people if call["strength"] == "strong"] or people
    strong = [call for call in voices if call["strength"] == "strong"]
    return together(strong, AT_ONCE[name]) if name in AT_ONCE else strong


def together(calls: list[Call], is_pair: Callable[[Call, Call], bool]) -> list[Call]:
    """Calls that share a moment with another in the same channel, of those pairs for which `is_pair` holds."""
    found = set()
    for i, first in enumerate(calls):
        for j in range(i + 1, len(calls)):
            second = calls[j]
            if second["start_s"] >= first["end_s"] - LEAST_S:
                break
            shared_s = min(first["end_s"], second["end_s"]) - second["start_s"]
            if shared_s > LEAST_S and first["channel"] == second["channel"] and is_pair(first, second):
                found |= {i, j}
    return [calls[i] for i in sorted(found)]
