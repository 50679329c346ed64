"""`chorus verify`: the ledger of what is held against what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chorus.cli.options import Debug, Home, Json
from chorus.telling import counted

if TYPE_CHECKING:
    from chorus.lake.ledger import Entry


def verify(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Ids of sources; default: all of the paper.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare what the lake holds with what was published, source by source.

    A verdict is 'equal' (as many calls count as in Table 1; where that has none, the labels set
    aside are all that the release has), 'explained' (as many as the whole release gives, and it
    is known why Table 1 differs), 'differs' or 'not present'.
    Exit code 1 when a source differs.
    """
    from chorus.cli.table import wrapped
    from chorus.lake import Lake
    from chorus.lake.ledger import Verdict, as_dict, ledger
    from chorus.workspace import Workspace

    entries = ledger(Lake(Workspace.at(home).lake), sources or ())
    if json:
        from json import dumps

        print(dumps([as_dict(entry) for entry in entries], indent=1))
    else:
        told = [entry for entry in entries if sources or entry.verdict is not Verdict.not_present]
        lines = [line for entry in told for line in details(entry)]
        print("\n".join([table(entries), *([""] if lines else []), *map(wrapped, lines), "", sums(entries)]))
    if any(entry.verdict is Verdict.differs for entry in entries):
        raise typer.Exit(1)


def sums(entries: list[Entry]) -> str:
    """How many sources have each verdict, in one line."""
    from collections import Counter

    from chorus.lake.ledger import Verdict

    counts = Counter(entry.verdict for entry in entries)
    whole = counted(len(entries), "source")
    return f"{whole}: " + ", ".join(f"{counts[v]:,} {v.value}" for v in Verdict if counts[v] or len(entries) > 1)


def table(entries: list[Entry]) -> str:
    """The ledger as a table."""
    from chorus.cli.table import render

    names = ["source", "paper", "hours", "release", "hours ", "found", "hours  ", "counts", "set aside", "verdict"]
    rows = [
        [
            e.source,
            e.paper_calls,
            e.paper_hours,
            e.release_calls,
            e.release_hours,
            e.found_calls,
            None if e.found_hours is None else round(e.found_hours, 2),
            e.counted,
            None if e.found_calls is None or e.counted is None else e.found_calls - e.counted,
            e.verdict.value,
        ]
        for e in entries
    ]
    return render(names, rows)


def details(entry: Entry) -> list[str]:
    """What stands behind one line: the groups set aside, rows without a reason, and the explanation."""
    lines = []
    for aside in entry.set_aside:
        if not (aside.found or aside.expected):
            continue
        known = "" if aside.expected in (None, aside.found) else f", {aside.expected:,} in the whole release"
        lines.append(f"{entry.source}: {aside.found:,} set aside: {aside.why}{known}")
    if entry.unexplained:
        lines.append(f"{entry.source}: {entry.unexplained:,} rows do not count and no reason is known")
    if entry.dropped:
        look = f"chorus query \"SELECT * FROM issues WHERE source='{entry.source}'\""
        lines.append(f"{entry.source}: {entry.dropped:,} rows or files could not become calls ({look})")
    if compared := against_release(entry):
        lines.append(f"{entry.source}: {compared}")
    if entry.explanation:
        lines.append(f"{entry.source}: {entry.explanation}")
    return lines


def against_release(entry: Entry) -> str | None:
    """What is here beside the whole release, where the one is not all of the other or not what Table 1 says."""
    differs = entry.verdict.value == "differs"
    if differs and entry.expected not in (None, entry.counted):
        return f"{entry.counted:,} count here, {entry.expected:,} in the whole release"
    if entry.found_calls is not None and entry.release_calls not in (None, entry.found_calls):
        return f"{entry.found_calls:,} rows are here, {entry.release_calls:,} in the whole release"
    if not differs:
        return None
    if entry.release_calls is None:
        return f"{entry.counted:,} count here; how many do in the whole release is not known"
    rows = f"all {entry.release_calls:,} rows of the whole release are here"
    return f"{rows}: {entry.counted:,} count, {entry.paper_calls:,} in Table 1"
