"""The ledger: what the paper's Table 1 says of each source, what its release should hold, what the lake holds, what of
it counts, what was set aside and why, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chorus import adapters

if TYPE_CHECKING:
    from chorus.lake.query import Lake
    from chorus.schemas import Source


class Verdict(StrEnum):
    """equal: as many calls count as Table 1 says; where that is none, what was set aside is all that the release has.
    explained: as many as the whole release gives, and the card says why Table 1 has another number. differs: neither.
    not_present: not ingested. not_in_paper: Table 1 does not have it."""

    equal = "equal"
    explained = "explained"
    differs = "differs"
    not_present = "not present"
    not_in_paper = "not in the paper"


@dataclass(frozen=True)
class Aside:
    """Rows that do not count: why, how many were found, and how many the whole release holds (None: not known)."""

    why: str
    found: int
    expected: int | None


@dataclass(frozen=True)
class Entry:
    """One source's line. Numbers of the lake are None when the source is not in it; hours also without sound."""

    source: str
    verdict: Verdict
    paper_calls: int | None
    paper_hours: float | None
    release_calls: int | None
    release_hours: float | None
    expected: int | None
    found_calls: int | None = None
    found_hours: float | None = None
    counted: int | None = None
    set_aside: list[Aside] = field(default_factory=list)
    #: Rows that neither count nor belong to a group the card names.
    unexplained: int = 0
    dropped: int = 0
    explanation: str | None = None


def ledger(lake: Lake, sources: Iterable[str] = ()) -> list[Entry]:
    """One entry for each source: those named, else all of the paper and whatever else the lake holds. Raises UsageError
    for a name that is neither."""
    held = lake.layout.sources()
    paper = [source for source in adapters.ids() if adapters.get(source).card.paper_calls is not None]
    wanted = list(sources) or [*paper, *(source for source in held if source not in paper)]
    return [_entry(lake, source, source in held) for source in wanted]


def _entry(lake: Lake, source: str, held: bool) -> Entry:
    if source not in adapters.ids() and held:  # a lab's own data
        report = lake.layout.report(source) or {}
        return Entry(
            source,
            Verdict.not_in_paper,
            paper_calls=None,
            paper_hours=None,
            release_calls=None,
            release_hours=None,
            expected=None,
            found_calls=report.get("calls"),
            found_hours=report.get("hours") or None,
            counted=report.get("counted"),
            dropped=report.get("dropped", 0),
        )
    card = adapters.get(source).card
    known = (card.paper_calls, card.paper_hours, card.release_calls, card.release_hours, card.counted_calls)
    if not held:
        return Entry(source, Verdict.not_present, *known, explanation=card.explanation)
    report = lake.layout.report(source) or {}
    total, counted, unexplained, *found = _counts(lake, card)
    asides = [Aside(a.why, n, a.rows) for a, n in zip(card.set_aside, found, strict=True)]
    return Entry(
        source,
        verdict(card, counted, asides),
        *known,
        found_calls=total,
        found_hours=report.get("hours") or None,
        counted=counted,
        set_aside=asides,
        unexplained=unexplained,
        dropped=report.get("dropped", 0),
        explanation=card.explanation,
    )


def verdict(card: Source, counted: int, asides: Sequence[Aside] = ()) -> Verdict:
    """How the calls that count compare with Table 1. That neither has any says nothing: then what was set aside is
    compared with the whole release."""
    if card.paper_calls is None:
        return Verdict.not_in_paper
    if not card.paper_calls and not counted:
        known = [aside for aside in asides if aside.expected is not None]
        same = known and all(aside.found == aside.expected for aside in known)
        return Verdict.equal if same else Verdict.differs
    if counted == card.paper_calls:
        return Verdict.equal
    return Verdict.explained if counted == card.counted_calls and card.explanation else Verdict.differs


def _counts(lake: Lake, card: Source) -> list[int]:
    """Rows of a source: all, those that count, those without a reason not to, and each group that was set aside."""
    counts = f"coalesce(({card.counts_as_call}), false)"
    groups = [f"coalesce(({aside.where}), false)" for aside in card.set_aside]
    rest = " OR ".join([counts, *groups])
    wanted = ["true", counts, f"NOT ({rest})", *groups]
    columns = ", ".join(f"count(*) FILTER (WHERE {test}) AS n{i}" for i, test in enumerate(wanted))
    row = lake.query(f"SELECT {columns} FROM calls WHERE source = '{card.id}'").rows()[0]
    return [int(value) for value in row.values()]


def as_dict(entry: Entry) -> dict[str, Any]:
    """Plain values, for JSON."""
    from dataclasses import asdict

    return asdict(entry)
