"""`chorus sources`: what Chorus knows, and what the lake holds of it."""

from __future__ import annotations

from typing import Any

from chorus.cli.options import Debug, Home, Json


def sources(home: Home = None, json: Json = False, debug: Debug = False) -> None:
    """List every source Chorus can read: licence, role, label strength, the paper's counts, and what is in the lake.

    Your own data follow, as far as they are in the lake; their role is 'own'.
    """
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
    shown = [row | ({"role": "own"} if row["own"] else {}) for row in rows]
    print(render(names, [[row.get(name) for name in names] for row in shown]))


def listing(lake: Any) -> list[dict[str, Any]]:
    """One dict per source: the card's fields, `own` (the user's own data), and `in_lake_*` (None where it is not
    ingested). Own data come last."""
    from chorus import adapters
    from chorus.lake.layout import Layout

    layout = Layout(lake)
    layout.check_version()
    known = [adapters.get(source).card.model_dump(mode="json") | {"own": False} for source in adapters.ids()]
    own = [own_card(folder) | {"own": True} for name, folder in layout.sources().items() if name not in adapters.ids()]
    return [row | in_lake(layout.report(row["id"]) or {}) for row in (*known, *own)]


def in_lake(report: dict[str, Any]) -> dict[str, Any]:
    """What an ingest report says of a source."""
    return {f"in_lake_{name}": report.get(name) for name in ("recordings", "hours", "calls", "counted", "ingested_at")}


def own_card(folder: Any) -> dict[str, Any]:
    """The card of a user's own data, as its ingest wrote it."""
    import pyarrow.parquet as pq

    from chorus.lake.layout import SOURCE_FILE
    from chorus.schemas import Source

    row: dict[str, Any] = pq.ParquetFile(folder / SOURCE_FILE).read().to_pylist()[0]
    return {name: row[name] for name in Source.model_fields if name in row}
