"""`chorus sources`: what Chorus knows, and what the lake holds of it."""

from __future__ import annotations

from typing import Any

from chorus.cli.options import Debug, Home, Json


def sources(home: Home = None, json: Json = False, debug: Debug = False) -> None:
    """List every source Chorus can read: licence, role, label strength, the paper's counts, and what is in the lake."""
    from chorus.workspace import Workspace

    rows = listing(Workspace.at(home).lake)
    if json:
        from json import dumps

        print(dumps(rows, indent=1, default=str))
        return
    from chorus.cli.table import render

    names = [
        "id",
        "title",
        "licence",
        "role",
        "strength",
        "paper_calls",
        "paper_hours",
        "in_lake_calls",
        "in_lake_hours",
    ]
    print(render(names, [[row[name] for name in names] for row in rows]))


def listing(lake: Any) -> list[dict[str, Any]]:
    """One dict per source: the card's fields, and `in_lake_*` (None where it is not ingested)."""
    from chorus import adapters
    from chorus.lake.layout import Layout

    layout = Layout(lake)
    layout.check_version()
    rows = []
    for source in adapters.ids():
        row = adapters.get(source).card.model_dump(mode="json")
        report = layout.report(source) or {}
        for name in ("recordings", "hours", "calls", "counted", "ingested_at"):
            row[f"in_lake_{name}"] = report.get(name)
        rows.append(row)
    return rows
